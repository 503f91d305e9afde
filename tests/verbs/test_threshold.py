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
