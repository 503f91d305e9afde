"""`prevalens threshold`: one rule, printed and written."""

import json
from pathlib import Path

import pytest

from prevalens.command import main

ROWS = "label,score,patient\n0,0.1,a\n0,0.2,b\n1,0.3,c\n0,0.4,d\n1,0.5,e\n1,0.6,f\n"


@pytest.fixture
def rows(tmp_path: Path) -> str:
    """Six images of six patients, three of them positive."""
    path = tmp_path / "validation.csv"
    path.write_text(ROWS, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("rule", "threshold"),
    [(["--sensitivity", "0.6"], 0.5), (["--specificity", "0.9"], 0.5), ([], 0.3)],
)
def test_the_threshold_is_that_of_the_rule(
    rows: str, tmp_path: Path, rule: list[str], threshold: float
) -> None:
    """Counted by hand: two of three positives from 0.5, all from 0.3, no negative from 0.5."""
    out = tmp_path / "point.json"
    assert main(["threshold", rows, "--patient", "patient", *rule, "-o", str(out)]) == 0

    found = json.loads(out.read_text(encoding="utf-8"))["threshold"]
    assert 0.4 < found <= 0.5 if threshold == 0.5 else 0.2 < found <= 0.3


def test_two_rules_and_impossible_promises_are_refused(
    rows: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a sentence that says how many patients could promise it."""
    words = ["threshold", rows, "--patient", "patient"]
    assert main([*words, "--sensitivity", "0.9", "--youden"]) == 2
    assert "by one rule" in capsys.readouterr().err
    assert main([*words, "--sensitivity", "0.9", "--confidence", "0.95"]) == 2
    assert "patients" in capsys.readouterr().err


def test_two_thresholds_refer_what_lies_between(tmp_path: Path) -> None:
    """Two hundred patients of either class: both promises, in text and JSON."""
    rows = ["label,score,patient"]
    rows += [f"{k % 2},{0.5 + (k % 2 - 0.5) * (0.9 if k > 5 else -0.2)},p{k}" for k in range(400)]
    path, out = tmp_path / "validation.csv", tmp_path / "refer.json"
    path.write_text("\n".join(rows), encoding="utf-8")
    words = ["threshold", str(path), "--patient", "patient", "--refer", "--prevalence", "0.1"]

    assert main([*words, "--sensitivity", "0.98", "--confidence", "0.5", "-o", str(out)]) == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["lower"]["threshold"] <= found["upper"]["threshold"]
    assert (found["prevalence"], found["confidence"]) == (0.1, 0.5)
    assert "(Bonferroni)" in found["guarantee"]


@pytest.mark.parametrize(
    ("words", "told"),
    [(["--refer", "--youden"], "Leave out --youden"), (["--prevalence", "0.1"], "add --refer")],
)
def test_options_that_would_be_ignored_are_refused(
    rows: str, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    """Other rules beside --refer, and a prevalence without it."""
    assert main(["threshold", rows, "--patient", "patient", *words]) == 2
    assert told in capsys.readouterr().err


def test_a_threshold_for_patients_is_chosen_on_pooled_scores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Means of b and c, both positive, are 0.4 and 0.7; d has one image and is left out."""
    path = tmp_path / "validation.csv"
    rows = "0,0.1,a\n0,0.3,a\n1,0.6,b\n0,0.2,b\n1,0.9,c\n1,0.5,c\n1,0.1,d\n"
    path.write_text("label,score,patient\n" + rows, encoding="utf-8")
    words = ["threshold", str(path), "--patient", "patient", "--sensitivity", "0.9"]
    out = tmp_path / "point.json"
    pooled = ["--patient-score", "mean", "--least-images", "2", "-o", str(out)]
    assert main([*words, *pooled]) == 0

    assert 0.2 < json.loads(out.read_text("utf-8"))["threshold"] <= 0.4
    told = capsys.readouterr().out
    assert "3 patients, by the mean of the scores, of patients with 2 images or more" in told
    assert main([*words, "--top", "3"]) == 2
    assert "say --patient-score as well" in capsys.readouterr().err


def test_a_threshold_for_lesions_is_chosen_on_pooled_scores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Patient a has two lesions, of which one is positive; their means are 0.2 and 0.8."""
    path = tmp_path / "validation.csv"
    rows = "0,0.1,a,1\n0,0.3,a,1\n1,0.7,a,2\n1,0.9,a,2\n0,0.2,b,1\n1,0.6,c,1\n"
    path.write_text("label,score,patient,lesion\n" + rows, encoding="utf-8")
    words = ["threshold", str(path), "--patient", "patient", "--sensitivity", "0.9"]

    assert main([*words, "--patient-score", "mean", "--unit", "lesion"]) == 0
    assert "4 lesions, by the mean of the scores of each lesion" in capsys.readouterr().out
    assert main([*words, "--unit", "lesion"]) == 2
    assert "say --patient-score as well" in capsys.readouterr().err
    assert main([*words, "--patient-score", "mean", "--unit", "lesoin"]) == 2
    assert "Did you mean 'lesion'" in capsys.readouterr().err
