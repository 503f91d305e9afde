"""Sites pooled by random effects: each by its own patients, left out with a reason."""

import math

import numpy as np
import pytest
from scipy import special

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import all_estimates, pool_sites
from prevalens.metrics.random_effects import pool_random_effects


def drawn(seed: int = 0, sites: int = 6, patients: int = 25) -> tuple[np.ndarray, ...]:
    """Labels, scores, site and patient of images; sites differ in how high positives score."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(sites * patients), rng.integers(2, 9, sites * patients))
    place = owner // patients
    labels = rng.random(owner.size) < 0.4
    signal = labels * (1.5 + 0.5 * rng.normal(size=sites))[place]
    signal = signal + 0.5 * rng.normal(size=sites * patients)[owner] + rng.normal(size=owner.size)
    names = np.array([f"site {k}" for k in range(sites)])
    return labels.astype(int), special.expit(signal - 0.7), names[place], owner


@pytest.mark.parametrize(
    "measure", ["auroc", "sensitivity", "observed_expected", "calibration_slope"]
)
def test_a_site_is_what_its_own_rows_give(measure: str) -> None:
    """Each site's estimate is that of its rows alone; mean and prediction follow from them."""
    labels, scores, sites, patients = drawn()
    at = 0.5 if measure == "sensitivity" else None
    made = pool_sites(labels, scores, sites, measure=measure, threshold=at, patients=patients)
    points = []
    for name in np.unique(sites):
        rows = sites == name
        alone = all_estimates(
            labels[rows], scores[rows], threshold=0.5, patients=patients[rows], measures=[measure]
        )[measure]
        assert made.sites[name].value == alone.value
        assert made.sites[name].lower == alone.lower
        points.append((alone, made.weights[name]))

    assert sum(made.weights.values()) == pytest.approx(1)
    scale = {"auroc": special.logit, "sensitivity": special.logit, "observed_expected": np.log}
    there = scale.get(measure, float)
    mean = sum(weight * there(one.value) for one, weight in points)
    assert there(made.mean.value) == pytest.approx(mean)
    assert made.prediction is not None
    assert made.prediction[0] <= made.mean.lower < made.mean.upper <= made.prediction[1]  # type: ignore[operator]
    assert made.mean.n == sum(one.n for one, _ in points)
    assert made.mean.patients == sum(one.patients or 0 for one, _ in points)


def test_shares_of_independent_images_are_pooled_as_logits() -> None:
    """Sensitivities of 8/10, 15/20 and 30/50: the variance of a logit is 1/hits + 1/misses."""
    counts = [(8, 10), (15, 20), (30, 50)]
    labels = np.ones(80, dtype=int)
    scores = np.concatenate([np.repeat([0.9, 0.1], [hits, n - hits]) for hits, n in counts])
    sites = np.repeat(["a", "b", "c"], [n for _, n in counts])
    made = pool_sites(labels, scores, sites, measure="sensitivity", threshold=0.5)
    values = np.array([math.log(hits / (n - hits)) for hits, n in counts])
    variances = np.array([1 / hits + 1 / (n - hits) for hits, n in counts])
    by_hand = pool_random_effects(values, variances)

    assert special.logit(made.mean.value) == pytest.approx(by_hand.value)
    assert special.logit(made.mean.lower) == pytest.approx(by_hand.limits(0.95)[0])
    assert special.logit(made.prediction) == pytest.approx(by_hand.prediction(0.95))
    assert made.tau == pytest.approx(math.sqrt(by_hand.tau2))
    assert made.mean.events == 53


def test_images_inside_patients_weigh_as_patients() -> None:
    """Ten copies of each image make no site more certain."""
    labels, scores, sites, patients = drawn()
    once = pool_sites(labels, scores, sites, patients=patients)
    copied = [np.repeat(column, 10) for column in (labels, scores, sites, patients)]
    ten = pool_sites(*copied[:3], patients=copied[3])

    assert ten.mean.value == pytest.approx(once.mean.value, abs=1e-3)
    assert ten.tau == pytest.approx(once.tau, abs=0.02)
    assert ten.mean.lower == pytest.approx(once.mean.lower, abs=0.01)


def test_a_site_at_the_end_of_the_range_counts_half_a_miss() -> None:
    """20 of 20 enters as log(20.5 / 0.5) with 1/20.5 + 1/0.5, as is common for empty cells."""
    labels = np.ones(60, dtype=int)
    scores = np.concatenate(
        [np.full(20, 0.9), np.repeat([0.9, 0.1], [15, 5]), [0.9] * 12, [0.1] * 8]
    )
    sites = np.repeat(["a", "b", "c"], 20)
    made = pool_sites(labels, scores, sites, measure="sensitivity", threshold=0.5)
    values = np.log([20.5 / 0.5, 15 / 5, 12 / 8])
    by_hand = pool_random_effects(values, np.array([1 / 20.5 + 2, 1 / 15 + 1 / 5, 1 / 12 + 1 / 8]))

    assert made.sites["a"].value == 1.0
    assert special.logit(made.mean.value) == pytest.approx(by_hand.value)


def test_a_perfect_ranking_counts_pairs() -> None:
    """Six positives and four negatives, all ranked right, are four pairs of four."""
    labels = np.tile([1, 1, 1, 0, 0, 1, 1, 1, 0, 0], 3)
    scores = np.concatenate([np.tile([0.9, 0.8, 0.7, 0.3, 0.2], 2), *([[
        0.9, 0.4, 0.7, 0.5, 0.2, 0.6, 0.1, 0.8, 0.3, 0.35]] * 2)])  # fmt: skip
    made = pool_sites(labels, scores, np.repeat(["a", "b", "c"], 10))
    other = made.sites["b"]
    assert other.value is not None
    assert other.error is not None
    slope = 1 / (other.value * (1 - other.value))
    values = np.array([math.log(4.5 / 0.5), *[special.logit(other.value)] * 2])
    variances = np.array([1 / 4.5 + 2, *[(other.error * slope) ** 2] * 2])
    by_hand = pool_random_effects(values, variances)

    assert made.sites["a"].value == 1.0
    assert special.logit(made.mean.value) == pytest.approx(by_hand.value)


def test_sites_without_the_estimate_are_left_out_by_name() -> None:
    """No positives, or one patient: named with the reason; fewer than two sites have no mean."""
    labels, scores, sites, patients = drawn(sites=4)
    labels = np.where(sites == "site 1", 0, labels)
    patients = np.where(sites == "site 2", -1, patients)
    made = pool_sites(labels, scores, sites, patients=patients)

    assert set(made.left_out) == {"site 1", "site 2"}
    assert made.left_out["site 1"] == "no positive images"
    assert "patient" in made.left_out["site 2"]
    assert set(made.sites) == {"site 0", "site 3"}
    assert made.prediction is None
    assert "From 2 sites" in (made.mean.note or "")
    rows = sites != "site 3"
    alone = pool_sites(labels[rows], scores[rows], sites[rows], patients=patients[rows])
    assert alone.mean.not_estimable == "fewer than two sites have an estimate with its spread"
    assert (alone.tau, alone.q, alone.weights) == (None, None, {})


def test_it_is_told_in_words_and_plain_values() -> None:
    """A line with mean and next site; the record has the limits of both."""
    labels, scores, sites, patients = drawn()
    made = pool_sites(labels, scores, sites, patients=patients, confidence_level=0.9)

    assert str(made).startswith("auroc over 6 sites: 0.")
    assert "(90% CI " in str(made)
    assert "; the next site: 0." in str(made)
    assert made.to_dict()["prediction"] == list(made.prediction or ())
    assert made.to_dict()["mean"]["confidence_level"] == 0.9


def test_a_patient_at_two_sites_and_wrong_arguments_are_refused() -> None:
    """Named, with what to do instead."""
    labels, scores, sites, patients = drawn()
    ids = np.array([f"p{k}" for k in patients])
    ids[sites == "site 1"] = "p0"
    with pytest.raises(InvalidInputError, match=r"patient 'p0' at \['site 0', 'site 1'\]"):
        pool_sites(labels, scores, sites, patients=ids)
    with pytest.raises(InvalidInputError, match="'sensitivity' needs `threshold`"):
        pool_sites(labels, scores, sites, measure="sensitivity", patients=patients)
    with pytest.raises(InvalidInputError, match="takes no threshold"):
        pool_sites(labels, scores, sites, threshold=0.5, patients=patients)
    with pytest.raises(InvalidInputError, match="`measure`"):
        pool_sites(labels, scores, sites, measure="f1", patients=patients)
    with pytest.raises(InvalidInputError, match="sites"):
        pool_sites(labels, scores, sites[:-1], patients=patients)


def test_ten_sites_are_told_without_a_warning_and_two_without_a_next_site() -> None:
    """How far ten sites lie apart is seen; from two there is no prediction to print."""
    labels, scores, sites, patients = drawn(sites=10)
    made = pool_sites(labels, scores, sites, patients=patients)
    assert len(made.sites) == 10
    assert "From 10 sites" not in (made.mean.note or "")
    rows = np.isin(sites, ["site 0", "site 3"])
    few = pool_sites(labels[rows], scores[rows], sites[rows], patients=patients[rows])
    assert str(few) == f"auroc over 2 sites: {few.mean}"
