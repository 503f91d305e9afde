"""Tests of PPV and NPV at a stated prevalence."""

import math

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import lr_negative, lr_positive, predictive_values

Z = 1.959963984540054


def table(tp: int, fn: int, fp: int, tn: int) -> tuple[np.ndarray, np.ndarray]:
    """Make labels and predictions with the given counts."""
    return np.repeat([1, 1, 0, 0], [tp, fn, fp, tn]), np.repeat([1, 0, 1, 0], [tp, fn, fp, tn])


def test_values_and_limits_follow_mercaldo() -> None:
    """logit(PPV) has variance (1 - se)/(se n1) + sp/((1 - sp) n0), written out."""
    made = predictive_values(*table(80, 20, 30, 270), prevalence=0.03)
    se, sp = 0.8, 0.9
    ppv = se * 0.03 / (se * 0.03 + (1 - sp) * 0.97)
    error = math.sqrt((1 - se) / (se * 100) + sp / ((1 - sp) * 300))
    lower = 1 / (1 + math.exp(-(math.log(ppv / (1 - ppv)) - Z * error)))
    assert (made.ppv.value, made.ppv.lower) == pytest.approx((ppv, lower), rel=1e-10)
    npv = sp * 0.97 / (sp * 0.97 + (1 - se) * 0.03)
    error = math.sqrt(se / ((1 - se) * 100) + (1 - sp) / (sp * 300))
    upper = 1 / (1 + math.exp(-(math.log(npv / (1 - npv)) + Z * error)))
    assert (made.npv.value, made.npv.upper) == pytest.approx((npv, upper), rel=1e-10)


def test_at_the_prevalence_of_the_rows_they_are_the_observed_ones() -> None:
    """80 of 110 positive predictions are right."""
    made = predictive_values(*table(80, 20, 30, 270), prevalence=0.25)
    assert made.ppv.value == pytest.approx(80 / 110)
    assert made.npv.value == pytest.approx(270 / 290)


def test_no_wrong_calls_give_one_with_a_lower_limit() -> None:
    """No false positives: PPV 1 at any prevalence, and a lower limit that falls with it."""
    often, rarely = (
        predictive_values(*table(40, 10, 0, 150), prevalence=p).ppv for p in (0.3, 0.01)
    )
    assert (often.value, often.upper, rarely.value) == (1, 1, 1)
    assert 0 < rarely.lower < often.lower < 1  # type: ignore[operator]


@pytest.mark.parametrize(
    ("counts", "reason"),
    [((0, 5, 0, 5), "no positive predictions"), ((0, 0, 3, 5), "no positive images")],
)
def test_what_is_missing_is_named(counts: tuple[int, int, int, int], reason: str) -> None:
    """No predictions of the kind, or no images of the class."""
    assert predictive_values(*table(*counts), prevalence=0.1).ppv.not_estimable == reason


def test_patients_widen_the_limits() -> None:
    """Images that go together say less, at every prevalence."""
    labels, predictions = table(80, 20, 30, 270)
    patients = np.arange(400) // 10
    alone = predictive_values(labels, predictions, prevalence=0.1).ppv
    over = predictive_values(labels, predictions, prevalence=0.1, patients=patients).ppv
    assert alone.value == over.value
    assert over.lower < alone.lower  # type: ignore[operator]


def test_a_prevalence_of_0_or_1_is_refused() -> None:
    """Nothing is left to predict."""
    with pytest.raises(InvalidInputError, match="`prevalence`"):
        predictive_values(*table(8, 2, 3, 7), prevalence=0)


def test_as_many_wrong_as_right_calls_are_calls() -> None:
    """5 right and 5 wrong of either kind at a prevalence of one half: one half, by its method."""
    made = predictive_values(*table(5, 5, 5, 5), prevalence=0.5)
    assert (made.ppv.value, made.npv.value) == (0.5, 0.5)
    for estimate in (made.ppv, made.npv):
        assert "Mercaldo" in estimate.method
    with pytest.raises(InvalidInputError, match=r"`prevalence` must lie in \(0, 1\)"):
        predictive_values(*table(8, 2, 3, 7), prevalence=1)


@pytest.mark.parametrize(
    ("counts", "ppv", "npv"),
    [
        ((0, 0, 3, 5), "no positive images", "no positive images"),
        ((3, 5, 0, 0), "no negative images", "no negative images"),
        ((0, 5, 0, 5), "no positive predictions", None),
        ((5, 0, 5, 0), None, "no negative predictions"),
    ],
)
def test_each_side_names_what_it_lacks(
    counts: tuple[int, int, int, int], ppv: str | None, npv: str | None
) -> None:
    """Images of either class for both, predictions of its kind for each; rows and method stay."""
    made = predictive_values(*table(*counts), prevalence=0.1, confidence_level=0.9)
    for estimate, reason in ((made.ppv, ppv), (made.npv, npv)):
        assert estimate.not_estimable == reason
        assert estimate.method.startswith(
            "Bayes at the stated prevalence, logit interval (Mercaldo"
        )
        assert (estimate.n, estimate.events) == (sum(counts), counts[0] + counts[1])
        assert estimate.confidence_level == 0.9
        if reason:
            assert "likelihood ratio, turned into a predictive value" in estimate.method
    assert made.prevalence == 0.1


@pytest.mark.parametrize("clustered", [False, True])
def test_limits_are_those_of_the_likelihood_ratios(clustered: bool) -> None:
    """Odds of the prevalence times LR+, and times 1 / LR-, both ways; patients, confidence."""
    labels, predictions = table(80, 20, 30, 270)
    ask = {"patients": np.arange(400) % 40 if clustered else None, "confidence_level": 0.8}
    made = predictive_values(labels, predictions, prevalence=0.03, **ask)  # type: ignore[arg-type]
    plus, minus = (f(labels, predictions, **ask) for f in (lr_positive, lr_negative))  # type: ignore[operator]
    odds = 0.03 / 0.97
    for estimate, pairs in (
        (made.ppv, [("lower", plus.lower), ("value", plus.value), ("upper", plus.upper)]),
        (
            made.npv,
            [("lower", 1 / minus.upper), ("value", 1 / minus.value), ("upper", 1 / minus.lower)],
        ),
    ):
        here = odds if estimate is made.ppv else 1 / odds
        for name, ratio in pairs:
            expected = here * ratio / (1 + here * ratio)
            assert getattr(estimate, name) == pytest.approx(expected), name
        assert estimate.patients == (40 if clustered else None)
        assert ("jackknife" in estimate.method) == clustered


def test_no_wrong_calls_by_hand() -> None:
    """The inverse ratio is 0 with an upper limit, which turns into a lower one."""
    labels, predictions = table(40, 0, 0, 150)
    made = predictive_values(labels, predictions, prevalence=0.3)
    # LR- is 0: its upper limit, of Donner and Zou; NPV = 1 / (1 + odds x LR-).
    upper = lr_negative(labels, predictions).upper
    assert (made.npv.value, made.npv.upper) == (1, 1)
    assert made.npv.lower == pytest.approx(1 / (1 + 3 / 7 * upper))  # type: ignore[operator]
    # The inverse of LR+ is that of the labels and predictions turned round.
    turned = lr_negative(1 - labels, 1 - predictions).upper
    assert made.ppv.lower == pytest.approx(1 / (1 + 7 / 3 * turned))  # type: ignore[operator]
    assert "one-sided" in made.ppv.method


def test_no_right_calls_give_0_with_an_upper_limit() -> None:
    """No true positives among positive predictions: PPV 0, NPV without true negatives 0."""
    made = predictive_values(*table(0, 40, 5, 50), prevalence=0.3)
    assert (made.ppv.value, made.ppv.lower) == (0, 0)
    assert 0 < made.ppv.upper < 1  # type: ignore[operator]
    made = predictive_values(*table(40, 5, 50, 0), prevalence=0.3)
    assert (made.npv.value, made.npv.lower) == (0, 0)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        ({"prevalence": 0}, r"`prevalence` must lie in \(0, 1\), got 0"),
        ({"prevalence": 1}, r"`prevalence` must lie in \(0, 1\), got 1"),
        ({"confidence_level": 1}, "`confidence_level` must lie in"),
        ({"patients": ["a"]}, "`patients` has 1"),
        ({"predictions": [0, 2, 1]}, "`predictions` must be 0 or 1"),
    ],
)
def test_what_breaks_its_rule_is_named(ask: dict[str, object], message: str) -> None:
    """Prevalence, confidence level, patients and predictions."""
    given = {"labels": [1, 0, 1], "predictions": [1, 0, 0], "prevalence": 0.5} | ask
    with pytest.raises(InvalidInputError, match=message):
        predictive_values(**given)  # type: ignore[arg-type]
