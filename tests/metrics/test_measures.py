"""Tests of every estimate in closed form."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats
from slow_jackknife import (
    FISHER,
    LOG,
    LOGIT,
    Scale,
    Slow,
    WeightedEstimate,
    slopes,
    slow_jackknife,
    weighted_auroc,
    weighted_average_precision,
)
from strategies import ScoredRows, scored_rows

from prevalens.metrics.estimate import Estimate
from prevalens.metrics.inputs import Columns
from prevalens.metrics.registry import all_measures, estimate_of
from prevalens.metrics.settings import Settings

DRAWN = {
    "expected_calibration_error",
    "integrated_calibration_index",
    "calibration_e50",
    "calibration_e90",
}


@settings(deadline=None, max_examples=80)
@given(scored_rows(least=1, tenths=(0, 10), patients=5))
def test_no_input_gives_nan_or_unordered_limits(given_rows: ScoredRows) -> None:
    """One class, constant scores, separation, few patients: a finite value or a reason."""
    labels, tenths, patients = (np.array(column) for column in zip(*given_rows, strict=True))
    codes = np.unique(patients, return_inverse=True)[1]
    for ids in (None, codes):
        columns = Columns(labels, tenths / 10, ids)
        for measure in all_measures():
            name, estimate = measure.key, measure.compute(columns, Settings(0.5, 0.95, 100))
            if estimate.value is None:
                assert estimate.not_estimable or estimate.infinite, name
                continue
            assert np.isfinite(estimate.value), name
            assert (estimate.lower is None) == (estimate.upper is None), name
            if estimate.lower is None or estimate.upper is None:
                assert "No interval" in str(estimate.note), name
                continue
            assert estimate.lower <= estimate.value <= estimate.upper, name
            assert np.isfinite([estimate.lower, estimate.upper]).all(), name


@settings(deadline=None, max_examples=25)
@given(scored_rows(least=1, tenths=(0, 10), patients=5))
def test_patients_with_one_image_each_change_nothing(
    given_rows: ScoredRows,
) -> None:
    """Every estimate that draws nothing equals its classical form to the last digit."""
    labels, tenths, _ = (np.array(column) for column in zip(*given_rows, strict=True))
    alone, single = (
        {
            measure.key: measure.compute(
                Columns(labels, tenths / 10, codes), Settings(0.5, 0.95, 100)
            )
            for measure in all_measures()
            if measure.key not in DRAWN
        }
        for codes in (None, np.arange(labels.size))
    )
    for name, estimate in alone.items():
        made = single[name]
        assert (estimate.value, estimate.lower, estimate.upper) == (
            made.value,
            made.lower,
            made.upper,
        )


RNG = np.random.default_rng(41)
PATIENTS = np.repeat(np.arange(24), RNG.integers(2, 6, 24))
N = PATIENTS.size
LABELS = RNG.random(N) < RNG.beta(1, 1, 24)[PATIENTS]
SHIFT = RNG.normal(0, 0.2, 24)[PATIENTS]
SCORES = np.clip(np.round(0.25 + 0.25 * LABELS + SHIFT + 0.35 * RNG.random(N), 2), 0.03, 0.97)
PREDICTED = SCORES >= 0.5
EVERY = np.ones(N, dtype=bool)
BOTH = [LABELS, ~LABELS]


def share(of: np.ndarray, hits: np.ndarray) -> WeightedEstimate:
    """Make a weighted share of hits among rows."""
    return lambda w: float(w[of & hits].sum() / w[of].sum())


def counted(estimate: Callable[..., float]) -> WeightedEstimate:
    """Make a weighted estimate of the four counts."""
    matrix = (LABELS & PREDICTED, LABELS & ~PREDICTED, ~LABELS & PREDICTED, ~LABELS & ~PREDICTED)
    return lambda w: float(estimate(*(w[cell].sum() for cell in matrix)))


def mean(values: np.ndarray) -> WeightedEstimate:
    """Make a weighted mean."""
    return lambda w: float((w * values).sum() / w.sum())


def correlation(tp: float, fn: float, fp: float, tn: float) -> float:
    """Compute Pearson's correlation of labels and predictions."""
    n, positive, called = tp + fn + fp + tn, tp + fn, tp + fp
    covariance = tp / n - positive / n * called / n
    return covariance / math.sqrt(positive * (n - positive) * called * (n - called)) * n**2


def agreement(tp: float, fn: float, fp: float, tn: float) -> float:
    """Compute Cohen's kappa by its definition: agreement beyond chance."""
    n = tp + fn + fp + tn
    chance = ((tp + fn) * (tp + fp) + (fp + tn) * (fn + tn)) / n**2
    return ((tp + tn) / n - chance) / (1 - chance)


WHAT_HAPPENED = np.where(LABELS, SCORES, 1 - SCORES)
# Name: the weighted estimate, the kinds of rows, and its scale.
SLOWLY: dict[str, tuple[WeightedEstimate, list[np.ndarray], Scale]] = {
    "lr_positive": (counted(lambda a, b, c, d: a / (a + b) / (c / (c + d))), BOTH, LOG),
    "lr_negative": (counted(lambda a, b, c, d: b / (a + b) / (d / (c + d))), BOTH, LOG),
    "dor": (counted(lambda a, b, c, d: a * d / (b * c)), BOTH, LOG),
    "mcc": (counted(correlation), BOTH, FISHER),
    "kappa": (counted(agreement), BOTH, FISHER),
    "auroc": (lambda w: weighted_auroc(LABELS, SCORES, w), BOTH, LOGIT),
    "average_precision": (lambda w: weighted_average_precision(LABELS, SCORES, w), BOTH, LOGIT),
    "brier": (mean((LABELS - SCORES) ** 2), [EVERY], LOGIT),
    "log_loss": (mean(-np.log(WHAT_HAPPENED)), [EVERY], LOG),
}


def estimates_over(patients: np.ndarray | None) -> dict[str, Estimate]:
    """Compute every estimate of the rows above at a confidence level of .9."""
    columns, settings = Columns(LABELS, SCORES, patients), Settings(0.5, 0.9)
    return {name: estimate_of(name, columns, settings) for name in RESTS_ON | SLOWLY}


def with_the_unseen(slow: Slow) -> tuple[Slow, float]:
    """Return a ranking whose unseen share was added, and how far its limits bend."""
    seen = min(slow.value, 1 - slow.value) ** 2 / slow.error**2
    sizes = [np.unique(PATIENTS[rows], return_counts=True)[1] for rows in (LABELS, ~LABELS)]
    units = min(float(n.sum()) ** 2 / float(np.square(n).sum()) for n in sizes)
    unseen, whole = math.exp(-seen), slow.value * (1 - slow.value) / units
    error = math.sqrt((1 - unseen) * slow.error**2 + unseen * whole)
    df = (1 - unseen) * slow.df + unseen * (units - 1)
    return replace(slow, error=error, df=df), math.exp(-((seen / 3) ** 2))


def bent_limits(slow: Slow, bend: float, level: float, scale: Scale) -> tuple[float, float]:
    """Return logit limits whose reach is bent towards that of score limits."""
    value, there, back = slow.value, *scale
    half = stats.t.ppf((1 + level) / 2, slow.df) * slow.error / (value * (1 - value))
    half = 2 * math.asinh(bend * half / 2) / bend
    return back(there(value) - half), back(there(value) + half)


@pytest.mark.parametrize("name", sorted(SLOWLY))
def test_limits_over_patients_are_those_of_a_slow_jackknife(name: str) -> None:
    """Value, limits, design effect and effective number, without a formula of the slopes."""
    estimate, kinds, scale = SLOWLY[name]
    slow, made = slow_jackknife(estimate, kinds, PATIENTS), estimates_over(PATIENTS)[name]
    n = int(np.any(kinds, axis=0).sum())
    assert made.value == pytest.approx(slow.value)
    if len(kinds) == 1 and name not in {"brier", "log_loss"}:
        # A share is never surer than one of independent images.
        slow = replace(slow, error=max(slow.error, math.sqrt(slow.squares)))
    told = slow.skewed_limits if name in {"brier", "log_loss"} else slow.limits
    if name in {"auroc", "average_precision"}:
        slow, bend = with_the_unseen(slow)
        told = partial(bent_limits, slow, bend)
    assert (made.lower, made.upper) == pytest.approx(told(0.9, scale), rel=1e-5)
    # What independent images would give: a mean's variance has n - 1 below, a share's has n.
    factor = {"brier": n / (n - 1), "log_loss": n / (n - 1)}.get(name, 1.0)
    if name == "auroc":
        influence_values = slopes(estimate, N)
        squares = sum(
            (influence_values[kind] ** 2).sum() * kind.sum() / (kind.sum() - 1) for kind in kinds
        )
    else:
        squares = slow.squares * factor
    effect = max(slow.error**2 / squares, 1)
    assert made.design_effect == pytest.approx(effect, rel=1e-5)
    assert made.effective_n == pytest.approx(made.n / effect, rel=1e-5)
    assert (made.confidence_level, made.not_estimable) == (0.9, None)


HITS = LABELS & PREDICTED
# Name: its rows, its events among them; words of its method alone, and over patients.
RESTS_ON: dict[str, tuple[np.ndarray, np.ndarray, str, str]] = {
    "sensitivity": (LABELS, PREDICTED, "Wilson score interval", "Wilson interval over patients"),
    "specificity": (~LABELS, ~PREDICTED, "Wilson score interval", "Wilson interval over patients"),
    "ppv": (PREDICTED, LABELS, "Wilson score interval", "Wilson interval over patients"),
    "npv": (~PREDICTED, ~LABELS, "Wilson score interval", "Wilson interval over patients"),
    "accuracy": (
        EVERY,
        LABELS == PREDICTED,
        "Wilson score interval",
        "Wilson interval over patients",
    ),
    "prevalence": (EVERY, LABELS, "Wilson score interval", "Wilson interval over patients"),
    "lr_positive": (EVERY, LABELS, "(Simel, Samsa & Matchar 1991)", "log method with the delete"),
    "lr_negative": (EVERY, LABELS, "(Simel, Samsa & Matchar 1991)", "log method with the delete"),
    "dor": (EVERY, LABELS, "(Woolf 1955)", "log method with the delete"),
    "balanced_accuracy": (EVERY, LABELS, "(Newcombe 1998, method 10)", "(Zou & Donner 2008)"),
    "youden": (EVERY, LABELS, "(Newcombe 1998, method 10)", "(Zou & Donner 2008)"),
    "f1": (
        EVERY,
        LABELS,
        "from tp / (tp + fp + fn): Wilson score",
        "from tp / (tp + fp + fn): Wilson interval over patients",
    ),
    "mcc": (EVERY, LABELS, "counts, on Fisher's z scale, images", "delta method, on Fisher's z"),
    "kappa": (EVERY, LABELS, "2x2 counts, images independent", "delta method, on Fisher's z"),
    "auroc": (EVERY, LABELS, "images independent, delete-one-image", "values summed over patients"),
    "average_precision": (EVERY, LABELS, "delete-one-image jackknife", "jackknife over patients"),
    "brier": (EVERY, LABELS, "logit scale, images independent", "logit scale, delete-one-patient"),
    "log_loss": (EVERY, LABELS, "log scale, images independent", "log scale, delete-one-patient"),
    "calibration_intercept": (EVERY, LABELS, "Wald interval, images", "1958), delete-one-patient"),
    "calibration_slope": (EVERY, LABELS, "Wald interval, images", "1958), delete-one-patient"),
}


@pytest.mark.parametrize("name", list(RESTS_ON))
def test_each_estimate_states_its_rows_and_its_method(name: str) -> None:
    """N, events and patients by hand count; independent images state another method."""
    of, hits, alone, over = RESTS_ON[name]
    for made, words, patients in (
        (estimates_over(None)[name], alone, None),
        (estimates_over(PATIENTS)[name], over, np.unique(PATIENTS[of]).size),
    ):
        assert (made.n, made.events) == (of.sum(), (of & hits).sum())
        assert made.patients == patients
        assert words in made.method
        assert made.unit == "image"
        bare = patients is None or name in {"youden", "balanced_accuracy"}
        assert (made.design_effect is None) == bare


@pytest.mark.parametrize("name", list(RESTS_ON))
def test_a_note_tells_of_few_patients(name: str) -> None:
    """Nineteen of them earn one beside each estimate with limits; twenty do not."""
    for k in (19, 20):
        rows = k > PATIENTS
        columns = Columns(LABELS[rows], SCORES[rows], PATIENTS[rows])
        made = estimate_of(name, columns, Settings(0.5, 0.9))
        assert made.lower is not None
        of = (LABELS | PREDICTED if name == "f1" else RESTS_ON[name][0]) & rows
        sizes = np.bincount(PATIENTS[of])
        assert ("Few patients" in str(made.note)) == (sizes.sum() ** 2 / (sizes @ sizes) < 20)


def test_youden_over_patients_adds_the_arms_with_their_correlation() -> None:
    """Zou and Donner: the square root of a^2 + b^2 + 2 r a b, r from the patients' residuals."""
    over = estimates_over(PATIENTS)
    one, two = over["sensitivity"], over["specificity"]
    errors = np.array(
        [
            [
                (rows & (p == PATIENTS) & hits).sum() - value * (rows & (p == PATIENTS)).sum()
                for rows, hits, value in (
                    (LABELS, PREDICTED, one.value),
                    (~LABELS, ~PREDICTED, two.value),
                )
            ]
            for p in range(24)
        ]
    )
    r = (errors[:, 0] @ errors[:, 1]) / math.sqrt(np.prod((errors**2).sum(axis=0)))
    assert abs(r) > 0.05
    made = over["youden"]
    assert made.value == pytest.approx(one.value + two.value - 1)  # type: ignore[operator]
    for limit, sign in (("lower", -1), ("upper", 1)):
        a, b = (abs(getattr(arm, limit) - arm.value) for arm in (one, two))
        reach = math.sqrt(a**2 + b**2 + 2 * r * a * b)
        assert getattr(made, limit) == pytest.approx(made.value + sign * reach)  # type: ignore[operator]
        halved = (getattr(made, limit) + 1) / 2
        assert getattr(over["balanced_accuracy"], limit) == pytest.approx(halved)
