"""Tests of the area under the ROC curve."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import special, stats
from sklearn.metrics import roc_auc_score
from strategies import ScoredRows, columns_of, scored_rows

from prevalens.metrics import auroc
from prevalens.metrics.delong import auroc_spread, placement_values


@settings(deadline=None, max_examples=60)
@given(scored_rows())
def test_the_value_is_scikit_learns_and_limits_hold_it(rows: ScoredRows) -> None:
    """With ties, with patients, below one half too."""
    labels, scores, patients = columns_of(rows)
    made = auroc(labels, scores, patients=patients)
    if labels.all() or not labels.any():
        assert made.not_estimable is not None
        return
    assert made.value == pytest.approx(roc_auc_score(labels, scores))
    if made.lower is not None:
        assert 0 <= made.lower <= made.value <= made.upper <= 1  # type: ignore[operator]


@settings(deadline=None, max_examples=40)
@given(scored_rows())
def test_monotone_maps_change_nothing_and_reversal_mirrors(
    rows: ScoredRows,
) -> None:
    """Only the order of scores counts; 1 - scores gives 1 - AUROC."""
    labels, scores, patients = columns_of(rows)
    made, mapped, mirrored = (
        auroc(labels, new, patients=patients) for new in (scores, scores**3, 1 - scores)
    )
    assert made == mapped
    if made.value is not None and mirrored.value is not None:
        assert mirrored.value == pytest.approx(1 - made.value)
        if made.lower is not None:
            assert mirrored.upper == pytest.approx(1 - made.lower)


@settings(deadline=None, max_examples=40)
@given(scored_rows())
def test_one_image_per_patient_is_delong(rows: ScoredRows) -> None:
    """The same value and limits as without patients."""
    labels, scores, _ = columns_of(rows)
    alone, single = auroc(labels, scores), auroc(labels, scores, patients=np.arange(len(labels)))
    assert (alone.value, alone.lower, alone.upper) == (single.value, single.lower, single.upper)


def test_a_perfect_ranking_has_an_exact_lower_bound() -> None:
    """Four positives, nine negatives: four disjoint pairs, so 0.025^(1/4)."""
    labels = np.repeat([1, 0], [4, 9])
    made = auroc(labels, labels * 0.5 + 0.2)
    assert (made.value, made.lower, made.upper) == (1, pytest.approx(0.025**0.25), 1)
    assert "exact bound" in made.method
    worst = auroc(labels, 0.7 - labels * 0.5)
    assert (worst.value, worst.lower, worst.upper) == (0, 0, pytest.approx(1 - 0.025**0.25))


def test_a_perfect_ranking_over_patients_counts_pairs_of_patients() -> None:
    """Three patients with positives, five with negatives, six in all: three pairs at most."""
    labels = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    patients = list("aabcbcdeff")
    made = auroc(labels, labels * 0.5 + 0.2, patients=patients)
    assert made.lower == pytest.approx(0.025 ** (1 / 3))
    assert "patient" in made.method


def test_constant_scores_and_a_lone_positive_have_no_interval() -> None:
    """One half by construction; and no spread in one image."""
    flat = auroc([0, 1, 1, 0], [0.5] * 4)
    assert (flat.value, flat.lower) == (0.5, None)
    assert "all scores are equal" in str(flat.note)
    lone = auroc([0, 1, 0, 0], [0.5, 0.5, 0.9, 0.1])
    assert (lone.value, lone.lower) == (0.5, None)


def test_intervals_over_patients_are_wider() -> None:
    """Images that go together say less."""
    rng = np.random.default_rng(3)
    patients = np.repeat(np.arange(25), 12)
    shift = rng.normal(0, 1, 25)[patients]
    labels = rng.random(300) < 0.3
    scores = 1 / (1 + np.exp(-(labels + shift + rng.normal(0, 0.5, 300))))
    alone, over = auroc(labels, scores), auroc(labels, scores, patients=patients)
    assert over.upper - over.lower > 1.3 * (alone.upper - alone.lower)  # type: ignore[operator]
    assert over.design_effect is not None
    assert over.effective_n == pytest.approx(300 / over.design_effect)


DELONG = "DeLong's placement values (DeLong 1988"
OVER = "DeLong's placement values summed over patients"


@pytest.mark.parametrize(
    ("labels", "scores", "patients", "value", "why", "words"),
    [
        ([0, 0], [0.1, 0.2], None, None, "no positive images", DELONG),
        ([1, 1, 1], [0.1, 0.2, 0.3], "aab", None, "no negative images", OVER),
        (
            [0, 1, 1],
            [0.5] * 3,
            None,
            0.5,
            "all scores are equal, so the AUROC is 0.5 whatever the labels",
            DELONG,
        ),
        (
            [0, 1, 1],
            [0.5] * 3,
            "aab",
            0.5,
            "all scores are equal, so the AUROC is 0.5 whatever the labels",
            OVER,
        ),
        ([0, 1, 0], [0.2, 0.5, 0.7], None, 0.5, "one image of a class has no spread", DELONG),
        ([1, 1, 0], [0.2, 0.7, 0.5], None, 0.5, "one image of a class has no spread", DELONG),
        (
            [0, 1, 1, 0],
            [0.2, 0.5, 0.6, 0.55],
            "aaab",
            0.75,
            "one patient dominates, which says nothing about others",
            OVER,
        ),
        (
            [0, 1, 1],
            [0.2, 0.5, 0.6],
            "aaa",
            1.0,
            "all images come from one patient",
            "exact bound from disjoint pairs of a positive and a negative patient",
        ),
    ],
)
def test_what_is_missing_is_said_beside_the_method(
    *,
    labels: list[int],
    scores: list[float],
    patients: str | None,
    value: float | None,
    why: str,
    words: str,
) -> None:
    """A reason where there is no value, a note where there are no limits."""
    made = auroc(
        labels, scores, patients=None if patients is None else [*patients], confidence_level=0.9
    )
    assert made.value == value
    assert (made.lower, made.upper) == (None, None)
    assert (made.not_estimable if value is None else made.note) == (
        why if value is None else f"No interval: {why}."
    )
    assert made.method.startswith(words)
    assert (made.n, made.events, made.confidence_level) == (len(labels), sum(labels), 0.9)


@pytest.mark.parametrize(
    ("labels", "patients", "pairs", "unit"),
    [
        ([1, 1, 0], None, 1, "image"),
        ([1, 0, 0], None, 1, "image"),
        ([1, 1, 1, 0, 0], list("abcde"), 2, "image"),
        ([1, 1, 1, 0, 0, 0], list("aabccd"), 2, "patient"),
        ([1, 1, 1, 0, 0, 0], list("aaabcd"), 1, "patient"),
        ([1, 1, 1, 1, 0, 0, 0, 0], list("abcdabcd"), 2, "patient"),
        ([1, 1, 1, 0, 0, 0], list("abcabc"), 1, "patient"),
    ],
)
def test_disjoint_pairs_are_counted_by_hand(
    labels: list[int], patients: list[str] | None, pairs: int, unit: str
) -> None:
    """The fewer of positives and negatives, and no patient in two pairs; both ends."""
    good = np.array(labels) * 0.5 + 0.2
    for scores, limits in (
        (good, (0.05 ** (1 / pairs), 1.0)),
        (1 - good, (0.0, 1 - 0.05 ** (1 / pairs))),
    ):
        made = auroc(labels, scores, patients=patients, confidence_level=0.9)
        assert (made.lower, made.upper) == pytest.approx(limits)
        assert f"a positive and a negative {unit}:" in made.method


@pytest.mark.parametrize("lone", [True, False])
def test_a_lone_image_of_a_class_leaves_no_design_effect(lone: bool) -> None:
    """DeLong's variance needs two of each class; with two there is one."""
    labels = np.array([1, 1, 0, 0, 0, 0, 1, 0], dtype=bool)
    scores = np.array([0.6, 0.5, 0.55, 0.1, 0.2, 0.9, 0.4, 0.3])
    made = auroc(labels, scores, patients=[0, 1, 0, 1, 2, 2, 3, 3])
    assert made.design_effect is not None
    assert made.design_effect >= 1
    # A single positive is of a single patient: nothing can be said of others.
    alone = np.arange(8) == 1
    made = auroc(alone if lone else ~alone, scores, patients=[0, 1, 0, 1, 2, 2, 3, 3])
    assert (made.lower, made.design_effect) == (None, None)
    assert "one patient dominates" in str(made.note)


def test_independent_images_have_logit_limits_with_students_t_by_hand() -> None:
    """Four images: placement values 1/2, 1 and 1/2, 1; each left out moves the area by 1/4."""
    made = auroc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    error = math.sqrt(4 * 0.25**2)
    # A loss of 1/4 with a standard error of 1/2: a quarter of a misranked image is seen.
    seen, units = 0.25**2 / error**2, 2
    unseen = math.exp(-seen)
    variance = (1 - unseen) * error**2 + unseen * 0.75 * 0.25 / units
    df, bend = (1 - unseen) * 3 + unseen * (units - 1), math.exp(-((seen / 3) ** 2))
    half = stats.t.ppf(0.975, df) * math.sqrt(variance) / (0.75 * 0.25)
    half = 2 * math.asinh(bend * half / 2) / bend
    limits = special.expit(special.logit(0.75) + np.array([-half, half]))
    assert (made.lower, made.upper) == pytest.approx(tuple(limits))


@pytest.mark.parametrize("patients", [None, np.arange(60)])
def test_one_image_each_is_the_route_of_several(patients: np.ndarray | None) -> None:
    """Ids that do not repeat and no ids: the jackknife of the clustered form, image by image."""
    rng = np.random.default_rng(6)
    labels = np.arange(60) < 12
    scores = rng.random(60) * 0.7 + 0.3 * labels
    made = auroc(labels, scores, patients=patients)
    spread = auroc_spread(placement_values(labels, scores), labels, np.arange(60))
    half = stats.t.ppf(0.975, spread.df) * spread.error / (made.value * (1 - made.value))
    # Some eight misranked images: next to nothing is unseen.
    reach = special.logit(made.upper) - special.logit(made.value)
    assert reach == pytest.approx(half, rel=1e-3)
