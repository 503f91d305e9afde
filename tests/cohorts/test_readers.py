"""Readers: a folder or a table becomes a cohort, or the error says why not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prevalens.cohorts import Cohort, read_folder, read_table
from prevalens.exceptions import InvalidInputError, UnreadableImageError

DATA = Path(__file__).parents[2].parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not on this machine")


def make_folder(root: Path, *names: str) -> Path:
    """Write small images of the given names below `root`."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((2, 2), dtype=np.uint8)).save(path)
    return root


def test_a_folder_is_read_by_its_pattern(tmp_path: Path) -> None:
    """Named groups give label, patient and covariates; numbers become numbers."""
    root = make_folder(tmp_path, "sick/p1_03.png", "well/p2_01.png", "sick/p1_04.png")

    cohort = read_folder(
        root, r"(?P<label>\w+)/(?P<patient>p\d)_(?P<view>\d+)\.png", positive="sick"
    )

    assert cohort.images.tolist() == ["sick/p1_03.png", "sick/p1_04.png", "well/p2_01.png"]
    assert cohort.label_names.tolist() == ["sick", "sick", "well"]
    assert cohort.patients.tolist() == ["p1", "p1", "p2"]
    assert cohort.covariate("view").tolist() == ["03", "04", "01"]
    assert cohort.path(0).is_file()
    assert cohort.positive == "sick"


def test_the_default_pattern_is_label_folder_and_patient_prefix(tmp_path: Path) -> None:
    """`<label>/<patient>_<anything>` needs no pattern."""
    cohort = read_folder(make_folder(tmp_path, "a/7_x.png", "b/8_y.png"), positive="a")

    assert cohort.patients.tolist() == ["7", "8"]


def test_a_pattern_that_matches_nothing_shows_names_and_pattern(tmp_path: Path) -> None:
    """Three example names and the pattern are in the text."""
    root = make_folder(tmp_path, *(f"{k}.png" for k in range(5)))
    pattern = r"(?P<label>x)(?P<patient>y)"

    with pytest.raises(InvalidInputError, match="5 of 5 do not") as caught:
        read_folder(root, pattern, positive="x")

    for part in ("'0.png', '1.png', '2.png' and 2 more", repr(pattern)):
        assert part in str(caught.value)


def test_images_that_do_not_match_are_never_dropped_silently(tmp_path: Path) -> None:
    """A mask beside the images is an error until `ignore` names it."""
    root = make_folder(tmp_path, "a/1_x.png", "b/2_x.png", "a/1_x.mask.png")
    pattern = r"(?P<label>\w)/(?P<patient>\d)_\w\.png"

    with pytest.raises(InvalidInputError, match=r"1 of 3 do not: 'a/1_x\.mask\.png'"):
        read_folder(root, pattern, positive="a")
    cohort = read_folder(root, pattern, positive="a", ignore=r".*\.mask\.png")

    assert len(cohort) == 2


def test_patients_are_read_from_dicom_headers(tmp_path: Path) -> None:
    """The header's PatientID is the patient; a file without one is named."""
    pydicom = pytest.importorskip("pydicom", reason="the extra `dicom` is not installed")
    for name, patient in (("sick/1.dcm", "A"), ("well/2.dcm", "B"), ("well/3.dcm", "B")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        meta = pydicom.dataset.FileMetaDataset()
        meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
        meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
        meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        data = pydicom.dataset.Dataset()
        data.file_meta, data.PatientID = meta, patient
        data.save_as(tmp_path / name, enforce_file_format=True)
    pattern = r"(?P<label>\w+)/\d\.dcm"

    cohort = read_folder(tmp_path, pattern, positive="sick", patients_from="dicom")

    assert cohort.patients.tolist() == ["A", "B", "B"]
    with pytest.raises(InvalidInputError, match="names a group `patient` too"):
        read_folder(tmp_path, positive="sick", patients_from="dicom")
    (tmp_path / "well" / "4.dcm").write_text("no DICOM")
    with pytest.raises(UnreadableImageError, match=r"4\.dcm cannot be read as DICOM"):
        read_folder(tmp_path, pattern, positive="sick", patients_from="dicom")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [(r"(?P<label>\w+)/.*", "lacks patient"), (r"(.*", "no regular expression")],
)
def test_a_wrong_pattern_is_explained(tmp_path: Path, pattern: str, reason: str) -> None:
    """A pattern without the groups, or that is none, is refused."""
    with pytest.raises(InvalidInputError, match=reason):
        read_folder(make_folder(tmp_path, "a/1.png"), pattern, positive="a")


def test_a_missing_and_an_empty_folder_are_named(tmp_path: Path) -> None:
    """No folder, and no image in it, are different errors."""
    with pytest.raises(InvalidInputError, match="gone does not exist"):
        read_folder(tmp_path / "gone", positive="a")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "._hidden.png").write_text("x")
    with pytest.raises(InvalidInputError, match="holds no image"):
        read_folder(tmp_path, positive="a")


def table(**columns: Any) -> dict[str, Any]:
    """Return a good table of two rows with some columns replaced."""
    return {
        "file": ["a.png", "b/c.png"],
        "diagnosis": ["sick", "well"],
        "id": [61, 62],
        "age": ["50", ""],
        **columns,
    }


def read(source: Any, **settings: Any) -> Cohort:
    """Read a table of the columns of `table`."""
    names = {"image": "file", "label": "diagnosis", "patient": "id", "positive": "sick"}
    return read_table(source, **{**names, **settings})


def test_a_table_is_read_from_its_own_folder(tmp_path: Path) -> None:
    """Paths in a CSV file start from the file's folder; ids become text."""
    make_folder(tmp_path, "a.png", "b/c.png")
    path = tmp_path / "t.csv"
    path.write_text("file;diagnosis;id;age\na.png;sick;61;50\nb/c.png;well;62;\n")

    cohort = read(path, covariates=["age"])

    assert cohort.root == tmp_path
    assert cohort.patients.tolist() == ["61", "62"]
    assert cohort.classes == ("well", "sick")
    assert cohort.covariate("age")[0] == 50.0
    assert np.isnan(cohort.covariate("age")[1])


def test_a_frame_is_read_with_a_root(tmp_path: Path) -> None:
    """A mapping of columns and a root give the same cohort as the file."""
    root = make_folder(tmp_path, "a.png", "b/c.png")

    assert read(table(), root=root).path(1) == tmp_path / "b" / "c.png"


def test_missing_images_are_all_named(tmp_path: Path) -> None:
    """Every absent file is in one error; without the check the table is read."""
    with pytest.raises(UnreadableImageError, match=r"2 of 2 images(.|\n)*a\.png\n- b/c\.png"):
        read(table(), root=tmp_path)

    assert len(read(table(), root=tmp_path, check_files=False)) == 2


@pytest.mark.parametrize("path", ["../x.png", "/etc/x.png", "b/../../x.png"])
def test_paths_that_leave_the_root_are_refused(tmp_path: Path, path: str) -> None:
    """Two dots and absolute paths are named, unless allowed by name."""
    source = table(file=["a.png", path])

    with pytest.raises(InvalidInputError, match=rf"1 lead out of it: '{path}'.*allow_outside"):
        read(source, root=tmp_path, check_files=False)

    assert len(read(source, root=tmp_path, check_files=False, allow_outside=True)) == 2


def test_links_that_leave_the_root_are_refused(tmp_path: Path) -> None:
    """A link to a file elsewhere is named; one that stays inside is read."""
    root = make_folder(tmp_path / "root", "a.png", "b/c.png")
    make_folder(tmp_path, "secret.png")
    (root / "out.png").symlink_to(tmp_path / "secret.png")
    (root / "in.png").symlink_to(root / "a.png")

    assert len(read(table(file=["in.png", "b/c.png"]), root=root)) == 2
    with pytest.raises(InvalidInputError, match=r"'out\.png'"):
        read(table(file=["out.png", "b/c.png"]), root=root)


@pytest.mark.parametrize(
    ("column", "reason"),
    [("file", "needs its image"), ("diagnosis", "needs its label"), ("id", "needs its patient")],
)
def test_empty_cells_are_named(column: str, reason: str) -> None:
    """A row without a path, label or patient is refused with its number."""
    with pytest.raises(
        InvalidInputError, match=rf"{reason}, but 1 of 2 rows have none, .*: rows 1"
    ):
        read(table(**{column: ["sick", None]}), check_files=False)


@needs_data
def test_the_real_effusion_table() -> None:
    """500 chest X-rays of 371 patients, 90 of them with an effusion."""
    cohort = read_table(
        DATA / "nih_effusion" / "manifest.csv",
        image="image",
        label="label",
        patient="patient",
        positive="effusion",
        covariates=["sex", "age", "view"],
    )

    assert (len(cohort), cohort.n_patients, int(cohort.is_positive.sum())) == (500, 371, 90)
    assert cohort.covariate("age").dtype.kind == "f"


@needs_data
def test_the_real_smear_folder() -> None:
    """300 cells; the masks beside them are ignored by name."""
    labels = {}
    with (DATA / "wbc" / "labels.csv").open() as lines:
        next(lines)
        for line in lines:
            number, kind = line.split(",")[:2]
            labels[int(number)] = "lymphocyte" if kind.strip() == "2" else "other"
    names = [f"{number:03d}.bmp" for number in labels]
    cohort = read_table(
        {"file": names, "label": list(labels.values())},
        image="file",
        label="label",
        patient="file",
        positive="lymphocyte",
        root=DATA / "wbc" / "images",
    )

    assert (len(cohort), int(cohort.is_positive.sum())) == (300, 53)


def test_a_wrong_root_names_three_images_and_the_folder(tmp_path: Path) -> None:
    """Where every one of many images is missing, the folder is wrong: no list of all of them."""
    table = {"file": [f"{row}.png" for row in range(9)], "y": ["a", "b", "b"] * 3, "p": range(9)}

    with pytest.raises(UnreadableImageError, match="None of the 9 images is below") as caught:
        read_table(table, image="file", label="y", patient="p", positive="a", root=tmp_path)
    assert str(tmp_path.resolve()) in str(caught.value)
    assert "'2.png' and 6 more" in str(caught.value)
