"""Two thresholds with a human between them: what they decide, promise and refer."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from prevalens.decisions import (
    PriorShift,
    choose_referral,
    choose_threshold,
    referral_estimates,
)
from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.predictions import Predictions


def drawn(seed: int = 0, patients: int = 240, middle: float = 1.3, each: int = 4) -> Predictions:
    """As many patients of either class, whose logits lie around the middle and minus it."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(patients), each)
    side = np.where(owner % 2, 1, -1)
    logits = side * middle + 0.5 * rng.normal(size=patients)[owner]
    logits = logits + math.sqrt(0.75) * rng.normal(size=owner.size)
    return Predictions(
        labels=(side > 0).astype(int),
        scores=special.expit(logits),
        patients=[f"p{k}" for k in owner],
    )


def by_hand() -> Predictions:
    """Five negatives and five positives, each of another patient."""
    return Predictions(
        labels=[0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
        scores=[0.1, 0.2, 0.3, 0.5, 0.9, 0.2, 0.5, 0.6, 0.8, 0.9],
        patients=[f"p{k}" for k in range(10)],
    )


def test_the_shares_are_those_counted_by_hand() -> None:
    """Below 0.4: three negatives, one positive; from 0.7: one negative, two positives."""
    found = referral_estimates(by_hand(), 0.4, 0.7)
    events = {name: (made.events, made.n) for name, made in found.items()}

    assert events == {
        "sensitivity": (4, 5),
        "specificity": (4, 5),
        "referred": (3, 10),
        "referred_positive": (2, 5),
        "referred_negative": (1, 5),
        "npv": (3, 4),
        "ppv": (2, 3),
    }


def test_the_share_referred_at_a_prevalence_adds_both_classes() -> None:
    """0.1 x 2/5 + 0.9 x 1/5 = 0.22; limits by square-and-add of Wilson's, computed here."""
    made = referral_estimates(by_hand(), 0.4, 0.7, prevalence=0.1)["referred"]
    z = stats.norm.ppf(0.975)

    def wilson(share: float, n: int) -> tuple[float, float]:
        middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
        return middle - half, middle + half

    (low1, high1), (low0, high0) = wilson(0.4, 5), wilson(0.2, 5)
    assert made.value == pytest.approx(0.22)
    assert made.lower == pytest.approx(0.22 - math.hypot(0.1 * (0.4 - low1), 0.9 * (0.2 - low0)))
    assert made.upper == pytest.approx(0.22 + math.hypot(0.1 * (high1 - 0.4), 0.9 * (high0 - 0.2)))


def test_patients_in_both_classes_widen_the_share_where_they_go_together() -> None:
    """Patients whose images of both classes are referred together leave a wider interval."""
    rng = np.random.default_rng(3)
    owner = np.repeat(np.arange(60), 10)
    unsure = (rng.random(60) < 0.4)[owner]
    labels = np.tile([0, 1], 300)
    scores = np.where(unsure, 0.5, np.where(labels, 0.9, 0.1))
    ids = [f"p{k}" for k in owner]
    apart = [f"p{k}-{label}" for k, label in zip(owner, labels, strict=True)]
    together, separate = (
        referral_estimates(
            Predictions(labels=labels, scores=scores, patients=patients), 0.3, 0.7, prevalence=0.5
        )["referred"]
        for patients in (ids, apart)
    )

    assert together.value == pytest.approx(separate.value)
    widths = [made.upper - made.lower for made in (together, separate)]  # type: ignore[operator]
    assert widths[0] > 1.2 * widths[1]


def test_nobody_referred_still_has_an_upper_limit() -> None:
    """A share of 0 is no certainty: the limits of both classes carry over."""
    made = referral_estimates(by_hand(), 0.55, 0.55, prevalence=0.2)["referred"]

    assert (made.value, made.lower) == (0.0, 0.0)
    assert 0.2 < (made.upper or 0) < 0.5


def test_both_thresholds_are_those_of_one_promise_with_half_the_error() -> None:
    """Bonferroni: two promises at 0.95 together are each made with 0.975."""
    held = drawn()
    found = choose_referral(held, sensitivity=0.9, specificity=0.85)
    lower = choose_threshold(held, sensitivity=0.9, confidence=0.975)
    upper = choose_threshold(held, specificity=0.85, confidence=0.975)

    assert found.lower.threshold == lower.threshold < upper.threshold == found.upper.threshold
    assert found.lower.promise == ("sensitivity", 0.9, pytest.approx(0.975))
    assert found.guarantee is not None
    assert "Each is promised with 0.975 (Bonferroni)." in found.guarantee
    assert found.to_dict()["guarantee"] == found.guarantee
    assert found.guarantee in str(found)
    decided = found.predict(held)
    assert set(decided) == {"negative", "refer", "positive"}
    assert (decided[held.labels == 1] != "negative").mean() >= 0.9
    assert (decided[held.labels == 0] != "positive").mean() >= 0.85
    assert (decided == "refer").mean() == found.estimates["referred"].value


def test_both_promises_are_kept_as_often_as_they_say() -> None:
    """Of 200 draws at confidence 0.8 at most a fifth (and 3 s.e.) break one; shares are exact."""
    broken = 0
    for seed in range(200):
        found = choose_referral(drawn(seed), sensitivity=0.85, specificity=0.85, confidence=0.8)
        lower, upper = (special.logit(p.threshold) for p in (found.lower, found.upper))
        # Between and within patients the variance is 0.25 + 0.75.
        kept = stats.norm.sf(lower - 1.3), stats.norm.cdf(upper + 1.3)
        broken += min(kept) < 0.85

    assert broken / 200 <= 0.2 + 3 * math.sqrt(0.2 * 0.8 / 200)


def test_where_one_threshold_promises_both_nobody_is_referred() -> None:
    """Classes far apart: both thresholds are the same point, which keeps both asks."""
    held = drawn(middle=4.0)
    found = choose_referral(held, sensitivity=0.9, specificity=0.9)

    assert found.lower.threshold == found.upper.threshold
    assert "refer" not in found.predict(held)
    assert found.estimates["referred"].value == 0
    assert found.estimates["sensitivity"].value == found.lower.estimates["sensitivity"].value
    assert "moved half way" in found.lower.rule


def test_a_promise_is_checked_at_a_new_site() -> None:
    """Scores of positives that lie lower break the sensitivity, and leave the specificity."""
    found = choose_referral(drawn(), sensitivity=0.85, specificity=0.85)
    new = drawn(seed=1)
    moved = np.where(new.labels == 1, special.expit(special.logit(new.scores) - 2.5), new.scores)

    checks = found.check_promises(new.with_scores(moved))
    assert checks["sensitivity"].verdict == "broken"
    assert checks["specificity"].verdict != "broken"


def test_corrected_thresholds_decide_the_same() -> None:
    """Scores moved along a prior shift fall on the same side of thresholds moved along."""
    held, shift = drawn(), PriorShift(0.5, 0.1)
    found = choose_referral(held, sensitivity=0.9, specificity=0.9)
    moved = held.with_scores(shift.correct(held.scores))

    assert (found.corrected(shift).predict(moved) == found.predict(held)).mean() > 0.999


def test_without_confidence_nothing_is_promised() -> None:
    """The rows meet both asks, and no more is said."""
    found = choose_referral(by_hand(), sensitivity=0.8, specificity=0.8, confidence=None)

    assert (found.lower.threshold, found.guarantee) == (0.5, None)
    assert "Nothing is promised" in str(found)
    with pytest.raises(InvalidInputError, match="promises nothing"):
        found.check_promises(by_hand())


def test_what_cannot_be_promised_says_so_of_both() -> None:
    """Ten patients cannot promise 95 %; the refusal says how the error is shared."""
    with pytest.raises(InvalidInputError, match=r"with 0\.975 each.*needs at least 72"):
        choose_referral(by_hand())
    with pytest.raises(InvalidInputError, match=r"`confidence` must lie in \(0, 1\)"):
        choose_referral(by_hand(), confidence=1.0)


def test_two_thresholds_that_refer_all_are_warned_of() -> None:
    """Scores that say nothing leave everything to the human."""
    rng = np.random.default_rng(0)
    held = Predictions(labels=np.arange(400) % 2, scores=rng.random(400), patients=None)

    with pytest.warns(DataWarning, match="everything to the human"):
        choose_referral(held, sensitivity=0.98, specificity=0.98, confidence=0.5)


def test_wrong_arguments_are_refused() -> None:
    """Several classes, thresholds in the wrong order, a prevalence of 1, one class only."""
    three = Predictions(labels=[0, 1, 2], scores=np.eye(3), patients=None, classes=("a", "b", "c"))
    with pytest.raises(InvalidInputError, match="one_vs_rest"):
        choose_referral(three)
    with pytest.raises(InvalidInputError, match=r"`upper` must lie in \[0\.7, 1\]"):
        referral_estimates(by_hand(), 0.7, 0.4)
    with pytest.raises(InvalidInputError, match="`prevalence`"):
        referral_estimates(by_hand(), 0.4, 0.7, prevalence=1.0)
    positive = by_hand().take(np.arange(5, 10))
    made = referral_estimates(positive, 0.4, 0.7, prevalence=0.1)
    assert made["referred"].not_estimable == "no negative images"
    assert made["npv"].not_estimable is not None


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    sensitivity=st.floats(0.3, 0.95),
    specificity=st.floats(0.3, 0.95),
    prevalence=st.none() | st.floats(0.01, 0.99),
)
def test_these_rows_meet_both_asks_whatever_they_are(
    seed: int, sensitivity: float, specificity: float, prevalence: float | None
) -> None:
    """On the rows it was chosen on; limits hold the value, and shares lie between 0 and 1."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(60) % 3 == 0)
    scores = np.round(np.clip(rng.normal(0.4 + 0.2 * labels, 0.2), 0, 0.99), 2)
    held = Predictions(labels=labels.astype(int), scores=scores, patients=np.arange(60) // 4)
    found = choose_referral(
        held,
        sensitivity=sensitivity,
        specificity=specificity,
        confidence=None,
        prevalence=prevalence,
    )
    ends = found.lower.threshold, found.upper.threshold
    made = referral_estimates(held, *ends, prevalence=prevalence)

    assert ends[0] <= ends[1]
    assert (made["sensitivity"].value or 0) >= sensitivity - 1e-12
    assert (made["specificity"].value or 0) >= specificity - 1e-12
    for estimate in made.values():
        if estimate.lower is not None and estimate.upper is not None:
            assert 0 <= estimate.lower <= (estimate.value or 0) + 1e-12
            assert (estimate.value or 0) <= estimate.upper + 1e-12 <= 1 + 1e-9


def test_rows_of_one_class_give_no_second_threshold() -> None:
    """Also where nothing is promised, the class that is missing is named."""
    rows = Predictions(labels=[1, 1], scores=[0.2, 0.9], patients=None)
    with pytest.raises(InvalidInputError, match="negative"):
        choose_referral(rows, sensitivity=0.9, specificity=0.9, confidence=None)
