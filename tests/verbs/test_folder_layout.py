"""What a folder's layout suggests where options lack: classes, a pattern, the held-out part."""

from pathlib import Path

import pytest
from PIL import Image
from verbs.test_study import parsed

from prevalens.cohorts.path_pattern import compiled
from prevalens.exceptions import InvalidInputError
from prevalens.verbs.folder_layout import lacking_of_folder
from prevalens.verbs.study_cohort import read_cohort


def laid(root: Path, *names: str) -> Path:
    """Lay small pictures into the folder."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(path)
    return root


def chest(end: str = "-") -> list[str]:
    """Name 24 files: six patients, two of each class and part, two views of each."""
    return [
        f"{part}/{label}/p{patient}{label[0]}{part[1]}{end}{view}.png"
        for part in ("train", "test")
        for label in ("NORMAL", "PNEUMONIA")
        for patient in range(3)
        for view in range(2)
    ]


def test_a_folder_of_the_usual_layout_lacks_nothing(tmp_path: Path) -> None:
    """Where class and folder of the run are named."""
    laid(tmp_path, *(f"{label}/p{n}_{k}.png" for label in "ab" for n in range(3) for k in "12"))

    assert lacking_of_folder(tmp_path, parsed(str(tmp_path), "--positive", "a", "-o", "x")) == []


def test_classes_and_pattern_and_run_are_asked_for_at_once(tmp_path: Path) -> None:
    """The classes with their images, and a pattern that reads the paths as they are."""
    options = parsed(str(laid(tmp_path, *chest())))
    options.positive = options.output = None
    with pytest.raises(InvalidInputError) as raised:
        read_cohort(options)

    text = str(raised.value)
    assert "one of NORMAL (12 images), PNEUMONIA (12 images)" in text
    assert "--pattern '{part}/{label}/{patient}-*'" in text
    assert "12 patient ids" in text
    assert "held out by --part-column part" in text
    assert "To go on, add: --positive CLASS --pattern '{part}/{label}/{patient}-*' -o RUN" in text


@pytest.mark.parametrize("end", ["_", "-", " "])
def test_the_suggested_pattern_reads_the_folder(tmp_path: Path, end: str) -> None:
    """What is suggested works as it stands."""
    source = str(laid(tmp_path, *chest(end)))
    line = lacking_of_folder(Path(source), parsed(source, "--positive", "PNEUMONIA"))[-1]
    template = line.partition("--pattern '")[2].partition("'")[0]
    cohort = read_cohort(parsed(source, "--positive", "PNEUMONIA", "--pattern", template))

    assert (len(cohort), cohort.n_patients) == (24, 12)
    assert set(cohort.covariates["part"].tolist()) == {"train", "test"}


def test_a_folder_for_each_patient_is_seen(tmp_path: Path) -> None:
    """Below the class or above it."""
    names = [f"p{n}/{label}/{k}.png" for label in ("ill", "well") for n in range(8) for k in "12"]
    told = lacking_of_folder(laid(tmp_path, *names), parsed(str(tmp_path), "--positive", "ill"))

    assert "'{patient}/{label}/*'" in told[0]
    assert compiled("{patient}/{label}/*", needs=("patient",)).fullmatch(names[0])


def test_names_without_ids_ask_for_an_expression_or_none(tmp_path: Path) -> None:
    """Numbers that no two images share are no patients."""
    names = [f"train/{label}/{k}{label}.png" for label in ("ill", "well") for k in range(9)]
    told = lacking_of_folder(laid(tmp_path, *names), parsed(str(tmp_path), "--positive", "ill"))

    assert "no part of every name looks like a patient's id" in told[0]
    assert "--patient none" in told[0]


def test_a_class_that_is_no_folder_is_named(tmp_path: Path) -> None:
    """With those that there are, and the nearest."""
    laid(tmp_path, *chest("_"))
    told = lacking_of_folder(tmp_path, parsed(str(tmp_path), "--positive", "PNEUMONIE"))

    assert "no class 'PNEUMONIE'" in told[0]
    assert "Did you mean 'PNEUMONIA'" in told[0]


def test_folders_of_unequal_depth_ask_for_a_description(tmp_path: Path) -> None:
    """Nothing is guessed of them; with --patient none nothing is asked."""
    laid(tmp_path, "a/1.png", "b/c/2.png")
    told = lacking_of_folder(tmp_path, parsed(str(tmp_path), "--positive", "a"))

    assert "describe them by --pattern" in told[0]
    none = parsed(str(tmp_path), "--positive", "a", "--patient", "none", "-o", "x")
    assert lacking_of_folder(tmp_path, none) == []
