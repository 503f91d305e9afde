"""Tests of which classes a study is of, where it is of grades or leaves some out."""

from pathlib import Path

import numpy as np
import pytest
from verbs.test_study import parsed
from verbs.test_study_cohort import bare

from prevalens.exceptions import InvalidInputError
from prevalens.verbs.study_cohort import read_cohort

GRADES = ("none", "mild", "severe")


def source(folder: Path) -> str:
    """Write a table of three grades and one class that is none, of two patients; return it."""
    rng = np.random.default_rng(0)
    lines = ["image,label,patient"]
    for row in range(32):
        label = "blurred" if row > 29 else GRADES[row % 3]
        (folder / f"{row}.png").write_bytes(rng.bytes(8))
        lines.append(f"{row}.png,{label},p{row}")
    path = folder / "images.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_grades_keep_the_order_they_are_named_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not that of the alphabet; what is left out is none of them, and its patients are counted."""
    words = (source(tmp_path), "--leave-out", "blurred", "--grades", *GRADES, "-o", "run")
    cohort = read_cohort(bare(*words))

    assert cohort.classes == GRADES
    assert cohort.label_names.tolist() == [GRADES[row % 3] for row in range(30)]
    assert "3 grades, from the lowest: none (10 images), mild" in capsys.readouterr().out
    (gone,) = cohort.left_out
    assert (gone.images, gone.patients) == (2, 2)
    assert gone.reason.startswith("class 'blurred', of too few patients to hold some out, left out")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--grades", *GRADES), r"\['blurred'\] lack|'blurred' lack"),
        (("--leave-out", "blurred", "--grades", "none", "mild", "sever"), "'severe'.* lack"),
        (("--leave-out", "blurred", "--grades", *GRADES, "none"), "names each class once"),
        (("--leave-out", "blurred", "--grades", "none", "mild", "severe", "dead"), "no classes"),
    ],
)
def test_grades_are_all_classes_once(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    """What lacks and what is no class is named."""
    with pytest.raises(InvalidInputError, match=told):
        read_cohort(bare(source(tmp_path), *words, "-o", "run"))


def test_grades_and_one_class_are_two_studies(tmp_path: Path) -> None:
    """One of the options is left out."""
    with pytest.raises(InvalidInputError, match="--grades is of a study of all grades"):
        read_cohort(parsed(source(tmp_path), "--positive", "mild", "--grades", *GRADES))


def test_several_findings_are_studied_one_at_a_time_or_all_on_request(tmp_path: Path) -> None:
    """Where cells name several and no finding is named, the refusal says both ways."""
    lines = ["image,label,patient", *(f"{k}.png,{'A|B' if k % 2 else 'C'},p{k}" for k in range(9))]
    path = tmp_path / "images.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = r"no --positive.*several findings: --positive and one .*--separator '\|' without"
    with pytest.raises(InvalidInputError, match=told):
        read_cohort(bare(str(path), "-o", "run"))
