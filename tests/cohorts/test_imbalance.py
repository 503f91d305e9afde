"""Imbalance: counts, shares, and weights, read from the data."""

import numpy as np
import pytest

from prevalens.cohorts import (
    Cohort,
    class_counts,
    class_weights,
    imbalance_ratio,
    majority_class,
    prevalence,
)
from prevalens.exceptions import InvalidInputError


@pytest.fixture
def eight() -> Cohort:
    """Six positive images and two negative ones: the positive class is the majority."""
    return Cohort(
        images=[f"{k}.png" for k in range(8)],
        labels=["all"] * 6 + ["hem"] * 2,
        patients=list("aabbccdd"),
        positive="all",
    )


def test_figures_of_eight_images(eight: Cohort) -> None:
    """Six of eight positive: prevalence 0.75, three to one, weights 8/(2x2) and 8/(2x6)."""
    assert class_counts(eight) == {"hem": 2, "all": 6}
    assert prevalence(eight) == 0.75
    assert imbalance_ratio(eight) == 3.0
    assert majority_class(eight) == "all"
    assert class_weights(eight) == {0: 2.0, 1: pytest.approx(2 / 3)}


def test_figures_of_some_rows(eight: Cohort) -> None:
    """Only the rows given count: one positive of three."""
    rows = np.array([0, 6, 7])

    assert class_counts(eight, rows) == {"hem": 2, "all": 1}
    assert prevalence(eight, rows) == pytest.approx(1 / 3)
    assert majority_class(eight, rows) == "hem"
    assert imbalance_ratio(eight, [0, 6, 7]) == 2.0


def test_weights_average_to_one_over_the_images(eight: Cohort) -> None:
    """Two images of weight 2 and six of 2/3 weigh eight in all."""
    weights, counts = class_weights(eight), class_counts(eight)

    assert sum(weights[k] * n for k, n in enumerate(counts.values())) == pytest.approx(8)


def test_a_class_without_images_has_no_ratio_and_no_weight(eight: Cohort) -> None:
    """The error names the class that is missing from the rows."""
    for figure in (imbalance_ratio, class_weights):
        with pytest.raises(InvalidInputError, match=r"\['hem'\] have none"):
            figure(eight, [0, 1])


def test_no_rows_have_no_prevalence(eight: Cohort) -> None:
    """A share of nothing is refused, not 0."""
    for figure in (prevalence, majority_class):
        with pytest.raises(InvalidInputError, match="got 0 rows"):
            figure(eight, [])


def test_a_mask_counts_the_rows_where_it_is_true(eight: Cohort) -> None:
    """Five of the positive and one of the other two, as by their positions; none from the end."""
    mask = [True] * 5 + [False] * 2 + [True]
    positions = [0, 1, 2, 3, 4, 7]
    for rows in (mask, np.array(mask), positions, np.array(positions, dtype=np.uint8)):
        assert class_counts(eight, rows) == {"hem": 1, "all": 5}
        assert prevalence(eight, rows) == 5 / 6
    for rows in ([-1], [0.5], mask[:3]):
        with pytest.raises(InvalidInputError, match="`rows`"):
            class_counts(eight, rows)  # type: ignore[arg-type]
