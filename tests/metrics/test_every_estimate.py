"""Tests of the table of all estimates."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import all_estimates, all_measures


def rows(n_patients: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make labels, scores and patients with a little of everything."""
    rng = np.random.default_rng(4)
    patients = np.repeat(np.arange(n_patients), rng.integers(5, 12, n_patients))
    labels = rng.random(patients.size) < 0.3
    return labels, np.clip(0.3 * labels + 0.6 * rng.random(patients.size), 0.01, 0.99), patients


def test_the_keys_are_those_of_the_table_in_its_order() -> None:
    """Every registered measure, or those asked for in the order asked."""
    labels, scores, patients = rows()
    ask = {"threshold": 0.5, "patients": patients}
    made = all_estimates(labels, scores, **ask)
    assert list(made) == [measure.key for measure in all_measures()]
    some = all_estimates(labels, scores, measures=["f2", "auroc"], **ask)
    assert some == {"f2": made["f2"], "auroc": made["auroc"]}
    with pytest.raises(InvalidInputError, match="`measures` must be one of"):
        all_estimates(labels, scores, measures=["aurok"], **ask)


@pytest.mark.parametrize("clustered", [False, True])
def test_every_estimate_states_what_it_rests_on(clustered: bool) -> None:
    """Value inside ordered limits; confidence, unit, method, n, events and patients stated."""
    labels, scores, patients = rows()
    made = all_estimates(
        labels,
        scores,
        threshold=0.5,
        patients=patients if clustered else None,
        confidence_level=0.9,
    )
    for name, estimate in made.items():
        assert estimate.value is not None, name
        assert estimate.lower is not None, name
        assert estimate.upper is not None, name
        assert estimate.lower <= estimate.value <= estimate.upper, name
        assert (estimate.confidence_level, estimate.unit) == (0.9, "image")
        assert estimate.patients in (range(9, 13) if clustered else {None}), name
        assert estimate.events is not None, name
        assert estimate.method, name
    assert made["auroc"].patients == (12 if clustered else None)


def test_a_score_at_the_threshold_is_a_positive_call() -> None:
    """A score of the threshold counts, not above it."""
    made = all_estimates([1, 1, 0, 0], [0.5, 0.2, 0.5, 0.1], threshold=0.5)
    assert made["sensitivity"].value == 0.5
    assert made["specificity"].value == 0.5


def test_one_class_leaves_reasons_not_zeros() -> None:
    """All images negative: what needs positives says so."""
    made = all_estimates([0, 0, 0], [0.1, 0.2, 0.7], threshold=0.5)
    assert made["specificity"].value == pytest.approx(2 / 3)
    for name in ("sensitivity", "auroc", "average_precision", "f1", "mcc", "kappa", "youden"):
        assert made[name].value is None, name
        assert "no positive images" in str(made[name].not_estimable), name
    assert made["calibration_slope"].value is None


def test_a_threshold_outside_0_to_1_is_refused() -> None:
    """50 is not 0.5."""
    with pytest.raises(InvalidInputError, match="`threshold`"):
        all_estimates([0, 1], [0.2, 0.8], threshold=50)


def test_one_patient_gives_values_without_limits() -> None:
    """Images of one patient say nothing about others."""
    labels, scores, patients = rows(1)
    for name, estimate in all_estimates(labels, scores, threshold=0.5, patients=patients).items():
        assert estimate.lower is None, name
        assert estimate.upper is None, name
        assert "No interval" in str(estimate.note) or estimate.value is None, name


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"seed": -1}, "`seed` must be a whole number >= 0, got -1"),
        ({"seed": 1.5}, "`seed` must be a whole number"),
        ({"draws": 99}, "`draws` must be a whole number >= 100, got 99"),
        ({"draws": -1}, "`draws` must be a whole number"),
        ({"draws": 1}, "`draws` must be a whole number >= 100, got 1"),
        ({"threshold": -0.01}, r"`threshold` must lie in \[0, 1\], got -0.01"),
        ({"threshold": 1.01}, r"`threshold` must lie in \[0, 1\], got 1.01"),
        ({"confidence_level": 1.0}, "`confidence_level` must lie in"),
    ],
)
def test_settings_outside_their_range_are_refused_by_name(
    given: dict[str, float], message: str
) -> None:
    """Each names the argument, the range and the value."""
    labels, scores, _ = rows()
    with pytest.raises(InvalidInputError, match=message):
        all_estimates(labels, scores, **({"threshold": 0.5} | given))  # type: ignore[arg-type]


@pytest.mark.parametrize("end", [0, 1])
def test_the_ends_of_the_range_of_a_threshold_are_in_it(end: int) -> None:
    """At 0 every image is predicted positive; at 1 those of score 1."""
    made = all_estimates([1, 1, 0, 0], [1.0, 0.2, 0.0, 0.1], threshold=end)
    assert made["sensitivity"].value == (1.0 if end == 0 else 0.5)
    assert made["specificity"].value == (0.0 if end == 0 else 1.0)


def test_a_hundred_draws_are_enough_and_take_the_seed_and_the_level() -> None:
    """By default none are drawn, from seed 0."""
    labels, scores, patients = rows()
    ask = {"threshold": 0.5, "patients": patients}
    assert "bootstrap" not in all_estimates(labels, scores, **ask)["auroc"].method
    drawn, same, other, wide = (
        all_estimates(labels, scores, draws=100, **ask, **given)["auroc"]
        for given in ({}, {"seed": 0}, {"seed": 1}, {"confidence_level": 0.5})
    )
    assert "100 draws" in drawn.method
    assert drawn == same
    assert drawn != other
    assert wide.confidence_level == 0.5
    assert drawn.lower < wide.lower < wide.upper < drawn.upper
