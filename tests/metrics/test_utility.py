"""Tests of net benefit."""

import math

import numpy as np
import pytest
from scipy import special
from slow_jackknife import student_of_mean

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import net_benefit

LABELS = np.repeat([1, 1, 0, 0], [30, 10, 20, 140])
SCORES = np.repeat([0.6, 0.1, 0.5, 0.05], [30, 10, 20, 140])


def test_net_benefit_follows_vickers_and_elkin() -> None:
    """(30 - 20 x 1/4) / 200 at 20 %; treat all (40 - 160 / 4) / 200; over 20 % prevalence."""
    curve = net_benefit(LABELS, SCORES, [0.2, 0.0])
    assert curve.model[0].value == pytest.approx(25 / 200)
    assert curve.treat_all[0].value == pytest.approx(0, abs=1e-15)
    assert curve.standardised[0].value == pytest.approx(25 / 40)
    assert curve.model[1].value == curve.treat_all[1].value == pytest.approx(0.2)
    # At 50 % the twenty scores of exactly 0.5 are predictions, and false ones.
    assert net_benefit(LABELS, SCORES, 0.5).model[0].value == pytest.approx((30 - 20) / 200)


def test_standardised_limits_are_those_of_a_ratio() -> None:
    """Leaving out one patient at a time gives the jackknife of benefit over prevalence."""
    rng = np.random.default_rng(5)
    patients = rng.integers(0, 12, 200)
    made = net_benefit(LABELS, SCORES, 0.2, patients=patients).standardised[0]
    worth = (SCORES >= 0.2) * np.where(LABELS, 1, -0.25)
    left = [worth[patients != p].sum() / LABELS[patients != p].sum() for p in range(12)]
    error = math.sqrt(np.square(np.array(left) - 25 / 40).sum())
    assert made.lower is not None
    assert made.upper is not None
    half = (made.upper - made.lower) / 2
    assert half / error == pytest.approx(2.3, rel=0.25)  # t on about 9, linearised


def test_limits_over_patients_hold_the_value_and_singletons_change_nothing() -> None:
    """At every threshold of a curve."""
    patients = np.arange(200) // 8
    curve = net_benefit(LABELS, SCORES, np.linspace(0.01, 0.7, 8).tolist(), patients=patients)
    for estimates in (curve.model, curve.standardised):
        for made in estimates:
            if made.lower is not None:
                assert made.lower <= made.value <= made.upper <= 1  # type: ignore[operator]
    alone, single = (net_benefit(LABELS, SCORES, 0.3, patients=p) for p in (None, np.arange(200)))
    assert alone.model[0].lower == single.model[0].lower
    assert len(curve.to_dict()["model"]) == 8


def test_no_positives_leave_the_standardised_one_without_value() -> None:
    """Net benefit itself is what false positives cost."""
    curve = net_benefit([0, 0, 0, 0], [0.9, 0.1, 0.1, 0.1], 0.5)
    assert curve.model[0].value == pytest.approx(-0.25)
    assert curve.standardised[0].not_estimable == "no positive images"
    assert net_benefit([0, 0], [0.1, 0.1], 0.5).model[0].lower is None


def test_a_threshold_of_1_is_refused() -> None:
    """Its odds are infinite."""
    with pytest.raises(InvalidInputError, match=r"`threshold` must lie in \[0, 1\)"):
        net_benefit(LABELS, SCORES, 1)


def test_a_curve_becomes_plain_values() -> None:
    """Five lists under their names, in the order of the thresholds."""
    curve = net_benefit(LABELS, SCORES, (0.2, 0.1))
    plain = curve.to_dict()
    curves = ["model", "treat_all", "standardised", "over_treat_all"]
    assert list(plain) == ["thresholds", *curves]
    assert plain["thresholds"] == [0.2, 0.1]
    for name in ("model", "treat_all", "standardised"):
        assert plain[name] == [estimate.to_dict() for estimate in getattr(curve, name)]


@pytest.mark.parametrize(
    ("thresholds", "ask", "message"),
    [
        (-0.1, {}, r"`threshold` must lie in \[0, 1\), got -0.1"),
        ([0.2, 1.0], {}, r"`threshold` must lie in \[0, 1\), got 1.0"),
        (0.2, {"confidence_level": 1}, "`confidence_level` must lie in"),
        (0.2, {"patients": ["a"]}, "`patients` has 1"),
    ],
)
def test_what_breaks_its_rule_is_named(
    thresholds: object, ask: dict[str, object], message: str
) -> None:
    """Each threshold, the confidence level and the patients."""
    with pytest.raises(InvalidInputError, match=message):
        net_benefit(LABELS, SCORES, thresholds, **ask)  # type: ignore[arg-type]


def test_limits_are_on_the_logit_of_the_range_by_hand() -> None:
    """Worths 1, 0, -1/3 and 0 at 1/4: a mean of 1/6 between -1/3 and 1."""
    made = net_benefit([1, 1, 0, 0], [0.9, 0.1, 0.6, 0.2], 0.25).model[0]
    worths = np.array([1, 0, -1 / 3, 0])
    share = (1 / 6 + 1 / 3) / (4 / 3)
    half = student_of_mean(worths, 0.95) * worths.std(ddof=1) / 2 / (4 / 3)
    reach = half / (share * (1 - share))
    limits = special.expit(special.logit(share) + np.array([-reach, reach])) * 4 / 3 - 1 / 3
    assert made.value == pytest.approx(1 / 6)
    assert (made.lower, made.upper) == pytest.approx(tuple(limits))


@pytest.mark.parametrize("threshold", [0.05, 0.1, 0.5, 0.9])
def test_limits_stay_in_the_range(threshold: float) -> None:
    """From minus the odds of the threshold to 1, standardised by the prevalence, few patients."""
    rng = np.random.default_rng(1)
    patients = np.repeat(np.arange(8), 25)
    labels = rng.random(200) < rng.beta(0.6, 2, 8)[patients]
    curve = net_benefit(labels, rng.random(200), threshold, patients=patients)
    odds = threshold / (1 - threshold)
    for made, least in (
        (curve.model[0], -odds),
        (curve.treat_all[0], -odds),
        (curve.standardised[0], -odds / labels.mean()),
    ):
        assert least <= made.lower <= made.value <= made.upper <= 1


@pytest.mark.parametrize("prevalence", [None, 0.05])
def test_the_gain_over_treating_all_is_the_difference_and_stays_in_its_range(
    prevalence: float | None,
) -> None:
    """Spared negatives at the odds, less missed positives: by hand (140 x 1/4 - 10) / 200."""
    patients = np.arange(200) // 4
    curve = net_benefit(LABELS, SCORES, [0.2, 0.4], patients=patients, prevalence=prevalence)
    for risk, model, everyone, over in zip(
        curve.thresholds, curve.model, curve.treat_all, curve.over_treat_all, strict=True
    ):
        assert over.value == pytest.approx(model.value - everyone.value)  # type: ignore[operator]
        assert -1 < over.lower < over.value < over.upper < risk / (1 - risk)  # type: ignore[operator]
    if prevalence is None:
        assert curve.over_treat_all[0].value == pytest.approx((140 / 4 - 10) / 200)


def test_the_gain_has_the_limits_of_its_mean_on_the_logit_scale_of_its_range() -> None:
    """Independent images, not skewed much: (gain + 1) / (odds + 1) through the logit."""
    made = net_benefit(LABELS, SCORES, 0.2).over_treat_all[0]
    gain = np.where(SCORES < 0.2, np.where(LABELS == 1, -1.0, 0.25), 0.0)
    share, width = (gain.mean() + 1) / 1.25, 1.25
    error = gain.std(ddof=1) / math.sqrt(200) / width / (share * (1 - share))
    lower = -1 + width * special.expit(special.logit(share) - 1.97 * error)
    assert made.lower == pytest.approx(lower, abs=0.004)


def test_where_all_are_predicted_positive_nothing_is_gained() -> None:
    """A gain of 0 that no image moves has no interval."""
    made = net_benefit(LABELS, SCORES, 0.0).over_treat_all[0]
    assert (made.value, made.lower) == (0, None)
