"""Tests of what every report is asked, however many classes it is about."""

import json
import re
from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.common_request import check_same_rows

RNG = np.random.default_rng(5)
LABELS = {
    "two classes": np.array([0, 1] * 18),
    "several classes": np.array([0, 1, 2] * 12),
    "several labels": np.array([[0, 1], [1, 0]] * 18),
}
SCORES: dict[str, Any] = {
    "two classes": RNG.random(36),
    "several classes": RNG.dirichlet(np.ones(3), 36),
    "several labels": RNG.random((36, 2)),
}
_WHO = re.compile(r"Patient (\S+) has \d+% of the images")
kinds = pytest.mark.parametrize("kind", list(LABELS))


def predictions(kind: str, *, patients: str = "abcdefghijkl" * 3) -> Predictions:
    """Return predictions of a kind; three rows a patient."""
    names = {"several labels": ["oedema", "nodule"], "several classes": ["a", "b", "c"]}
    classes = names.get(kind, ["healthy", "ill"])
    return Predictions(
        labels=LABELS[kind], scores=SCORES[kind], patients=list(patients), classes=classes
    )


@kinds
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("confidence_level", 1.0, "`confidence_level` must lie in"),
        ("seed", -1, "`seed` must be"),
        ("worst", -1, "`worst` must be"),
    ],
)
def test_a_setting_is_refused_alike_whatever_the_report(
    kind: str, name: str, value: float, said: str
) -> None:
    """Confidence level, seed and the number of errors that are shown."""
    asked: Any = {name: value, "threshold": 0.5} if kind == "two classes" else {name: value}
    with pytest.raises(InvalidInputError, match=said):
        ClinicalReport(predictions(kind), **asked)


@kinds
def test_a_patient_is_named_by_id_in_every_report(kind: str) -> None:
    """Patient q has 26 of 36 rows: every note says so by the id, in each section."""
    asked: Any = {"threshold": 0.5} if kind == "two classes" else {}
    told = predictions(kind, patients="q" * 26 + "abcdefghij")
    report = ClinicalReport(told, compare=told, by=(), **asked)
    notes = _WHO.findall(json.dumps(report.to_dict()))

    assert notes
    assert set(notes) == {"'q'"}


@kinds
def test_another_model_is_compared_on_the_same_rows_alone(kind: str) -> None:
    """The same rows are taken; another patient in one row is refused, with the column's name."""
    told = predictions(kind)
    check_same_rows(told, predictions(kind))
    with pytest.raises(InvalidInputError, match="`patients` differ"):
        check_same_rows(told, predictions(kind, patients="abcdefghijkl" * 2 + "abcdefghijka"))
