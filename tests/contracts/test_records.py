"""What every record that crosses a stage must satisfy."""

import pickle

import numpy as np
import pytest

from prevalens.augmentation import AugmentationPolicy, Flip
from prevalens.cohorts import Cohort
from prevalens.predictions import Predictions
from prevalens.splits import PatientHoldout


def records(cohort: Cohort) -> dict[str, object]:
    """Return one of each record."""
    rows = np.arange(len(cohort))
    return {
        "cohort": cohort,
        "partition": PatientHoldout(validation=0.25, test=0.25, seed=1).partition(cohort),
        "policy": AugmentationPolicy([Flip()]),
        "predictions": Predictions.of(cohort, rows, np.linspace(0, 1, len(cohort))),
    }


@pytest.mark.parametrize("name", ["cohort", "partition", "policy", "predictions"])
def test_a_record_reaches_a_worker_process_unchanged(cohort: Cohort, name: str) -> None:
    """Pickling keeps every field; joblib and process pools rely on it."""
    record = records(cohort)[name]
    again = pickle.loads(pickle.dumps(record))  # noqa: S301

    assert type(again) is type(record)
    for field, value in vars(record).items():
        kept = getattr(again, field)
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(kept, value)
        elif hasattr(value, "items"):
            assert {k: list(np.ravel(v)) for k, v in kept.items()} == {
                k: list(np.ravel(v)) for k, v in value.items()
            }
        else:
            assert kept == value


@pytest.mark.parametrize("name", ["cohort", "partition", "policy", "predictions"])
def test_a_record_cannot_be_changed(cohort: Cohort, name: str) -> None:
    """A field cannot be set, and an array cannot be written to."""
    record = records(cohort)[name]
    field = next(iter(vars(record)))
    with pytest.raises(AttributeError):
        setattr(record, field, None)
    for value in vars(record).values():
        assert not isinstance(value, np.ndarray) or not value.flags.writeable


@pytest.mark.parametrize("name", ["cohort", "partition", "policy"])
def test_a_record_shows_itself_in_a_notebook(cohort: Cohort, name: str) -> None:
    """As one element that needs nothing from outside."""
    page = records(cohort)[name]._repr_html_()  # type: ignore[attr-defined]

    assert page.startswith('<div class="prevalens"')
    assert page.endswith("</div>")
    assert "http" not in page
