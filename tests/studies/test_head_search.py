"""Layers and kinds are chosen by inner folds of whole patients, for two classes and for more."""

from typing import Any

import numpy as np
import pytest
from scipy.special import softmax

from prevalens.exceptions import ImpossibleSplitError
from prevalens.metrics import auroc
from prevalens.studies.head_search import averaged, search_heads
from prevalens.studies.plan_choices import HeadChoice

HEAD = HeadChoice(kinds=["logistic"], penalties=[1.0, 0.1], inner_folds=2, reason="")


def three_kinds(n_patients: int = 60) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """Return two layers, of which one tells the class, classes 3 : 2 : 1, and patients."""
    rng = np.random.default_rng(0)
    whose = np.repeat(np.arange(n_patients), 3)
    labels = np.array([0, 0, 0, 1, 1, 2])[whose % 6]
    noise = rng.normal(size=(len(whose), 5)).astype(np.float32)
    telling = noise.copy()
    telling[np.arange(len(whose)), labels] += 2
    return {"early": noise, "late": telling}, labels, whose.astype(np.str_)


def test_the_layer_that_tells_three_classes_is_taken() -> None:
    """Its loss is the least; inner scores are of all classes, and ranked by their mean AUROC."""
    features, labels, patients = three_kinds()
    found = search_heads(features, labels, patients, np.arange(180), head=HEAD, n_classes=3, seed=1)
    by_hand = [auroc(labels == code, found.inner[:, code]).value for code in range(3)]

    assert next(iter(found.heads)) == "late"
    assert found.layer_losses["late"] < found.layer_losses["early"]
    assert found.inner.shape == (180, 3)
    np.testing.assert_allclose(found.inner.sum(axis=1), 1)
    assert found.inner_auroc == pytest.approx(np.mean(by_hand))  # type: ignore[arg-type]
    assert found.inner_auroc > 0.85


def test_a_patient_is_scored_by_heads_that_never_saw_it() -> None:
    """Each patient by itself: a feature that names patients tells no class of another's."""
    _, labels, patients = three_kinds(n_patients=30)
    names = np.eye(30, dtype=np.float32)[patients.astype(int)]
    found = search_heads(
        {"names": names}, labels, patients, np.arange(90), head=HEAD, n_classes=3, seed=1
    )
    own = found.heads["names"].scores(names)

    assert (own.argmax(axis=1) == labels).mean() > 0.8
    assert found.inner_auroc < 0.7


def test_the_mean_of_class_scores_is_that_of_their_logs() -> None:
    """As one softmax of the mean of both logits; of two columns as the logit's mean."""
    rng = np.random.default_rng(3)
    one, two = rng.normal(size=(2, 7, 4))
    made = averaged([softmax(one, axis=1), softmax(two, axis=1)])
    np.testing.assert_allclose(made, softmax((one + two) / 2, axis=1))

    pair = [softmax(each[:, :2], axis=1) for each in (one, two)]
    of_two = averaged([each[:, 1] for each in pair])
    np.testing.assert_allclose(averaged(pair)[:, 1], of_two)


def test_a_class_of_one_patient_cannot_be_chosen_on() -> None:
    """Two patients of it are needed, one for each inner fold."""
    features, labels, patients = three_kinds()
    rows = np.flatnonzero((labels < 2) | (patients == "5"))
    with pytest.raises(ImpossibleSplitError):
        search_heads(features, labels, patients, rows, head=HEAD, n_classes=3, seed=1)
