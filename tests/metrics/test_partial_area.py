"""Tests of the partial area under the ROC curve."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import auroc, partial_auroc
from prevalens.metrics.bootstrap import draw_weights, in_fixed_order, percentile_limits
from prevalens.metrics.inputs import check_columns
from prevalens.metrics.partial_area import mcclish

RNG = np.random.default_rng(2)
PATIENTS = np.repeat(np.arange(40), 6)
LABELS = RNG.random(240) < 0.3
SCORES = np.round(np.clip(0.3 * LABELS + 0.7 * RNG.random(240), 0, 1), 2)


@pytest.mark.parametrize("end", [0.05, 0.2, 0.77, 1.0])
def test_the_standardised_area_is_scikit_learns(end: float) -> None:
    """With ties, and where the end lies between two points."""
    made = partial_auroc(LABELS, SCORES, max_false_positive_rate=end, draws=100)
    theirs = roc_auc_score(LABELS, SCORES, max_fpr=None if end == 1 else end)
    assert made.standardised.value == pytest.approx(theirs)
    assert mcclish(made.raw.value or 0, end) == pytest.approx(theirs)


def test_a_perfect_and_a_useless_ranking() -> None:
    """Standardised 1 and 0.5; raw the end, and half its square."""
    assert mcclish(0.2, 0.2) == pytest.approx(1)
    assert mcclish(0.02, 0.2) == pytest.approx(0.5)


def test_limits_over_patients_hold_the_value_and_stay_in_range() -> None:
    """Raw and standardised limits carry the same draws."""
    made = partial_auroc(
        LABELS, SCORES, max_false_positive_rate=0.3, patients=PATIENTS, draws=300, seed=4
    )
    raw, scaled = made.raw, made.standardised
    assert 0 <= raw.lower < raw.value < raw.upper <= 0.3  # type: ignore[operator]
    assert scaled.lower == pytest.approx(mcclish(raw.lower or 0, 0.3))
    assert "McClish" in scaled.method
    assert "over patients" in raw.method


def test_the_whole_area_has_limits_near_delong() -> None:
    """End 1 is the AUROC: two methods, limits within a fifth of the width."""
    made = partial_auroc(LABELS, SCORES, max_false_positive_rate=1, draws=1000).raw
    whole = auroc(LABELS, SCORES)
    width = whole.upper - whole.lower  # type: ignore[operator]
    assert made.value == pytest.approx(whole.value)
    assert made.lower == pytest.approx(whole.lower, abs=width / 5)


def test_one_class_and_bad_ends_are_met_with_reasons() -> None:
    """Not estimable; refused."""
    none = partial_auroc([0, 0], [0.1, 0.2], max_false_positive_rate=0.1)
    assert none.raw.not_estimable == "no positive images"
    with pytest.raises(InvalidInputError, match="max_false_positive_rate"):
        partial_auroc(LABELS, SCORES, max_false_positive_rate=0)


def test_a_curve_cut_between_two_points_by_hand() -> None:
    """Two of each class: to .25 half the first step's height, to .75 the slope of a tie."""
    labels = [1, 0, 1, 0]
    # Points (0, 0), (0, .5), (.5, .5), then a tie of one of each: (1, 1).
    scores = [0.9, 0.7, 0.3, 0.3]
    for end, area in ((0.25, 0.125), (0.5, 0.25), (0.75, 0.25 + 0.25 * 0.625), (1.0, 0.625)):
        made = partial_auroc(labels, scores, max_false_positive_rate=end, draws=100)
        assert made.raw.value == pytest.approx(area)
        assert made.standardised.value == pytest.approx(mcclish(area, end))
        assert made.max_false_positive_rate == end
    # Standardised: half of 1 plus the area above the diagonal's over what is left above it.
    assert mcclish(0.125, 0.25) == pytest.approx((1 + (0.125 - 1 / 32) / (0.25 - 1 / 32)) / 2)


def test_drawn_limits_are_those_of_repeated_rows() -> None:
    """Each draw's area from scikit-learn; patients, confidence, seed and number of draws."""
    made = partial_auroc(
        LABELS,
        SCORES,
        max_false_positive_rate=0.3,
        patients=PATIENTS,
        draws=100,
        seed=4,
        confidence_level=0.8,
    )
    columns = in_fixed_order(check_columns(LABELS, SCORES, PATIENTS))
    areas = []
    for times in np.concatenate(list(draw_weights(40, draws=100, seed=4, at_once=100))):
        rows = np.repeat(np.arange(240), times[columns.codes].astype(int))
        areas.append(roc_auc_score(columns.labels[rows], columns.scores[rows], max_fpr=0.3))
    limits = percentile_limits(np.array(areas), confidence_level=0.8, units=40)
    assert (made.standardised.lower, made.standardised.upper) == pytest.approx(limits)
    assert (made.raw.confidence_level, made.raw.patients, made.raw.n) == (0.8, 40, 240)
    assert made.raw.events == LABELS.sum()
    assert made.raw.method.startswith(
        "area under the ROC curve for false positive rates from 0 to 0.3; bootstrap over patients"
    )
    assert made.standardised.method == f"{made.raw.method}; standardised (McClish 1989)"


def test_a_thousand_draws_from_seed_0_by_default() -> None:
    """As if they had been asked for."""
    ask = {"max_false_positive_rate": 0.3}
    made = partial_auroc(LABELS[:80], SCORES[:80], **ask)
    assert "1000 draws" in made.raw.method
    assert made == partial_auroc(
        LABELS[:80], SCORES[:80], draws=1000, seed=0, confidence_level=0.95, **ask
    )
    assert made != partial_auroc(LABELS[:80], SCORES[:80], seed=1, **ask)


def test_draws_without_a_class_are_undefined_not_an_error() -> None:
    """A lone positive patient: the value, and how many draws say nothing."""
    made = partial_auroc(
        [1, 0, 0, 0],
        [0.6, 0.7, 0.2, 0.1],
        max_false_positive_rate=0.5,
        patients=list("abcd"),
        draws=100,
    )
    for estimate in (made.raw, made.standardised):
        assert estimate.value is not None
        assert (estimate.lower, estimate.upper) == (None, None)
        assert "draws leave it undefined" in str(estimate.note)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_is_refused_on_both_scales(label: int) -> None:
    """The class that is missing, the rows and the method."""
    made = partial_auroc(
        [label] * 3, [0.1, 0.2, 0.3], max_false_positive_rate=0.1, confidence_level=0.9
    )
    missing = "negative" if label else "positive"
    for estimate in (made.raw, made.standardised):
        assert estimate.not_estimable == f"no {missing} images"
        assert estimate.method.startswith(
            "area under the ROC curve for false positive rates from 0"
        )
        assert (estimate.n, estimate.events, estimate.confidence_level) == (3, 3 * label, 0.9)
    assert made.max_false_positive_rate == 0.1


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        ({"max_false_positive_rate": 0}, r"`max_false_positive_rate` must lie in \(0, 1\]"),
        ({"max_false_positive_rate": 1.01}, r"`max_false_positive_rate` must lie in \(0, 1\]"),
        ({"draws": 99}, "`draws` must be a whole number >= 100, got 99"),
        ({"confidence_level": 1}, "`confidence_level` must lie in"),
        ({"patients": ["a"]}, "`patients` has 1"),
    ],
)
def test_settings_outside_their_range_are_named(ask: dict[str, object], message: str) -> None:
    """The end, the draws, the confidence level and the patients."""
    with pytest.raises(InvalidInputError, match=message):
        partial_auroc(LABELS, SCORES, **({"max_false_positive_rate": 0.2} | ask))  # type: ignore[arg-type]
