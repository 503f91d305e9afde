"""Tests of the table of all figures."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import all_figures

NAMES = [
    "sensitivity",
    "specificity",
    "ppv",
    "npv",
    "lr_positive",
    "lr_negative",
    "dor",
    "accuracy",
    "balanced_accuracy",
    "youden",
    "f1",
    "mcc",
    "kappa",
    "auroc",
    "average_precision",
    "brier",
    "log_loss",
    "calibration_intercept",
    "calibration_slope",
    "prevalence",
]


def rows(n_patients: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make labels, scores and patients with a little of everything."""
    rng = np.random.default_rng(4)
    patients = np.repeat(np.arange(n_patients), rng.integers(5, 12, n_patients))
    labels = rng.random(patients.size) < 0.3
    return labels, np.clip(0.3 * labels + 0.6 * rng.random(patients.size), 0.01, 0.99), patients


def test_the_names_are_those_of_the_report_in_its_order() -> None:
    """Exactly the twenty names."""
    labels, scores, patients = rows()
    assert list(all_figures(labels, scores, threshold=0.5, patients=patients)) == NAMES


@pytest.mark.parametrize("clustered", [False, True])
def test_every_figure_states_what_it_rests_on(clustered: bool) -> None:
    """Value inside ordered limits; level, unit, method, n, events and patients stated."""
    labels, scores, patients = rows()
    made = all_figures(
        labels, scores, threshold=0.5, patients=patients if clustered else None, level=0.9
    )
    for name, figure in made.items():
        assert figure.value is not None, name
        assert figure.lower is not None, name
        assert figure.upper is not None, name
        assert figure.lower <= figure.value <= figure.upper, name
        assert (figure.level, figure.unit) == (0.9, "image")
        assert figure.patients in (range(9, 13) if clustered else {None}), name
        assert figure.events is not None, name
        assert figure.method, name
    assert made["auroc"].patients == (12 if clustered else None)


def test_a_score_at_the_threshold_is_a_positive_call() -> None:
    """A score of the threshold counts, not above it."""
    made = all_figures([1, 1, 0, 0], [0.5, 0.2, 0.5, 0.1], threshold=0.5)
    assert made["sensitivity"].value == 0.5
    assert made["specificity"].value == 0.5


def test_one_class_leaves_reasons_not_zeros() -> None:
    """All images negative: what needs positives says so."""
    made = all_figures([0, 0, 0], [0.1, 0.2, 0.7], threshold=0.5)
    assert made["specificity"].value == pytest.approx(2 / 3)
    for name in ("sensitivity", "auroc", "average_precision", "f1", "mcc", "kappa", "youden"):
        assert made[name].value is None, name
        assert "no positive images" in str(made[name].not_estimable), name
    assert made["calibration_slope"].value is None


def test_a_threshold_outside_0_to_1_is_refused() -> None:
    """50 is not 0.5."""
    with pytest.raises(InvalidInputError, match="`threshold`"):
        all_figures([0, 1], [0.2, 0.8], threshold=50)


def test_one_patient_gives_values_without_limits() -> None:
    """Images of one patient say nothing about others."""
    labels, scores, patients = rows(1)
    for name, figure in all_figures(labels, scores, threshold=0.5, patients=patients).items():
        assert figure.lower is None, name
        assert figure.upper is None, name
        assert "No interval" in str(figure.note) or figure.value is None, name
