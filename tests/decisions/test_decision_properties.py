"""What holds for every cohort: decisions for classes, corrections and plans, drawn at random."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.decisions import (
    choose_thresholds,
    correct_predictions,
    cost_estimate,
    fit_class_recalibration,
    plan_validation,
)
from prevalens.predictions import Predictions

SEEDS = st.integers(0, 10_000)


def three_classes(seed: int, **more: object) -> Predictions:
    """Ninety rows of thirty patients, whose scores lean to the true class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(90) % 3
    scores = rng.dirichlet(np.ones(3), 90) + 0.6 * np.eye(3)[labels]
    return Predictions(
        labels=labels,
        scores=scores / scores.sum(axis=1, keepdims=True),
        patients=[f"p{row // 3}" for row in range(90)],
        classes=("nv", "mel", "bcc"),
        **more,  # type: ignore[arg-type]
    )


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS)
def test_a_temperature_keeps_the_order_of_classes(seed: int) -> None:
    """Scores stay shares that add up to 1, and the highest class of a row stays the highest."""
    seen = three_classes(seed)
    made = fit_class_recalibration(seen, method="temperature").correct(seen.scores)
    np.testing.assert_allclose(made.sum(axis=1), 1)
    np.testing.assert_array_equal(made.argmax(axis=1), seen.scores.argmax(axis=1))


@settings(deadline=None, max_examples=25)
@given(seed=SEEDS, ask=st.floats(0.3, 0.9))
def test_each_class_gets_what_was_asked_for(seed: int, ask: float) -> None:
    """On the rows it was chosen on, each threshold reaches its sensitivity."""
    seen = three_classes(seed)
    chosen = choose_thresholds(seen, {name: {"sensitivity": ask} for name in ("mel", "bcc")})
    for code, name in ((1, "mel"), (2, "bcc")):
        assert chosen.predict(seen)[name][seen.labels == code].mean() >= ask - 1e-12


@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, costs=st.lists(st.floats(0, 50), min_size=9, max_size=9))
def test_a_cost_lies_between_the_least_and_the_most(seed: int, costs: list[float]) -> None:
    """Its limits as well, which hold the value."""
    table = np.array(costs).reshape(3, 3)
    made = cost_estimate(three_classes(seed), table)
    assert made.value is not None
    assert table.min() - 1e-9 <= made.value <= table.max() + 1e-9
    if made.lower is not None and made.upper is not None:
        assert made.lower <= made.value <= made.upper


@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, target=st.lists(st.floats(0.05, 1), min_size=3, max_size=3))
def test_a_correction_there_and_back_changes_nothing(seed: int, target: list[float]) -> None:
    """From the shares trained at to others and back: the same scores."""
    home, away = np.full(3, 1 / 3), np.array(target) / sum(target)
    seen = three_classes(seed, train_prevalence=home)
    there = correct_predictions(seen, away)
    np.testing.assert_allclose(there.scores.sum(axis=1), 1)
    np.testing.assert_allclose(correct_predictions(there, home).scores, seen.scores, atol=1e-9)


@settings(deadline=None, max_examples=40)
@given(prevalence=st.floats(0.02, 0.5), auroc=st.floats(0.6, 0.98), images=st.integers(1, 50))
def test_more_images_of_a_patient_never_need_fewer_images(
    prevalence: float, auroc: float, images: int
) -> None:
    """Images of one patient tell less than as many of others, never more."""
    alone = plan_validation(prevalence=prevalence, auroc=auroc)
    together = plan_validation(prevalence=prevalence, auroc=auroc, images_per_patient=images)
    for one, many in zip(alone.needs, together.needs, strict=True):
        assert one.measure == many.measure
        assert many.images >= one.images
