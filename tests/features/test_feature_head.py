"""Heads choose their penalty without a patient's other images, and say what they are."""

from typing import Any

import numpy as np
import pytest

from prevalens.exceptions import ImpossibleSplitError, InvalidInputError
from prevalens.features import compute_learning_curve, cross_fit_head, fit_head


def study(n_patients: int = 24, images: int = 4, *, seed: int = 0) -> tuple[Any, Any, Any]:
    """Return features, of which the first tells the label, labels and patients."""
    random = np.random.default_rng(seed)
    patients = np.repeat(np.arange(n_patients), images)
    labels = (patients % 3 == 0).astype(int)
    features = random.normal(size=(len(labels), 6)).astype(np.float32)
    features[:, 0] += 3 * labels
    return features, labels, patients


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
        ({"weights": np.ones(3)}, r"`weights` must be 96 numbers above 0"),
        ({"weights": np.zeros(96)}, "from 0"),
        ({"weights": np.ones(96), "kind": "centroid"}, "kinds 'logistic', 'balanced_logistic'"),
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


@pytest.mark.parametrize("kind", ["logistic", "balanced_logistic"])
def test_a_weight_of_two_is_a_row_twice(kind: str) -> None:
    """Doubled rows and doubled weights fit one head, on features that are standard already."""
    features, labels, patients = study()
    twice = np.repeat(np.arange(len(labels)), np.where(patients % 2, 2, 1))
    # Standardisation counts rows, not weights: pairs of opposite rows have a mean of 0 either way.
    values = np.concatenate([features, -features])
    values /= values.std(axis=0)
    mirrored = np.concatenate([labels, 1 - labels])
    rows = np.concatenate([twice, twice + len(labels)])
    weights = np.tile(np.where(patients % 2, 2.0, 1.0), 2)
    whose = np.tile(patients, 2)
    settings = {"kind": kind, "penalties": (0.1,)}
    weighted = fit_head(values, mirrored, whose, weights=weights, **settings)
    doubled = fit_head(values[rows], mirrored[rows], whose[rows], **settings)
    plain = fit_head(values, mirrored, whose, **settings)

    one, other = (head.linear[0] / head.linear[0][0] for head in (weighted, doubled))
    np.testing.assert_allclose(one, other, atol=0.03)
    assert abs(plain.linear[0][0] - weighted.linear[0][0]) > 1e-4


def test_the_inner_loss_is_that_of_the_weighted_rows() -> None:
    """Rows that weigh next to nothing have no say in the penalty."""
    features, labels, patients = study(n_patients=40)
    wrong = labels.copy()
    wrong[patients >= 30] = 1 - labels[patients >= 30]
    weights = np.where(patients >= 30, 1e-9, 1.0)
    kept = patients < 30
    one = fit_head(features, wrong, patients, weights=weights, penalties=(1, 0.01))
    plain = fit_head(features[kept], labels[kept], patients[kept], penalties=(1, 0.01))
    spoilt = fit_head(features, wrong, patients, penalties=(1, 0.01))

    assert min(one.inner_losses.values()) == pytest.approx(
        min(plain.inner_losses.values()), abs=0.05
    )
    assert min(spoilt.inner_losses.values()) > min(one.inner_losses.values()) + 0.1


def test_the_logits_of_three_classes_on_raw_features() -> None:
    """Weights and biases with the standardisation folded in give the head's own scores."""
    rng = np.random.default_rng(2)
    labels = np.arange(90) % 3
    features = (rng.normal(5, 3, (90, 4)) + 2 * np.eye(3, 4)[labels]).astype(np.float32)
    head = fit_head(features, labels, np.arange(90), penalties=[0.1])
    linear = head.linear_of_classes
    assert linear is not None
    weights, bias = linear
    odds = np.exp(features @ weights.T + bias)

    np.testing.assert_allclose(
        odds / odds.sum(axis=1, keepdims=True), head.scores(features), rtol=1e-5
    )
    assert head.linear is None
    assert fit_head(features, labels == 1, np.arange(90), penalties=[1]).linear_of_classes is None
    assert (
        fit_head(features, labels, np.arange(90), kind="mlp", penalties=[1]).linear_of_classes
        is None
    )


def test_labels_of_three_axes_or_none_are_refused() -> None:
    """With their shape."""
    for shape in ((4, 2, 1), (4, 0)):
        with pytest.raises(InvalidInputError, match=r"n_labels\), got \(4, "):
            fit_head(np.zeros((4, 3)), np.zeros(shape), list("abcd"))


@pytest.mark.parametrize("fit", [fit_head, cross_fit_head, compute_learning_curve])
@pytest.mark.parametrize("missing", [None, np.nan, np.ma.masked])
def test_a_patient_or_class_that_is_missing_is_refused(fit: Any, missing: Any) -> None:
    """None becomes no patient called "None", nor is what lies under a mask one."""
    labels, ids = np.arange(40) % 2, np.arange(40) // 2
    features = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    hidden = np.arange(40) == 5

    def holed(column: Any) -> Any:
        if missing is np.ma.masked:
            return np.ma.array(column, mask=hidden)
        return np.where(hidden, missing, column.astype(object))

    with pytest.raises(InvalidInputError, match="1 of 40 have none: rows 5 "):
        fit(features, labels, holed(ids))
    with pytest.raises(InvalidInputError, match="A class is missing"):
        fit(features, holed(labels), ids)
