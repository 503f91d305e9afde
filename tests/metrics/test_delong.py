"""Tests of placed and of the variances made of them."""

import numpy as np
import pytest

from prevalens.metrics.delong import (
    auroc_spread,
    obuchowski_variance,
    patient_influences,
    placement_values,
)


def test_placements_count_pairs_with_ties_half() -> None:
    """Against all pairs, one by one."""
    rng = np.random.default_rng(1)
    labels, scores = rng.random(60) < 0.4, rng.integers(0, 8, 60) / 8
    pairs = scores[labels][:, None] - scores[~labels][None]
    kernel = (pairs > 0) + 0.5 * (pairs == 0)
    placed = placement_values(labels, scores)
    np.testing.assert_allclose(placed.positives, kernel.mean(axis=1), atol=1e-15)
    np.testing.assert_allclose(placed.negatives, kernel.mean(axis=0), atol=1e-15)
    assert placed.auroc == pytest.approx(kernel.mean())


def test_obuchowski_with_one_image_per_patient_is_delong() -> None:
    """The algebra, not a special case."""
    rng = np.random.default_rng(2)
    labels = rng.random(50) < 0.3
    placed = placement_values(labels, np.round(rng.random(50) + 0.4 * labels, 1))
    assert obuchowski_variance(placed, labels, np.arange(50)) == pytest.approx(
        placed.variance(), rel=1e-12
    )


def test_the_variance_of_four_images_by_hand() -> None:
    """Positives .35 and .8, negatives .1 and .4: placed (.5, 1) and (1, .5)."""
    placed = placement_values(np.array([False, False, True, True]), np.array([0.1, 0.4, 0.35, 0.8]))
    assert placed.positives.tolist() == [0.5, 1.0]
    assert placed.negatives.tolist() == [1.0, 0.5]
    assert placed.variance() == pytest.approx(0.125 / 2 + 0.125 / 2)


def test_influences_add_up_to_nothing() -> None:
    """Both classes' influence_values are centred, and the counts are those of the patients."""
    labels = np.array([1, 1, 0, 0, 1], dtype=bool)
    placed = placement_values(labels, np.array([0.2, 0.9, 0.1, 0.5, 0.5]))
    one, m, two, n = patient_influences(placed, labels, np.array([0, 1, 1, 2, 2]))
    assert one.sum() == pytest.approx(0)
    assert two.sum() == pytest.approx(0)
    assert (m.tolist(), n.tolist()) == ([1, 1, 1], [0, 1, 1])


def test_obuchowskis_variance_by_its_formula() -> None:
    """Three patients with both classes: sums of squares and of products, each over its number."""
    labels = np.array([1, 0, 1, 0, 1, 0, 0], dtype=bool)
    scores = np.array([0.9, 0.3, 0.4, 0.5, 0.6, 0.1, 0.7])
    codes = np.array([0, 0, 1, 1, 2, 2, 3])
    placed = placement_values(labels, scores)
    area = placed.auroc
    above, below = np.zeros(4), np.zeros(4)
    np.add.at(above, codes[labels], (placed.positives - area) / 3)
    np.add.at(below, codes[~labels], (placed.negatives - area) / 4)
    expected = 3 / 2 * above @ above + 4 / 3 * below @ below + 2 * 4 / 3 * (above @ below)
    assert obuchowski_variance(placed, labels, codes) == pytest.approx(expected)


def test_placements_of_rows_in_no_order_are_the_same_ones_sorted() -> None:
    """Enough where images are independent; ties count half either way."""
    rng = np.random.default_rng(4)
    labels, scores = rng.random(40) < 0.5, rng.integers(0, 6, 40) / 6
    one, two = placement_values(labels, scores), placement_values(labels, scores, in_order=False)
    np.testing.assert_array_equal(two.positives, np.sort(one.positives))
    np.testing.assert_array_equal(np.sort(two.negatives), np.sort(one.negatives))
    assert one.positives.tolist() != two.positives.tolist()


def test_a_spread_over_patients_by_hand() -> None:
    """Two positives (.4, .8) and two negatives (.5, .1) of three patients."""
    labels = np.array([1, 1, 0, 0], dtype=bool)
    placed = placement_values(labels, np.array([0.4, 0.8, 0.5, 0.1]))
    # Placement values .5 and 1; .5 and 1; the area is .75, so each moves it by 1/8.
    made = auroc_spread(placed, labels, np.array([0, 2, 0, 4]))
    changes = [-1 / 8 / (1 / 2) - 1 / 8 / (1 / 2), 1 / 8 / (1 / 2), 1 / 8 / (1 / 2)]
    assert made.variance == pytest.approx(sum(change**2 for change in changes))
    assert made.patients == 3
