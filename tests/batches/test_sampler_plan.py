"""imbalanced-learn's samplers as plans."""

from typing import Any

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.under_sampling import (
    ClusterCentroids,
    EditedNearestNeighbours,
    InstanceHardnessThreshold,
    NearMiss,
    OneSidedSelection,
    RandomUnderSampler,
    TomekLinks,
)

from prevalens.batches.sampler_plan import SamplerPlan
from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError


def features(cohort: Cohort) -> np.ndarray:
    """Return two numbers per image, in which the classes overlap."""
    rng = np.random.default_rng(3)
    return rng.normal(size=(len(cohort), 2)) + cohort.is_positive[:, None]


def plan(cohort: Cohort, sampler: Any, rows: Any = None, **settings: Any) -> SamplerPlan:
    """Return the plan of a sampler on the rows, by default all but the first three."""
    rows = np.arange(3, len(cohort)) if rows is None else rows
    given = {"features": features(cohort), "seed": 2, **settings}
    return SamplerPlan(sampler, rows, cohort=cohort, **given)


@pytest.mark.parametrize(
    "sampler",
    [
        RandomUnderSampler(),
        NearMiss(version=1),
        NearMiss(version=2),
        NearMiss(version=3, n_neighbors_ver3=5),
        TomekLinks(),
        EditedNearestNeighbours(),
        OneSidedSelection(),
        InstanceHardnessThreshold(cv=3),
    ],
    ids=lambda sampler: type(sampler).__name__,
)
def test_samplers_that_select_choose_rows_of_the_cohort(cohort: Cohort, sampler: Any) -> None:
    """Every epoch shows rows the sampler chose, each once, the same when asked again."""
    made, again = plan(cohort, sampler), plan(cohort, sampler)
    for epoch in (2, 0, 1):
        rows = made.rows(epoch)
        assert set(rows.tolist()) <= set(range(3, len(cohort)))
        assert len(np.unique(rows)) == len(rows) > 0
        assert rows.tolist() == again.rows(epoch).tolist()
    assert made.rows(0).tolist() != made.rows(1).tolist()


def test_a_sampler_without_randomness_selects_what_it_selects_alone(cohort: Cohort) -> None:
    """The rows of NearMiss are those imbalanced-learn gives for the same features."""
    alone = NearMiss().fit(features(cohort)[3:], cohort.labels[3:])
    alone.fit_resample(features(cohort)[3:], cohort.labels[3:])
    expected = sorted((alone.sample_indices_ + 3).tolist())
    for epoch in range(2):
        assert sorted(plan(cohort, NearMiss()).rows(epoch).tolist()) == expected


def test_a_random_sampler_draws_anew_each_epoch(cohort: Cohort) -> None:
    """Two epochs of random undersampling show different rows of the larger class."""
    made = plan(cohort, RandomUnderSampler(random_state=0))
    assert set(made.rows(0).tolist()) != set(made.rows(1).tolist())


@pytest.mark.parametrize("sampler", [SMOTE(k_neighbors=2), ClusterCentroids()])
def test_samplers_that_make_images_up_are_refused(cohort: Cohort, sampler: Any) -> None:
    """There is no image for a made-up row of features."""
    with pytest.raises(InvalidInputError, match=r"has no `sample_indices_`.*RandomUnderSampler"):
        plan(cohort, sampler).rows(0)


def test_features_that_do_not_fit_are_refused(cohort: Cohort) -> None:
    """Missing features, those of another length, and what is no sampler are named."""
    with pytest.raises(InvalidInputError, match="chooses by `features`, got None"):
        plan(cohort, NearMiss(), features=None)
    with pytest.raises(InvalidInputError, match=rf"\({len(cohort)}, n_features\).*\(5, 2\)"):
        plan(cohort, NearMiss(), features=np.zeros((5, 2)))
    with pytest.raises(InvalidInputError, match="`fit_resample`, got 'NearMiss'"):
        plan(cohort, "NearMiss")
