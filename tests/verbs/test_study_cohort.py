"""The cohort of a study from options: what is taken, and what is said where something lacks."""

import argparse
from pathlib import Path

import numpy as np
import pytest
from verbs.test_study import parsed, table

from prevalens.cohorts import Cohort, LeftOut
from prevalens.exceptions import DataWarning, InvalidInputError, UnreadableImageError
from prevalens.verbs.study import add_arguments
from prevalens.verbs.study_cohort import read_cohort


def test_a_table_of_the_usual_columns_needs_no_options(image_cohort: Cohort) -> None:
    """Image, label and patient are found by these names."""
    cohort = read_cohort(parsed(table(image_cohort)))

    assert len(cohort) == len(image_cohort)
    assert cohort.n_patients == image_cohort.n_patients
    np.testing.assert_array_equal(cohort.is_positive, image_cohort.is_positive)


@pytest.mark.parametrize(("no", "yes"), [("0", "1"), ("False", "True"), ("negative", "positive")])
def test_flags_say_which_class_is_positive(
    image_cohort: Cohort, no: str, yes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told aloud, and another can be named; two names say nothing."""
    path = Path(table(image_cohort))
    path.write_text(path.read_text("utf-8").replace("sick", yes).replace("well", no), "utf-8")
    options = parsed(str(path))
    options.positive = None
    cohort = read_cohort(options)

    assert cohort.positive == yes
    np.testing.assert_array_equal(cohort.is_positive, image_cohort.is_positive)
    assert f"label holds flags: {yes} is the positive class" in capsys.readouterr().out
    options.positive = no
    assert read_cohort(options).positive == no
    assert "flags" not in capsys.readouterr().out


def test_all_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    """With what the header suggests for each, and how to go without patients."""
    path = tmp_path / "images.csv"
    path.write_text("file,dx,case_id,age\na.png,sick,1,30\n", encoding="utf-8")
    with pytest.raises(InvalidInputError) as raised:
        read_cohort(parsed(str(path), "--covariates", "sex"))

    text = str(raised.value)
    for told in ("perhaps --image file", "perhaps --label dx", "perhaps --patient case_id"):
        assert told in text
    assert "--patient none" in text
    assert "no column 'sex'" in text


def test_patients_can_be_said_not_to_be(
    image_cohort: Cohort, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each image is then another patient's, and that is printed; names that share ids are too."""
    with pytest.warns(DataWarning, match=r"12 in 54 images, such as 'p0'"):
        cohort = read_cohort(parsed(table(image_cohort), "--patient", "none"))

    assert cohort.n_patients == len(cohort)
    assert "every image is taken as another patient's" in capsys.readouterr().out


def test_a_folder_may_hold_ids_and_links(image_cohort: Cohort, tmp_path: Path) -> None:
    """Of a folder, too: ids in names are said, and links that leave it are read where asked."""
    for row, name in enumerate(image_cohort.label_names.tolist()):
        target = tmp_path / "below" / name / image_cohort.images[row]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(image_cohort.path(row).resolve())
    words = (str(tmp_path / "below"), "--patient", "none")

    with pytest.raises(InvalidInputError, match=r"holds no image.*54 files linked from outside"):
        read_cohort(parsed(*words))
    with pytest.warns(DataWarning, match=r"12 in 54 images, such as 'p0'"):
        assert len(read_cohort(parsed(*words, "--allow-outside"))) == len(image_cohort)


def test_a_folder_is_read_by_a_template(image_cohort: Cohort) -> None:
    """Files `p3_17.png` below the name of their class; a template without a label is refused."""
    for row, name in enumerate(image_cohort.label_names.tolist()):
        target = image_cohort.root / name / image_cohort.images[row]
        target.parent.mkdir(exist_ok=True)
        image_cohort.path(row).rename(target)
    source = str(image_cohort.root)
    for words in ((), ("--pattern", "{label}/{patient}_{shot}.png")):
        cohort = read_cohort(parsed(source, *words))
        assert len(cohort) == len(image_cohort)
        assert set(cohort.patients.tolist()) == set(image_cohort.patients.tolist())
    with pytest.raises(InvalidInputError, match="label"):
        read_cohort(parsed(source, "--pattern", "{patient}_{shot}.png"))


def three_classes(cohort: Cohort) -> str:
    """Return a table whose well patients are well or so-so."""
    labels = [
        "sick" if sick else "so-so" if int(who[1:]) % 2 else "well"
        for sick, who in zip(cohort.is_positive, cohort.patients, strict=True)
    ]
    return table(cohort, label=labels)


def test_several_classes_are_taken_together_and_named(
    image_cohort: Cohort, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rest together, or one of them; a misspelt one is refused."""
    source = three_classes(image_cohort)
    unnamed = read_cohort(parsed(source))
    told = capsys.readouterr().out
    rest = read_cohort(parsed(source, "--versus", "rest"))
    one = read_cohort(parsed(source, "--versus", "well"))
    with pytest.raises(InvalidInputError, match="got 'wel'"):
        read_cohort(parsed(source, "--versus", "wel"))

    counts = dict(zip(*np.unique(unnamed_labels(source), return_counts=True), strict=True))
    assert unnamed == rest
    assert told.startswith("sick against the rest: ")
    for name in ("so-so", "well"):
        assert f"{name} ({counts[name]} images)" in told
    assert "--versus and a class takes one of them alone" in told
    assert len(rest.classes) == len(one.classes) == 2
    assert len(rest) == len(image_cohort)
    assert set(one.label_names.tolist()) == {"sick", "well"}
    assert rest.is_positive.sum() == one.is_positive.sum() == image_cohort.is_positive.sum()
    (gone,) = one.left_out
    assert gone.images == counts["so-so"]
    assert rest.left_out == ()
    assert gone.reason == "class 'so-so', neither --positive 'sick' nor --versus 'well'"


def test_without_a_positive_class_all_three_are_studied(
    image_cohort: Cohort, capsys: pytest.CaptureFixture[str]
) -> None:
    """Printed with their images; a class left out is named, and two ask for the positive one."""
    source = three_classes(image_cohort)
    cohort = read_cohort(bare(source, "-o", "run"))
    told = capsys.readouterr().out
    counts = dict(zip(*np.unique(unnamed_labels(source), return_counts=True), strict=True))

    assert cohort.classes == ("sick", "so-so", "well")
    assert cohort.label_names.tolist() == unnamed_labels(source)
    named = ", ".join(f"{name} ({counts[name]} images)" for name in cohort.classes)
    assert told == f"3 classes: {named}; --positive and one takes it against the rest\n"
    with pytest.raises(InvalidInputError, match="Two classes are left, sick and well"):
        read_cohort(bare(source, "-o", "run", "--leave-out", "so-so"))
    two = read_cohort(parsed(source, "--leave-out", "so-so"))
    assert set(two.label_names.tolist()) == {"sick", "well"}
    assert two.provenance.endswith(f"left out: so-so ({counts['so-so']} images)")
    rows = np.array(unnamed_labels(source)) == "so-so"
    (gone,) = two.left_out
    assert gone.images == rows.sum()
    assert gone.patients == len(np.unique(cohort.patients[rows])) >= 3
    assert gone.reason == "class 'so-so', left out on request (--leave-out)"
    with pytest.raises(InvalidInputError, match="Did you mean 'so-so'"):
        read_cohort(parsed(source, "--leave-out", "soso"))


@pytest.mark.filterwarnings("ignore:Every image is taken")
def test_classes_that_are_numbers_are_in_their_order(image_cohort: Cohort) -> None:
    """10 comes after 2, and images without patients stay independent where a class goes."""
    labels = ["2" if sick else "10" for sick in image_cohort.is_positive]
    labels[:6] = ["1", "1", "1", "3", "3", "3"]
    source = table(image_cohort, label=labels)
    words = ["--patient", "none", "-o", "run"]

    assert read_cohort(bare(source, *words)).classes == ("1", "2", "3", "10")
    fewer = read_cohort(bare(source, *words, "--leave-out", "1"))
    assert fewer.classes == ("2", "3", "10")
    assert fewer.independent


@pytest.mark.parametrize(
    "words", [("--versus", "well"), ("--combine", "any"), ("--separator", "none")]
)
def test_what_is_of_one_class_asks_for_it(image_cohort: Cohort, words: tuple[str, str]) -> None:
    """Options that say something of the positive class are not ignored in silence."""
    with pytest.raises(InvalidInputError, match="no --positive"):
        read_cohort(bare(three_classes(image_cohort), "-o", "run", *words))


def test_three_class_folders_are_studied_together(image_cohort: Cohort) -> None:
    """Without a positive class; two folders ask for it."""
    odd = [int(who[1:]) % 2 for who in image_cohort.patients]
    for row, name in enumerate(image_cohort.label_names.tolist()):
        folder = image_cohort.root / (f"{name}{odd[row]}" if name == "well" else name)
        folder.mkdir(exist_ok=True)
        image_cohort.path(row).rename(folder / image_cohort.images[row])
    source = str(image_cohort.root)

    assert read_cohort(bare(source, "-o", "run")).classes == ("sick", "well0", "well1")
    for path in (image_cohort.root / "well1").iterdir():
        path.rename(image_cohort.root / "well0" / path.name)
    (image_cohort.root / "well1").rmdir()
    with pytest.raises(InvalidInputError, match="no --positive"):
        read_cohort(bare(source, "-o", "run"))


def unnamed_labels(source: str) -> list[str]:
    """Return the labels of a table, as they stand there."""
    return [line.split(",")[1] for line in Path(source).read_text("utf-8").splitlines()[1:]]


def bare(*words: str) -> argparse.Namespace:
    """Return the options of a command line, as given."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(list(words))


def test_a_table_without_any_option_is_told_everything(tmp_path: Path) -> None:
    """Columns found by their name or by what is in them, the classes counted, and the run."""
    path = tmp_path / "x.csv"
    path.write_text(
        "Image Index,Finding Labels,Patient ID,scan\n1,ill,3,a.png\n2,well,4,b.png\n"
        "3,well,5,c.png\n4,so-so,5,d.png\n",
        encoding="utf-8",
    )
    with pytest.raises(InvalidInputError) as raised:
        read_cohort(bare(str(path)))

    text = str(raised.value)
    for told in (
        "perhaps --image 'Image Index'",
        "perhaps --label 'Finding Labels'",
        "perhaps --patient 'Patient ID'",
        "one of well (2 images), ill (1 images), so-so (1 images)",
        "no --output",
    ):
        assert told in text


def test_columns_are_suggested_by_what_is_in_them(tmp_path: Path) -> None:
    """Names of pictures, and the positive class."""
    path = tmp_path / "x.csv"
    path.write_text("scan,state,class\na.png,ill,9\nb.png,well,8\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="perhaps --image scan") as raised:
        read_cohort(bare(str(path), "--positive", "ill"))

    assert "perhaps --label state" in str(raised.value)
    assert "name one by --patient" in str(raised.value)


def test_a_misspelt_class_is_named_beside_the_classes(image_cohort: Cohort) -> None:
    """With the nearest, before anything is read."""
    with pytest.raises(InvalidInputError, match=r"no class 'sik' .* Did you mean 'sick'"):
        read_cohort(bare(table(image_cohort), "--positive", "sik", "-o", "run"))


def test_a_folder_asks_for_the_class_and_the_run(tmp_path: Path) -> None:
    """Both at once."""
    (tmp_path / "sick").mkdir()
    (tmp_path / "sick" / "p1_1.png").write_bytes(b"")
    with pytest.raises(InvalidInputError, match=r"(?s)no --positive.*no --output"):
        read_cohort(bare(str(tmp_path)))


def test_absolute_paths_are_taken(image_cohort: Cohort, tmp_path: Path) -> None:
    """The table may stand elsewhere; with a root they must be below it."""
    full = [str((image_cohort.root / name).resolve()) for name in image_cohort.images.tolist()]
    source = Path(table(image_cohort, image=full))
    moved = source.rename(tmp_path / "moved.csv")
    cohort = read_cohort(parsed(str(moved)))
    rooted = read_cohort(parsed(str(moved), "--root", str(tmp_path)))
    (tmp_path / "other").mkdir()

    assert [str(cohort.path(row)) for row in range(len(cohort))] == full
    assert rooted.images[0].startswith("images/")
    with pytest.raises(InvalidInputError, match="--allow-outside"):
        read_cohort(parsed(str(moved), "--root", str(tmp_path / "other")))
    outside = read_cohort(parsed(str(moved), "--root", str(tmp_path / "other"), "--allow-outside"))
    assert len(outside) == len(cohort)


def test_a_folder_without_patients_is_read_by_its_class_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names that hold no id are refused with the way round; each image is then a patient's."""
    for number in range(3):
        for name in ("sick", "well"):
            (tmp_path / "train" / name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "train" / name / f"{number}.png").write_bytes(b"")
    (tmp_path / "list.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"--patient none .* give the table list\.csv"):
        read_cohort(parsed(str(tmp_path)))
    cohort = read_cohort(parsed(str(tmp_path), "--patient", "none"))
    by_part = read_cohort(
        parsed(str(tmp_path), "--patient", "none", "--pattern", "{part}/{label}/*")
    )

    assert cohort.n_patients == len(cohort) == len(by_part) == 6
    assert set(cohort.label_names.tolist()) == {"sick", "well"}
    assert set(by_part.covariates["part"].tolist()) == {"train"}
    assert "every image is taken as another patient's" in capsys.readouterr().out


def test_options_of_tables_are_refused_for_a_folder(tmp_path: Path) -> None:
    """They would be ignored."""
    with pytest.raises(InvalidInputError, match="--label, --root, --patient: of a table"):
        read_cohort(parsed(str(tmp_path), "--label", "dx", "--root", "a", "--patient", "id"))


def test_ids_from_file_names_are_shown(
    image_cohort: Cohort, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that a word that all names begin with is noticed."""
    for row, name in enumerate(image_cohort.label_names.tolist()):
        target = image_cohort.root / name / image_cohort.images[row]
        target.parent.mkdir(exist_ok=True)
        image_cohort.path(row).rename(target)
    read_cohort(parsed(str(image_cohort.root)))

    assert "12 patient ids from file names: p0, p1, p10, ..." in capsys.readouterr().out


def test_names_without_folder_and_suffix_are_found(image_cohort: Cohort, tmp_path: Path) -> None:
    """Refused with the option that finds them; then the same images as before."""
    source = Path(table(image_cohort, image=[Path(x).stem for x in image_cohort.images.tolist()]))
    moved = source.rename(image_cohort.root.parent / "list.csv")
    with pytest.raises(UnreadableImageError, match="add --find"):
        read_cohort(parsed(str(moved)))
    cohort = read_cohort(parsed(str(moved), "--find"))

    found = [cohort.path(row) for row in range(len(cohort))]
    assert found == [image_cohort.path(row) for row in range(len(image_cohort))]


def test_findings_in_one_cell_are_positive_on_request(image_cohort: Cohort) -> None:
    """Without the separator refused; with it positive; as whole cells negative."""
    labels = image_cohort.label_names.tolist()
    first = labels.index("well")
    labels[first] = "tired|sick"
    source = table(image_cohort, label=labels)
    with pytest.raises(InvalidInputError, match=r"In 1 rows 'sick' is one of several findings"):
        read_cohort(parsed(source))
    apart = read_cohort(parsed(source, "--separator", "|"))
    whole = read_cohort(parsed(source, "--separator", "none"))

    expected = image_cohort.is_positive.copy()
    np.testing.assert_array_equal(whole.is_positive, expected)
    expected[first] = True
    np.testing.assert_array_equal(apart.is_positive, expected)
    with pytest.raises(InvalidInputError, match="got --versus 'well'"):
        read_cohort(parsed(source, "--separator", "|", "--versus", "well"))


def test_rows_without_a_label_are_left_out_on_request(
    image_cohort: Cohort, capsys: pytest.CaptureFixture[str]
) -> None:
    """And counted."""
    labels = image_cohort.label_names.tolist()
    labels[3] = ""
    cohort = read_cohort(parsed(table(image_cohort, label=labels), "--blank", "drop"))

    assert len(cohort) == len(image_cohort) - 1
    assert image_cohort.images[3] not in cohort.images
    assert "1 rows without a label are left out" in capsys.readouterr().out
    assert cohort.left_out == (LeftOut(reason="no label (--blank drop)", images=1),)


def test_several_rows_an_image_are_joined_on_request(image_cohort: Cohort) -> None:
    """The last image also as sick: positive where any of its rows is."""
    source = Path(table(image_cohort))
    last = len(image_cohort) - 1
    row = f"{image_cohort.images[last]},sick,{image_cohort.patients[last]}\n"
    source.write_text(source.read_text("utf-8") + row, encoding="utf-8")
    with pytest.raises(InvalidInputError, match="--combine any"):
        read_cohort(parsed(str(source)))
    cohort = read_cohort(parsed(str(source), "--combine", "any"))

    assert len(cohort) == len(image_cohort)
    assert cohort.is_positive[cohort.images.tolist().index(image_cohort.images[last])]


def test_a_spreadsheet_is_no_table(tmp_path: Path) -> None:
    """It is refused by its name, with the way on."""
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    with pytest.raises(InvalidInputError, match="save it as CSV"):
        read_cohort(parsed(str(tmp_path / "a.xlsx")))


def test_beginnings_of_names_that_a_class_shares_are_no_patients(tmp_path: Path) -> None:
    """Four images of one beginning: asked for, and taken where the template is stated."""
    for name in ("sick", "well"):
        (tmp_path / name).mkdir()
        for number in range(4):
            (tmp_path / name / f"{name.upper()}_{number}.png").write_bytes(b"")
    with pytest.raises(InvalidInputError, match="the 4 images of 'well' share 'WELL'"):
        read_cohort(parsed(str(tmp_path)))
    template = "{label}/{patient}_{shot}.png"

    assert read_cohort(parsed(str(tmp_path), "--pattern", template)).n_patients == 2
