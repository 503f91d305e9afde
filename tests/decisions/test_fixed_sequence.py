"""The limits behind a promise, against closed forms and a plain count."""

import numpy as np
import pytest
from scipy import stats

from prevalens.decisions import fixed_sequence


def test_independent_rows_have_clopper_pearsons_limit() -> None:
    """With one row per patient: beta quantiles at each count, 0.95^(1/n) where none is lost."""
    scores = np.array([0.9, 0.2, 0.4, 0.7])
    found = fixed_sequence.shares_kept(scores, np.arange(4), ask=0.5, confidence=0.9)

    assert found.thresholds.tolist() == [0.2, 0.4, 0.7, 0.9]
    assert found.shares.tolist() == [1, 0.75, 0.5, 0.25]
    assert found.limits[0] == pytest.approx(0.1 ** (1 / 4))
    assert found.limits[1] == pytest.approx(stats.beta.ppf(0.1, 3, 2))


def test_ties_are_one_candidate() -> None:
    """Equal scores stay or fall together."""
    found = fixed_sequence.shares_kept(
        np.array([0.5, 0.5, 0.9]), np.arange(3), ask=0.5, confidence=0.9
    )

    assert found.thresholds.tolist() == [0.5, 0.9]
    assert found.shares.tolist() == pytest.approx([1, 1 / 3])


def test_the_running_sums_equal_a_plain_count() -> None:
    """Design effects by running sums are those of a loop over thresholds and patients."""
    rng = np.random.default_rng(4)
    owner = np.sort(rng.integers(0, 12, 90))
    owner = np.unique(owner, return_inverse=True)[1]
    scores = np.round(rng.random(90) + 0.3 * rng.random(12)[owner], 2)
    sizes = np.bincount(owner).astype(float)
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    shares = (90 - starts) / 90
    expected = []
    for threshold, share in zip(ordered[starts], shares, strict=True):
        kept = np.bincount(owner, weights=scores >= threshold)
        variance = len(sizes) / (len(sizes) - 1) * np.sum((kept - share * sizes) ** 2) / 90**2
        expected.append(variance / (share * (1 - share) / 90) if share < 1 else 1.0)

    found = fixed_sequence._design_effects(owner[order], sizes, starts, shares)

    assert found == pytest.approx(np.array(expected))


def test_alike_rows_count_as_one() -> None:
    """Patients whose rows are all alike get the limit of their number, not of their rows."""
    scores = np.repeat(np.arange(1, 41) / 50, 25)
    clustered = fixed_sequence.shares_kept(
        scores, np.repeat(np.arange(40), 25), ask=0.8, confidence=0.95
    )
    single = fixed_sequence.shares_kept(
        np.arange(1, 41) / 50, np.arange(40), ask=0.8, confidence=0.95
    )

    assert clustered.effective_units == pytest.approx(40)
    assert clustered.limits[0] == pytest.approx(single.limits[0])
    assert (clustered.limits <= single.limits + 1e-12).all()


@pytest.mark.parametrize(
    ("ask", "confidence", "needed"), [(0.95, 0.95, 59), (0.9, 0.95, 29), (0.99, 0.95, 299)]
)
def test_the_rule_of_three_counts_patients(ask: float, confidence: float, needed: int) -> None:
    """Wilks' numbers: 59, 29 and 299 without a miss promise 95 %, 90 % and 99 %."""
    assert fixed_sequence.patients_needed(ask, confidence) == needed


def test_the_walk_ends_at_the_first_failure() -> None:
    """A limit that recovers later does not count: the sequence has stopped."""
    sequence = fixed_sequence.Sequence(
        np.array([0.1, 0.2, 0.3]), np.ones(3), np.array([0.97, 0.94, 0.96]), 3.0
    )

    assert sequence.last_kept(0.95) == 0
    assert sequence.last_kept(0.9) == 2
    assert sequence.last_kept(0.99) == -1


@pytest.mark.parametrize(("patients", "confidence"), [(2, 0.9), (15, 0.95), (15, 0.2)])
def test_limits_inside_patients_by_a_plain_count(patients: int, confidence: float) -> None:
    """Korn and Graubard's limit from a loop: rows over the largest effect among few misses."""
    rng = np.random.default_rng(patients)
    owner = np.repeat(np.arange(patients), 6)
    scores = rng.permutation(6 * patients) / (4 * patients) + rng.random(patients)[owner]
    ask, n = 0.95, 6 * patients
    effects, shares = [], []
    for threshold in np.sort(scores):
        share = np.mean(scores >= threshold)
        kept = np.bincount(owner, weights=scores >= threshold)
        variance = patients / (patients - 1) * np.sum((kept - share * 6) ** 2) / n**2
        shares.append(share)
        effects.append(variance / (share * (1 - share) / n) if share < 1 else 0.0)
    few = [effect for effect, share in zip(effects, shares, strict=True) if 0.85 <= share < 1]
    t = stats.norm.ppf(confidence) / stats.t.ppf(confidence, patients - 1)
    worth = n / max(1.0, *few) * t**2
    expected = [stats.beta.ppf(1 - confidence, worth * p, worth * (1 - p) + 1) for p in shares]

    found = fixed_sequence._bounded(scores, owner, ask=ask, confidence=confidence)

    assert max(effects) > max(few) > 1  # clustering is worse where many are missed
    assert found.limits[1:] == pytest.approx(expected[1:], rel=1e-9)
    assert found.limits[0] == pytest.approx((1 - confidence) ** (1 / patients))
    assert found.effective_units == pytest.approx(patients)


def test_where_no_miss_may_be_looked_at_rows_count_as_rows() -> None:
    """At 99 % of twenty rows no threshold with a miss is looked at: no effect is seen."""
    low = np.arange(1, 11) / 100
    scores, owner = np.append(low, low + 0.5), np.tile(np.arange(10), 2)
    found = fixed_sequence._bounded(scores, owner, ask=0.99, confidence=0.95)
    worth = 20 * (stats.norm.ppf(0.95) / stats.t.ppf(0.95, 9)) ** 2

    assert found.limits[1] == pytest.approx(stats.beta.ppf(0.05, worth * 0.95, worth * 0.05 + 1))


def test_a_confidence_of_one_half_is_between_its_neighbours() -> None:
    """Both quantiles are 0 there; the limits are continuous all the same."""
    rng = np.random.default_rng(0)
    scores, owner = rng.random(40), np.arange(40) // 4
    below, half, above = (
        fixed_sequence.shares_kept(scores, owner, ask=0.9, confidence=confidence).limits
        for confidence in (0.499, 0.5, 0.501)
    )
    assert (above < half).all()
    assert (half < below).all()


def test_a_limit_that_just_meets_the_ask_is_kept() -> None:
    """At least means at least."""
    sequence = fixed_sequence.Sequence(np.array([0.1, 0.2]), np.ones(2), np.full(2, 0.95), 2.0)
    assert sequence.last_kept(0.95) == 1


def test_half_a_patient_more_is_missed_where_patients_have_several_rows() -> None:
    """Ten patients of six rows: the limits are those with three more rows below all thresholds."""
    rng = np.random.default_rng(3)
    owner = np.repeat(np.arange(10), 6)
    scores = rng.permutation(60) / 60
    found = fixed_sequence.shares_kept(scores, owner, ask=0.8, confidence=0.9)
    alone = fixed_sequence._bounded(scores, owner, ask=0.8, confidence=0.9)
    added = fixed_sequence._bounded(
        np.append(scores, [-1.0] * 3), np.append(owner, [10] * 3), ask=0.8, confidence=0.9
    )

    assert found.shares.tolist() == alone.shares.tolist()
    assert found.limits[0] == alone.limits[0]
    assert found.limits[1:] == pytest.approx(np.minimum(alone.limits, added.limits[1:])[1:])
    assert (found.limits[1:] < alone.limits[1:]).all()
