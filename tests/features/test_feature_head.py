"""Heads choose their penalty without a patient's other images, and say what they are."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.exceptions import ImpossibleSplitError, InvalidInputError
from prevalens.features import cross_fit_head, fit_head
from prevalens.features.head_kinds import KINDS


def study(n_patients: int = 24, images: int = 4, *, seed: int = 0) -> tuple[Any, Any, Any]:
    """Return features, of which the first tells the label, labels and patients."""
    random = np.random.default_rng(seed)
    patients = np.repeat(np.arange(n_patients), images)
    labels = (patients % 3 == 0).astype(int)
    features = random.normal(size=(len(labels), 6)).astype(np.float32)
    features[:, 0] += 3 * labels
    return features, labels, patients


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


def test_noise_that_tells_patients_apart_gets_the_strong_penalty() -> None:
    """Features that only name the patient are worth nothing to another: the strongest wins.

    Chosen over images, the weakest penalty would win: each image is known by its siblings.
    """
    random = np.random.default_rng(1)
    patients = np.repeat(np.arange(40), 5)
    labels = (patients % 2).astype(int)
    features = random.normal(size=(40, 60))[patients] + random.normal(0, 0.01, (200, 60))
    by_patient = fit_head(features, labels, patients, penalties=(10, 0.001))
    by_image = fit_head(features, labels, np.arange(200), penalties=(10, 0.001))

    assert (by_patient.penalty, by_image.penalty) == (10, 0.001)
    assert by_patient.inner_losses[10] < by_patient.inner_losses[0.001]


def test_several_classes_have_a_column_each() -> None:
    """Names in their order; each row sums to 1."""
    features, _, patients = study(30)
    names = np.array(["mel", "nv", "bcc"])[patients % 3]
    features[:, 1] += 3 * (names == "mel")
    head = fit_head(features, names, patients, penalties=(0.1,))
    scores = head.scores(features)

    assert head.classes == ("bcc", "mel", "nv")
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)
    assert repr(head) == "FeatureHead(logistic, 3 classes, penalty 0.1)"


def test_each_label_is_a_head_of_its_own_rows() -> None:
    """A label that is unknown for half of the rows is fitted on the others alone."""
    features, labels, patients = study()
    both = np.column_stack([labels, labels]).astype(float)
    both[patients < 12, 1] = np.nan
    head = fit_head(features, both, patients, penalties=(0.1,))
    known = patients >= 12

    assert head.multilabel
    first, second = head.scores(features).T
    np.testing.assert_allclose(
        first, fit_head(features, labels, patients, penalties=(0.1,)).scores(features), atol=1e-6
    )
    assert not np.allclose(first, second)
    assert np.mean(second[known & (labels == 1)]) > np.mean(second[known & (labels == 0)]) + 0.3


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


def test_a_constant_feature_changes_nothing() -> None:
    """Standardised it is 0, not noise divided by nothing."""
    features, labels, patients = study()
    wider = np.column_stack([features, np.full(len(labels), 1e6, np.float32)])
    plain, wide = (fit_head(x, labels, patients, penalties=(0.1,)) for x in (features, wider))

    np.testing.assert_allclose(plain.scores(features), wide.scores(wider), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"labels": np.zeros(96)}, "two classes or more, but label has 1"),
        ({"labels": np.full((96, 2), 0.5)}, "Labels must be 0, 1 or nan"),
        ({"labels": np.full(96, np.nan)}, "A class is missing"),
        ({"patients": np.arange(5)}, "`patients` has 5"),
        ({"kind": "forest"}, "must be one of 'logistic'"),
        ({"penalties": (0,)}, r"`penalties` must lie in \(0, inf\]"),
        ({"penalties": ()}, "at least one number above 0"),
        ({"n_folds": 1}, "`n_folds` must be a whole number >= 2"),
    ],
)
def test_what_cannot_be_fitted_is_refused(change: dict[str, Any], text: str) -> None:
    """Each refusal names the argument and its value."""
    features, labels, patients = study()
    given_settings = {"features": features, "labels": labels, "patients": patients, **change}
    with pytest.raises(InvalidInputError, match=text):
        fit_head(**given_settings)


def test_a_class_of_one_patient_has_no_folds() -> None:
    """The splitter's own error says which class; one penalty alone needs no folds."""
    features, _, patients = study()
    labels = (patients == 0).astype(int)
    with pytest.raises(ImpossibleSplitError):
        fit_head(features, labels, patients)
    assert fit_head(features, labels, patients, penalties=(1,)).inner_losses == {}


def test_other_features_are_refused() -> None:
    """A head takes as many features as it was fitted on."""
    features, labels, patients = study()
    head = fit_head(features, labels, patients, penalties=(1,))
    with pytest.raises(InvalidInputError, match="fitted on 6 features, got 5"):
        head.scores(features[:, :5])
