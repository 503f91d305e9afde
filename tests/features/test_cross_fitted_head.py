"""Every row is scored by a head that never saw its patient."""

import numpy as np
import pytest
from features.test_feature_head import study
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.features import cross_fit_head
from prevalens.features.head_kinds import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_ranks_what_one_feature_tells(kind: str) -> None:
    """Three deviations apart the AUROC is 0.983; each held-out patient is scored, once."""
    features, labels, patients = study()
    found = cross_fit_head(features, labels, patients, kind=kind, n_splits=3, penalties=(1, 0.1))

    assert np.mean(found.scores[labels == 1][:, None] > found.scores[labels == 0]) > 0.9
    for patient in range(24):
        assert len(set(found.folds[patients == patient])) == 1
    assert set(found.folds) == {0, 1, 2}


def test_a_held_out_patient_does_not_move_its_own_scores() -> None:
    """Another label and other features of one patient leave its scores as they were."""
    features, labels, patients = study()
    found = cross_fit_head(features, labels, patients, n_splits=3, penalties=(0.1,))
    chosen = found.folds == 1
    changed = features.copy()
    changed[chosen] = changed[chosen][:, ::-1]
    head = cross_fit_head(changed, labels, patients, n_splits=3, penalties=(0.1,)).heads[1]

    np.testing.assert_allclose(head.scores(features[chosen]), found.scores[chosen], atol=1e-6)


@given(st.integers(0, 2**31), st.sampled_from(["logistic", "centroid"]))
@settings(max_examples=5, deadline=None)
def test_the_same_seed_gives_the_same_scores(seed: int, kind: str) -> None:
    """Twice the same arguments, the same bytes."""
    features, labels, patients = study(seed=seed % 100)
    twice = [
        cross_fit_head(features, labels, patients, kind=kind, seed=seed, n_splits=2)
        for _ in range(2)
    ]

    assert twice[0].scores.tobytes() == twice[1].scores.tobytes()


def test_weights_follow_their_rows() -> None:
    """Weights by row are those of the head of each fold: shuffled rows give the same scores."""
    features, labels, patients = study()
    weights = 1.0 + patients % 3
    order = np.random.default_rng(0).permutation(len(labels))
    plain = cross_fit_head(
        features, labels, patients, weights=weights, penalties=(0.1,), n_splits=2
    )
    mixed = cross_fit_head(
        features[order],
        labels[order],
        patients[order],
        weights=weights[order],
        penalties=(0.1,),
        n_splits=2,
    )
    unweighted = cross_fit_head(features, labels, patients, penalties=(0.1,), n_splits=2)

    same = [np.array_equal(mixed.folds, folds[order]) for folds in (plain.folds, 1 - plain.folds)]
    assert any(same)
    np.testing.assert_allclose(mixed.scores, plain.scores[order], atol=1e-4)
    assert np.abs(unweighted.scores - plain.scores).max() > 1e-3
