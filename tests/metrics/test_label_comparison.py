"""Two models of several labels: paired over patients, and equal to what each label gives."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import compare_models, compare_multilabel, multilabel_estimates

NAMES = ("mass", "node", "fluid")


def drawn(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw labels, scores of two models that agree in part, and patients of one to four images."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(120), rng.integers(1, 5, 120))
    labels = (rng.random((owner.size, 3)) < [0.4, 0.3, 0.25]).astype(float)
    shared = labels + 0.6 * rng.normal(size=(120, 3))[owner] + 0.5 * rng.normal(size=labels.shape)
    first, second = (
        1 / (1 + np.exp(-(shared + noise * rng.normal(size=labels.shape)))) for noise in (0.3, 1.0)
    )
    labels[:9, 0] = np.nan
    return labels, first, second, owner


@pytest.mark.parametrize("independent", [False, True])
def test_a_difference_of_means_is_that_of_the_estimates(*, independent: bool) -> None:
    """Both sides are `multilabel_estimates`'; n counts the images once; models, not groups."""
    labels, first, second, owner = drawn()
    patients = None if independent else owner
    for measure in ("macro_auroc", "macro_brier", "macro_f1"):
        made = compare_multilabel(
            *(labels, first, second),
            names=NAMES,
            measure=measure,
            thresholds=0.6,
            patients=patients,
        )
        one, two = (
            multilabel_estimates(
                labels, scores, names=NAMES, thresholds=0.6, patients=patients
            ).overall[measure]
            for scores in (first, second)
        )
        assert made.first.value == pytest.approx(one.value)
        assert made.difference.value == pytest.approx((one.value or 0) - (two.value or 0))
        assert made.difference.n == len(labels)
        assert made.hypothesis.startswith("both models have")


def test_labels_that_are_alike_are_compared_as_one_of_them() -> None:
    """Three copies of one label: mean, limits and p value are those of `compare_models`."""
    labels, first, second, owner = drawn(1)
    same = [np.repeat(column[:, [1]], 3, axis=1) for column in (labels, first, second)]
    made = compare_multilabel(*same, names=NAMES, patients=owner)
    alone = compare_models(labels[:, 1], first[:, 1], second[:, 1], measure="auroc", patients=owner)

    assert made.difference.value == pytest.approx(alone.difference.value)
    assert made.difference.lower == pytest.approx(alone.difference.lower, abs=1e-6)
    assert made.p_value == pytest.approx(alone.p_value, rel=1e-3)


def test_what_both_models_share_is_taken_out() -> None:
    """Paired limits are narrower than those of two groups of other patients would be."""
    labels, first, second, owner = drawn(2)
    made = compare_multilabel(labels, first, second, names=NAMES, patients=owner)
    apart = np.hypot(*(side.upper - side.lower for side in (made.first, made.second)))  # type: ignore[operator]

    assert made.difference.upper - made.difference.lower < 0.9 * apart  # type: ignore[operator]


def test_a_measure_that_is_not_compared_is_refused() -> None:
    """An unknown one, one of whole rows, and one of predictions without thresholds."""
    labels, first, second, _ = drawn()
    for measure in ("auroc", "subset_accuracy", "macro_sensitivity"):
        with pytest.raises(
            InvalidInputError, match=r"(?i)measure.* must be one of .*'macro_auroc'"
        ):
            compare_multilabel(labels, first, second, names=NAMES, measure=measure)
    with pytest.raises(InvalidInputError, match="must have a column for each"):
        compare_multilabel(labels, first, second[:5], names=NAMES)
