"""Recalibration of several classes and labels finds what was done to the scores."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import softmax

from prevalens.decisions import ClassRecalibration, fit_class_recalibration, fit_recalibration
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions

NAMES = ("nv", "mel", "bcc")


def drawn(sharper: float = 1.0, n: int = 6000, seed: int = 3) -> tuple[Predictions, np.ndarray]:
    """Rows whose class follows a softmax of logits, scored with logits `sharper` times larger."""
    rng = np.random.default_rng(seed)
    logits = rng.normal([1.0, 0.0, -1.0], 1.5, (n, 3))
    truth = softmax(logits, axis=1)
    labels = (rng.random(n)[:, None] > truth.cumsum(axis=1)).sum(axis=1)
    scores = softmax(sharper * logits, axis=1)
    return Predictions(labels=labels, scores=scores, patients=None, classes=NAMES), truth


def of_labels(n: int = 4000) -> Predictions:
    """Two labels whose logits are twice too large, and three rows where one is not known."""
    rng = np.random.default_rng(5)
    logits = rng.normal(-1, 1.5, (n, 2))
    labels = (rng.random((n, 2)) < 1 / (1 + np.exp(-logits))).astype(float)
    labels[:3, 0] = np.nan
    scores = 1 / (1 + np.exp(-2 * logits))
    return Predictions(labels=labels, scores=scores, patients=None, classes=("mass", "node"))


def test_the_temperature_of_seven_or_three_classes_is_found() -> None:
    """Logits three times too large have temperature 3, and true scores come back."""
    seen, truth = drawn(3.0)
    fitted = fit_class_recalibration(seen, method="temperature")

    assert fitted.temperature == pytest.approx(3, rel=0.06)
    assert np.abs(fitted.correct(seen.scores) - truth).max() < 0.05
    assert np.array_equal(fitted.correct(seen.scores).argmax(axis=1), seen.scores.argmax(axis=1))


def test_a_line_for_each_class_is_that_of_two_classes() -> None:
    """One against the rest: each map is `fit_recalibration`'s, and the rows sum to 1 again."""
    seen, truth = drawn(3.0)
    fitted = fit_class_recalibration(seen, method="platt")
    made = fitted.correct(seen.scores)

    assert fitted.maps[1] == fit_recalibration(seen.one_vs_rest("mel"))
    assert made.sum(axis=1) == pytest.approx(np.ones(len(seen)))
    assert np.abs(made - truth).mean() < np.abs(seen.scores - truth).mean() / 3


def test_each_label_is_corrected_alone_on_the_rows_where_it_is_known() -> None:
    """The map of a label is that of two classes on its known rows; nothing is divided by a sum."""
    seen = of_labels()
    fitted = fit_class_recalibration(seen)

    assert fitted.multilabel
    assert fitted.maps[0] == fit_recalibration(seen.one_vs_rest("mass"))
    assert fitted.maps[0].slope == pytest.approx(0.5, rel=0.1)
    alone = fitted.maps[1].correct(seen.scores[:, 1])
    assert fitted.correct(seen.scores)[:, 1].tolist() == alone.tolist()


@pytest.mark.parametrize("method", ["temperature", "platt"])
def test_a_saved_map_corrects_the_same(method: str, tmp_path: Path) -> None:
    """Save and load give the same scores to the last bit."""
    seen, _ = drawn(2.0, n=800)
    fitted = fit_class_recalibration(seen, method=method)
    fitted.save(tmp_path / "map.json")
    read = ClassRecalibration.load(tmp_path / "map.json")

    assert read == fitted
    assert np.array_equal(read.correct(seen.scores), fitted.correct(seen.scores))


def test_a_file_with_a_map_too_few_is_refused(tmp_path: Path) -> None:
    """A map that was cut out would leave a class uncorrected."""
    fitted = fit_class_recalibration(drawn(2.0, n=800)[0])
    ClassRecalibration(fitted.classes, None, fitted.maps[:2]).save(tmp_path / "map.json")

    with pytest.raises(InvalidInputError, match="3 classes need 3 maps, got 2"):
        ClassRecalibration.load(tmp_path / "map.json")


def test_what_has_no_fit_is_refused_by_name() -> None:
    """Two classes, a class without rows, a separable class, a perfect model, another shape."""
    seen, _ = drawn(n=60)
    assert (seen.class_counts > 0).all()
    perfect = seen.with_scores(np.eye(3)[seen.labels] * 0.7 + 0.1)
    turned = seen.with_scores(np.roll(np.eye(3)[seen.labels] * 0.7 + 0.1, 1, axis=1))

    with pytest.raises(InvalidInputError, match="by `fit_recalibration`"):
        fit_class_recalibration(seen.one_vs_rest("mel"))
    with pytest.raises(InvalidInputError, match=r"\['bcc'\] have none"):
        fit_class_recalibration(seen.take(seen.labels < 2))
    with pytest.raises(InvalidInputError, match=r"'nv' has no fit .*method='temperature'"):
        fit_class_recalibration(perfect)
    with pytest.raises(InvalidInputError, match="own class scores highest"):
        fit_class_recalibration(perfect, method="temperature")
    with pytest.raises(InvalidInputError, match="do not go with the classes"):
        fit_class_recalibration(turned, method="temperature")
    with pytest.raises(InvalidInputError, match="`method` must be one of 'temperature', 'platt'"):
        fit_class_recalibration(seen, method="isotonic")
    with pytest.raises(InvalidInputError, match="a column for each of the 3"):
        fit_class_recalibration(drawn(n=800)[0]).correct([[0.5, 0.5]])


@pytest.mark.parametrize(
    "lie",
    [
        {"temperature": -1.0, "maps": []},
        {"maps": [{"method": "platt", "slope": -1, "intercept": 0, "steps": []}] * 3},
    ],
)
def test_a_file_of_maps_that_turn_the_order_round_is_named(
    tmp_path: Path, lie: dict[str, Any]
) -> None:
    """A negative temperature, and negative slopes."""
    ClassRecalibration(("a", "b", "c"), temperature=2.0).save(tmp_path / "maps.json")
    plain = json.loads((tmp_path / "maps.json").read_text()) | {"temperature": None}
    (tmp_path / "maps.json").write_text(json.dumps(plain | lie))
    with pytest.raises(InvalidInputError, match=r"maps\.json was edited or cut"):
        ClassRecalibration.load(tmp_path / "maps.json")
