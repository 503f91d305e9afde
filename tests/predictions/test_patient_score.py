"""Many images become one score per patient."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions, patient_scores


def images() -> Predictions:
    """Patient b has three images, one of them positive; patient a has one."""
    return Predictions(
        labels=[0, 0, 1, 0],
        scores=[0.75, 0.25, 0.5, 0.125],
        patients=["b", "a", "b", "b"],
        covariates={"sex": ["f", "m", "f", "f"], "view": ["x", "x", "y", "x"]},
        train_prevalence=0.5,
    )


@pytest.mark.parametrize(
    ("how", "setting", "expected"),
    [
        ("mean", {}, [0.25, 1.375 / 3]),
        ("max", {}, [0.25, 0.75]),
        ("top_k", {"k": 2}, [0.25, 0.625]),
        ("top_k", {"k": 9}, [0.25, 1.375 / 3]),
        ("fraction", {"cutoff": 0.5}, [0.0, 2 / 3]),
    ],
)
def test_each_way_of_pooling(how: str, setting: dict[str, float], expected: list[float]) -> None:
    """Counted by hand for b's scores 0.75, 0.5, 0.125; the cut-off itself counts."""
    pooled = patient_scores(images(), how, **setting)  # type: ignore[arg-type]

    assert pooled.patients.tolist() == ["a", "b"]
    assert pooled.scores == pytest.approx(np.array(expected))


def test_a_patient_with_one_positive_image_is_positive() -> None:
    """Labels pool by any; covariates that vary within a patient are left out."""
    pooled = patient_scores(images())

    assert pooled.labels.tolist() == [0, 1]
    assert {name: column.tolist() for name, column in pooled.covariates.items()} == {
        "sex": ["m", "f"]
    }
    assert pooled.train_prevalence is None


def test_one_image_each_changes_nothing() -> None:
    """With a single image per patient every pooling but `fraction` returns the scores."""
    single = Predictions(labels=[0, 1, 1], scores=[0.1, 0.7, 0.3], patients=["a", "b", "c"])
    for how, setting in (("mean", {}), ("max", {}), ("top_k", {"k": 3})):
        assert patient_scores(single, how, **setting).scores.tolist() == [0.1, 0.7, 0.3]


@pytest.mark.parametrize(
    ("how", "setting", "message"),
    [
        ("median", {}, "Did you mean 'mean'|must be one of"),
        ("top_k", {}, "`k` belongs to how='top_k'"),
        ("mean", {"k": 2}, "`k` belongs to how='top_k'"),
        ("fraction", {}, "`cutoff` belongs to how='fraction'"),
        ("top_k", {"k": 0}, "`k` must be a whole number >= 1"),
        ("fraction", {"cutoff": 1.5}, r"`cutoff` must lie in \[0, 1\]"),
    ],
)
def test_a_setting_is_needed_or_refused(how: str, setting: dict[str, float], message: str) -> None:
    """No setting is silently ignored, none silently chosen."""
    with pytest.raises(InvalidInputError, match=message):
        patient_scores(images(), how, **setting)  # type: ignore[arg-type]


def test_independent_images_have_no_patients() -> None:
    """Without ids there is nothing to pool."""
    with pytest.raises(InvalidInputError, match="Pass `patients`"):
        patient_scores(Predictions(labels=[0, 1], scores=[0, 1], patients=None))


def three_classes(labels: list[int], *, ordered: bool = False) -> Predictions:
    """Patients a (two images) and b (one) of three classes."""
    return Predictions(
        labels=labels,
        scores=[[0.5, 0.25, 0.25], [0.25, 0.25, 0.5], [0.125, 0.75, 0.125]],
        patients=["a", "a", "b"],
        classes=["low", "middle", "high"],
        ordered=ordered,
    )


def test_several_classes_pool_by_the_mean_of_each() -> None:
    """Patient a: (0.375, 0.25, 0.375); of grades it has the higher of its two."""
    pooled = patient_scores(three_classes([2, 2, 1]))
    graded = patient_scores(three_classes([0, 2, 1], ordered=True))

    assert pooled.scores.tolist() == [[0.375, 0.25, 0.375], [0.125, 0.75, 0.125]]
    assert (pooled.labels.tolist(), graded.labels.tolist()) == ([2, 1], [2, 1])
    assert (pooled.ordered, graded.ordered) == (False, True)


def test_a_patient_of_two_diagnoses_is_named() -> None:
    """Nothing says which of two classes, that are no grades, a patient is."""
    with pytest.raises(
        InvalidInputError, match=r"but 1 of 2 have images of several: 'a'. Take `on"
    ):
        patient_scores(three_classes([0, 2, 1]))
    with pytest.raises(InvalidInputError, match=r"only a mean of scores sums to 1, got how='max'"):
        patient_scores(three_classes([2, 2, 1]), "max")


def test_several_labels_pool_each_alone() -> None:
    """Any image with the label; none where all lack it; else not known. Scores as asked."""
    nan = float("nan")
    rows = Predictions(
        labels=[[1, 0, nan], [0, 0, 0], [nan, nan, 0]],
        scores=[[0.5, 0.25, 0.125], [0.25, 0.75, 0.5], [1, 0, 0.5]],
        patients=["a", "a", "b"],
        classes=["mass", "node", "fluid"],
    )
    pooled = patient_scores(rows, "max")

    np.testing.assert_array_equal(pooled.labels, [[1, 0, nan], [nan, nan, 0]])
    assert pooled.scores.tolist() == [[0.5, 0.75, 0.5], [1, 0, 0.5]]
    assert patient_scores(rows).scores[0].tolist() == [0.375, 0.5, 0.3125]
