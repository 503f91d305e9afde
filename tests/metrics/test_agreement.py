"""Tests of kappas and of Matthews' correlation of several classes."""

import numpy as np
import pytest

from prevalens.metrics import confusion_estimates, multiclass_estimates

# Fleiss, Cohen & Everitt 1969, table 1: two judges, three categories, shares of 200 cases.
SHARES = np.array([[0.53, 0.05, 0.02], [0.11, 0.14, 0.05], [0.01, 0.06, 0.03]])


def table() -> tuple[np.ndarray, np.ndarray]:
    """Return labels and scores whose matrix is that of the paper."""
    counts = np.rint(200 * SHARES).astype(int)
    pairs = [(i, j) for i in range(3) for j in range(3) for _ in range(counts[i, j])]
    labels, predicted = np.array(pairs).T
    return labels, np.eye(3)[predicted]


def test_kappa_and_its_error_are_those_of_a_published_table() -> None:
    """0.429, and a standard error of 0.0538 where kappa is not 0 (their section 2)."""
    kappa = multiclass_estimates(*table(), classes="abc").overall["kappa"]
    assert kappa.value == pytest.approx(0.429, abs=5e-4)
    half = np.arctanh(kappa.upper) - np.arctanh(kappa.value)
    error = half / 1.959963984540054 * (1 - kappa.value**2)
    assert error == pytest.approx(0.0538, rel=0.01)


def test_of_two_classes_they_are_those_of_two_classes() -> None:
    """The same value, and limits as wide, on Fisher's scale for kappa too."""
    rng = np.random.default_rng(1)
    labels, predicted = rng.integers(0, 2, 90), rng.integers(0, 2, 90)
    predicted[:50] = labels[:50]
    made = multiclass_estimates(labels, np.eye(2)[predicted], classes="ab").overall
    two = confusion_estimates(labels, predicted)
    for key in ("mcc", "kappa"):
        assert made[key].value == pytest.approx(two[key].value)
        widths = [each[key].upper - each[key].lower for each in (made, two)]
        assert widths[0] == pytest.approx(widths[1], rel=0.05)


def test_one_predicted_class_has_no_correlation_and_a_kappa_of_0_without_limits() -> None:
    """As for two classes: undefined is not zero, and a constant has no spread."""
    made = multiclass_estimates([0, 1, 2], [[0.5, 0.3, 0.2]] * 3, classes="abc").overall
    assert made["mcc"].not_estimable == "all predictions are of one class"
    assert (made["kappa"].value, made["kappa"].lower) == (0.0, None)
    alone = multiclass_estimates([0, 0], [[0.5, 0.3, 0.2]] * 2, classes="abc").overall
    assert alone["kappa"].not_estimable == "all images are of one class"


def test_a_rare_class_is_named() -> None:
    """Two images of c."""
    labels = np.array([0] * 30 + [1] * 30 + [2] * 2)
    scores = np.eye(3)[np.roll(labels, 5)]
    note = multiclass_estimates(labels, scores, classes="abc").overall["kappa"].note
    assert "class 'c' has only 2 images" in str(note)
