"""Tests of net benefit."""

import math

import numpy as np
import pytest
from slow_jackknife import slow_jackknife

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


def test_the_wald_limits_by_hand() -> None:
    """A mean of worths 1 (30 rows), -1/4 (20 rows) and 0."""
    made = net_benefit(LABELS, SCORES, 0.2).model[0]
    mean = 25 / 200
    variance = (30 + 20 / 16 - 200 * mean**2) / 199
    assert made.upper == pytest.approx(mean + 1.959963984540054 * math.sqrt(variance / 200))


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


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("part", ["model", "treat_all", "standardised"])
def test_each_part_of_the_curve_has_the_limits_of_a_slow_jackknife(
    part: str, clustered: bool
) -> None:
    """Over patients and of independent images; confidence, counts, method and design effect."""
    whose = np.random.default_rng(5).integers(0, 25, 200)
    predictions = np.ones(200, dtype=bool) if part == "treat_all" else SCORES >= 0.1
    worth = predictions * np.where(LABELS, 1, -1 / 9)
    below = LABELS if part == "standardised" else np.ones(200)
    slow = slow_jackknife(
        lambda w: float((w * worth).sum() / (w * below).sum()), [np.ones(200, dtype=bool)], whose
    )
    curve = net_benefit(
        LABELS, SCORES, [0.5, 0.1], patients=whose if clustered else None, confidence_level=0.9
    )
    made = getattr(curve, part)[1]
    assert made.value == pytest.approx(slow.value)
    squares = slow.squares * 200 / 199
    if clustered:
        assert (made.lower, made.upper) == pytest.approx(slow.limits(0.9), rel=1e-5)
        assert made.design_effect == pytest.approx(max(slow.error**2 / squares, 1), rel=1e-5)
    else:
        half = 1.6448536269514722 * math.sqrt(squares)
        limits = slow.value - half, slow.value + half
        assert (made.lower, made.upper) == pytest.approx(limits, rel=1e-5)
    words = "net benefit / prevalence (Kerr" if part == "standardised" else "net benefit (Vickers"
    assert made.method.startswith(words)
    assert ("images independent" in made.method) == (not clustered)
    assert (made.n, made.events, made.confidence_level) == (200, 40, 0.9)
    assert curve.thresholds == (0.5, 0.1)
    assert (
        getattr(curve, part)[0]
        == getattr(
            net_benefit(
                LABELS, SCORES, 0.5, patients=whose if clustered else None, confidence_level=0.9
            ),
            part,
        )[0]
    )


def test_a_curve_becomes_plain_values() -> None:
    """Four lists under their names, in the order of the thresholds."""
    curve = net_benefit(LABELS, SCORES, (0.2, 0.1))
    plain = curve.to_dict()
    assert list(plain) == ["thresholds", "model", "treat_all", "standardised"]
    assert plain["thresholds"] == [0.2, 0.1]
    for name in ("model", "treat_all", "standardised"):
        assert plain[name] == [estimate.to_dict() for estimate in getattr(curve, name)]


def test_benefit_never_passes_1() -> None:
    """Of few images that are nearly all positive and found; standardised likewise."""
    curve = net_benefit([1, 1, 1, 1, 0], [0.9] * 5, 0.3, confidence_level=0.999)
    assert curve.model[0].upper == 1.0
    assert curve.standardised[0].upper == 1.0
    assert curve.model[0].lower is not None
    assert curve.model[0].lower < 0


def test_without_positives_the_reason_stands_with_its_method() -> None:
    """Counts, patients and confidence level too."""
    made = net_benefit([0, 0, 0], [0.9, 0.1, 0.2], 0.5, patients=list("aab"), confidence_level=0.9)
    refused = made.standardised[0]
    assert refused.not_estimable == "no positive images"
    assert refused.method == "net benefit / prevalence (Kerr et al. 2016), images independent"
    assert (refused.n, refused.events, refused.patients, refused.confidence_level) == (3, 0, 2, 0.9)


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
