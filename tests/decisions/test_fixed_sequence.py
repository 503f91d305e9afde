"""The limits that a promise rests on, against closed forms and a plain count."""

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
