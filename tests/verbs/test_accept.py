"""`prevalens accept`: a decision as an exit status."""

import json
from pathlib import Path

import pytest

from prevalens.command import main
from prevalens.reports.acceptance_record import AcceptanceRecord


def table(path: Path, scores: list[float]) -> Path:
    """Write predictions of 90 images of 30 patients as `Predictions.save` names its columns."""
    rows = [f"{k}.png,p{k // 3},{int(k // 3 % 3 == 0)},{s:.4f}" for k, s in enumerate(scores)]
    path.write_text("\n".join(["image,patient,label,score", *rows]) + "\n", "utf-8")
    return path


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """A new model that ranks a little better than the old, criteria, and what calls the verb."""
    labels = [int(k // 3 % 3 == 0) for k in range(90)]
    old = [0.2 + 0.4 * label + 0.37 * (k * 7 % 11) / 11 for k, label in enumerate(labels)]
    new = [0.2 + 0.5 * label + 0.29 * (k * 5 % 13) / 13 for k, label in enumerate(labels)]
    criteria = {
        "format": "prevalens acceptance criteria",
        "version": 1,
        "name": "Retraining",
        "threshold": 0.55,
        "bounds": [{"measure": "brier", "at_most": 0.2}],
    }
    (tmp_path / "criteria.json").write_text(json.dumps(criteria), "utf-8")
    names = [str(table(tmp_path / f"{name}.csv", s)) for name, s in (("new", new), ("old", old))]
    return [
        "accept", names[0], "--against", names[1], "--patient", "patient",
        "--criteria", str(tmp_path / "criteria.json"),
    ]  # fmt: skip


def test_an_accepted_model_ends_with_0(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The decision is printed and written; the record names both files."""
    assert main([*words, "-o", str(tmp_path / "record.json")]) == 0
    assert "Accepted: all 1 criteria are met" in capsys.readouterr().out
    record = AcceptanceRecord.load(tmp_path / "record.json")

    assert (record.new, record.old, record.accepted) == ("new.csv", "old.csv", True)


def test_a_model_that_is_not_accepted_ends_with_1(words: list[str], tmp_path: Path) -> None:
    """A bound below the interval is not met."""
    path = tmp_path / "criteria.json"
    path.write_text(path.read_text("utf-8").replace("0.2", "0.0001"), "utf-8")

    assert main(words) == 1


def test_other_rows_end_with_2(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is judged, and nothing written."""
    path = tmp_path / "old.csv"
    path.write_text("\n".join(path.read_text("utf-8").splitlines()[:-1]) + "\n", "utf-8")

    assert main([*words, "-o", str(tmp_path / "record.html")]) == 2
    assert "same rows in the same order" in capsys.readouterr().err
    assert not (tmp_path / "record.html").exists()


def test_a_suffix_is_refused_before_anything_is_read(words: list[str]) -> None:
    """The formats are named."""
    assert main([*words, "-o", "record.pdf"]) == 2
