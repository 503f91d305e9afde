"""A study's summary as a file."""

from pathlib import Path

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.studies import StudySummary


@pytest.mark.parametrize("threshold", [0.4, None])
def test_a_summary_is_read_as_it_was_written(tmp_path: Path, threshold: float | None) -> None:
    """Of two classes with a threshold, of several without; another type is refused."""
    made = StudySummary(
        estimates={"auroc": {"value": 0.9}}, baselines={}, threshold=threshold, folds=[], files={}
    )
    made.save(tmp_path / "study.json")

    assert StudySummary.load(tmp_path / "study.json") == made
    plain = made.to_dict() | {"threshold": "high"}
    with pytest.raises(InvalidInputError, match="threshold"):
        StudySummary.from_dict(plain)
