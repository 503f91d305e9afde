"""A report is recomputed from its predictions; whatever was changed is named."""

import json
from pathlib import Path

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport, verify_run


@pytest.fixture
def run(tmp_path: Path, predictions: Predictions) -> Path:
    """A folder with predictions, the report and two of its pages."""
    predictions.save(tmp_path / "predictions.csv")
    report = ClinicalReport(
        predictions,
        threshold=0.5,
        prevalence=0.1,
        by=("site", "age"),
        patient_score="mean",
        refer=(0.3, 0.7),
        site="site",
        compare=predictions.with_scores(predictions.scores**2, train_prevalence=0.5),
    )
    for suffix in ("json", "html", "txt"):
        report.save(tmp_path / f"report.{suffix}")
    return tmp_path


def test_an_untouched_run_differs_nowhere(run: Path) -> None:
    """Estimates, subgroups, patients, hash and pages come out as they were written."""
    found = verify_run(run)

    assert found.differences == ()
    assert found.ok
    assert found.checked[1:] == ("report.html", "report.txt")
    assert "Nothing differs" in str(found)


def test_a_changed_score_changes_the_hash_and_its_estimates(run: Path) -> None:
    """One digit of one score is found by the hash and by the estimates that follow from it."""
    path = run / "predictions.csv"
    lines = path.read_text("utf-8").splitlines()
    place = lines[0].split(",").index("score")
    cells = lines[1].split(",")
    cells[place] = "0.987654"
    path.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n", "utf-8")
    found = verify_run(run).differences

    assert found[0].startswith("predictions.csv has SHA-256")
    assert any(text.startswith("estimates.auroc.value is") for text in found)


def test_a_changed_value_of_the_record_is_named_with_its_place(run: Path) -> None:
    """A limit moved by a millionth differs from the recomputed one, and from the pages' record."""
    record = json.loads((run / "report.json").read_text("utf-8"))
    record["estimates"]["auroc"]["lower"] -= 1e-6
    record["subgroups"][0]["levels"][0]["images"] += 1
    (run / "report.json").write_text(json.dumps(record), "utf-8")
    places = [text.split(" is ")[0] for text in verify_run(run).differences]

    assert "estimates.auroc.lower" in places
    assert "subgroups[0].levels[0].images" in places


def test_a_changed_byte_of_a_page_is_found(run: Path) -> None:
    """A page is what its record draws, byte for byte."""
    page = run / "report.html"
    page.write_text(page.read_text("utf-8").replace("Key results", "Key result", 1), "utf-8")

    assert verify_run(run).differences == ("report.html is not what report.json draws.",)


def test_a_page_of_other_bytes_differs(run: Path) -> None:
    """One that is no UTF-8 is another page, and no error."""
    (run / "report.html").write_bytes(b"M\xfcller")

    assert verify_run(run).differences == ("report.html is not what report.json draws.",)


def test_without_predictions_nothing_can_be_verified(run: Path) -> None:
    """The missing file is named with the remedy."""
    (run / "predictions.csv").unlink()
    with pytest.raises(InvalidInputError, match=r"predictions\.csv is missing"):
        verify_run(run)


def test_a_run_of_several_classes_is_recomputed(tmp_path: Path, graded_rows: Predictions) -> None:
    """Nothing differs; a count that was changed by hand is named with its place."""
    graded_rows.save(tmp_path / "predictions.csv")
    report = ClinicalReport(graded_rows, by=["site"])
    report.save(tmp_path / "report.json")
    report.save(tmp_path / "report.html")
    assert verify_run(tmp_path).ok

    record = report.to_dict()
    record["confusion_matrix"][0][1] += 1
    (tmp_path / "report.json").write_text(json.dumps(record), encoding="utf-8")
    assert any("confusion_matrix[0][1]" in each for each in verify_run(tmp_path).differences)
