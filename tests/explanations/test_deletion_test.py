"""The deletion test tells a map of what matters from one of what does not."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.explanations import compute_deletion_test

pytestmark = pytest.mark.keras


def corner(images: np.ndarray) -> np.ndarray:
    """Score the log-odds of the mean of the first 3 x 3 pixels, over 50."""
    return 1 / (1 + np.exp(-images[:, :3, :3].astype(float).mean(axis=(1, 2, 3)) / 50))


def maps(where: tuple[slice, slice]) -> np.ndarray:
    """Return two maps that point at one place."""
    heats = np.zeros((2, 12, 12))
    heats[(slice(None), *where)] = 1
    return heats


WHITE = np.full((2, 12, 12, 3), 200, np.uint8)


def test_covering_all_that_matters_costs_all_of_the_log_odds() -> None:
    """The 9 pixels of 144 that carry log-odds of 4, covered with black, leave 0."""
    found = compute_deletion_test(corner, WHITE, maps(np.s_[:3, :3]), shares=(9 / 144,), fill=0)

    np.testing.assert_allclose(found.falls, [4, 4], atol=1e-6)
    assert found.gain > 2.5
    assert found.p_value == pytest.approx(1 / 20)
    assert "by 4, a shifted map by" in str(found)


def test_a_map_of_another_place_is_no_better_than_chance() -> None:
    """Pointing at the far corner costs nothing, which a shifted map costs at least."""
    found = compute_deletion_test(corner, WHITE, maps(np.s_[9:, 9:]), shares=(9 / 144,), fill=0)

    np.testing.assert_allclose(found.falls, 0, atol=1e-6)
    assert found.p_value == 1
    assert found.gain <= 0


def test_the_same_seed_draws_the_same_shifts() -> None:
    """Two tests of one seed agree to the last digit; another seed does not."""
    first, again, other = (
        compute_deletion_test(corner, WHITE, maps(np.s_[:3, :3]), shares=(0.1,), fill=0, seed=seed)
        for seed in (1, 1, 2)
    )

    np.testing.assert_array_equal(first.chance, again.chance)
    assert not np.array_equal(first.chance, other.chance)


def test_a_missing_map_and_a_share_of_all_are_refused() -> None:
    """One map an image, and shares between 0 and 1."""
    with pytest.raises(InvalidInputError, match="`images` has 2, `maps` has 1"):
        compute_deletion_test(corner, WHITE, maps(np.s_[:3, :3])[:1])
    with pytest.raises(InvalidInputError, match=r"`shares` must lie in \(0, 1\), got 1"):
        compute_deletion_test(corner, WHITE, maps(np.s_[:3, :3]), shares=(1,))
    with pytest.raises(InvalidInputError, match="must have the axes"):
        compute_deletion_test(corner, WHITE[0], maps(np.s_[:3, :3]))
