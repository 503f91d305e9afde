"""What records of checked columns share."""

import copy
import gc
import pickle
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from prevalens import _columns
from prevalens._frozen_columns import FrozenColumns


@dataclass(frozen=True, eq=False)
class Small(FrozenColumns):
    """Two columns and the patients."""

    values: Any
    patients: Any
    covariates: Any = field(default_factory=dict)
    patient_codes: Any = field(init=False)

    def __post_init__(self) -> None:
        coded = None if self.patients is None else _columns.encode("id", self.patients)
        self._keep(
            patients=None if coded is None else coded.texts,
            patient_codes=None if coded is None else coded.codes,
            values=np.array(self.values),
            covariates=self.covariates,
        )


def test_columns_are_read_only_and_come_through_a_pickle() -> None:
    """So do the numbers of patients and the covariates."""
    small = Small([1, 2], ["b", "a"], {"age": np.array([5.0, 6.0])})
    for record in (small, pickle.loads(pickle.dumps(small)), copy.deepcopy(small)):  # noqa: S301
        for column in (record.values, record.patients, record.covariates["age"]):
            with pytest.raises(ValueError, match="read-only"):
                column[0] = column[1]
        assert record.patient_codes.tolist() == [1, 0]
        with pytest.raises(TypeError):
            record.covariates["age"] = 1


def test_patients_are_numbered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of a record's own column are found again, and forgotten with it."""
    small = Small([1, 2], ["b", "a"])
    key = id(small.patients)
    assert key in _columns._REMEMBERED
    monkeypatch.setattr(_columns, "listed", lambda *_: pytest.fail("numbered anew"))

    coded = _columns.encode("patient id", small.patients, ids=True)
    assert (coded.codes.tolist(), coded.names) == ([1, 0], ["a", "b"])
    monkeypatch.undo()
    del small, coded
    gc.collect()
    assert key not in _columns._REMEMBERED
    assert _columns.encode("id", ["b", "a"]).codes.tolist() == [1, 0]


def test_independent_images_have_nothing_to_remember() -> None:
    """None stays None."""
    assert Small([1], None).patient_codes is None
