"""What ten real headers are told, so that the next command is right."""

import argparse

import pytest

from prevalens.verbs.missing_options import flagged, lacking_options
from prevalens.verbs.study import add_arguments


def told(header: str, rows: list[list[str]], *words: str) -> str:
    """Return all lines for a table, given no options but `words`."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    names = header.split(",")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    options = parser.parse_args(["table.csv", *words])
    return "\n".join(lacking_options(columns, options, [], independent=False))


@pytest.mark.parametrize(
    ("header", "add"),
    [
        ("filename,dx,lesion_id", "--image filename --label dx --patient lesion_id"),
        ("path,diagnosis,subject", "--image path --label diagnosis --patient subject"),
        (
            "Image Index,Finding Labels,Patient ID",
            "--image 'Image Index' --label 'Finding Labels' --patient 'Patient ID'",
        ),
        ("image_id,dx,lesion_id", "--image image_id --label dx --patient lesion_id"),
        ("isic_id,target,patient_id", "--image isic_id --label target --patient patient_id"),
        ("id_code,diagnosis,case", "--image id_code --label diagnosis --patient case"),
        ("dicom_id,class,subject_id", "--image dicom_id --label class --patient subject_id"),
        ("file_name,Category,PID", "--image file_name --label Category --patient PID"),
        ("ImagePath,y,person_id", "--image ImagePath --label y --patient person_id"),
        ("scan,cell_type,donor", "--image scan --label cell_type --patient donor"),
    ],
)
def test_real_headers_are_told_what_to_add(header: str, add: str) -> None:
    """All three columns, the class and the run, in one line to type."""
    lines = told(header, [["a.png", "ill", "7"], ["b.png", "well", "8"]])

    assert lines.endswith(f"To go on, add: {add} --positive CLASS -o RUN")
    assert "one of ill (1 images), well (1 images)" in lines


def test_columns_that_may_hold_classes_are_named() -> None:
    """A column a finding, blank where it is not there: few values, each of several rows."""
    rows = [["a.png", "5", "1.0", ""], ["b.png", "6", "", ""]] * 2
    lines = told("Path,Age,Pleural Effusion,Nothing", rows)

    assert "name one by --label, such as Age or 'Pleural Effusion'" in lines
    assert "--label CLASSES --patient PATIENTS" in lines


def test_classes_in_one_cell_are_named_apart() -> None:
    """The number 1 is the class 1.0; findings between bars are classes of their own."""
    rows = [["a.png", "Edema|Effusion", "7"], ["b.png", "Edema", "8"]]
    header = "image,label,patient"

    assert "Edema (2 images), Effusion (1 images)" in told(header, rows)
    assert "no class 'Efusion'" in told(header, rows, "--positive", "Efusion", "-o", "run")
    assert told(header, rows, "--positive", "Effusion", "-o", "run") == ""
    ones = [["a.png", "1.0", "7"], ["b.png", "0.0", "8"]]
    assert told(header, ones, "--positive", "1", "-o", "run") == ""


def test_an_empty_column_of_classes_is_said_to_be() -> None:
    """Nothing to choose from: another column."""
    assert "column 'label' is empty" in told("image,label,patient", [["a.png", "", "7"]])
    rows = [[f"{k}.png", "", str(k), "sick" if k % 2 else "well"] for k in range(6)]
    lines = told("image,label,patient,state", rows, "-o", "run")
    assert "column 'label' is empty; name another by --label, such as state" in lines
    assert lines.endswith("To go on, add: --label CLASSES")


@pytest.mark.parametrize(
    ("classes", "positive"),
    [
        (["0", "1"], "1"),
        (["Yes", "no"], "Yes"),
        (["positive", "negative"], "positive"),
        (["yes", "1"], None),
        (["no", "0"], None),
        (["1"], None),
        (["yes", "Yes", "no"], None),
        (["0", "1", "2"], None),
        (["sick", "well"], None),
    ],
)
def test_a_column_of_flags_says_its_positive_class(
    classes: list[str], positive: str | None
) -> None:
    """The yes to its no, and nothing where that is not plain."""
    options = argparse.Namespace(positive=None, label="label")

    assert flagged({"label": [*classes, classes[0]]}, options) == positive
    assert flagged({"other": classes}, options) is None
    options.positive = classes[0]
    assert flagged({"label": classes}, options) is None


def test_of_three_classes_none_need_be_named() -> None:
    """With nothing else missing nothing is said; else that one may be taken against the rest."""
    rows = [["a.png", name, "7"] for name in ("mild", "none", "severe")]

    assert told("image,label,patient", rows, "-o", "run") == ""
    lines = told("file,label,patient", rows)
    assert "mild (1 images), none (1 images), severe (1 images), to take it" in lines
    assert lines.endswith("To go on, add: --image file -o RUN")
    many = [["a.png", f"c{number}", "7"] for number in range(21)]
    assert "no --positive; name the class" in told("image,label,patient", many, "-o", "run")
