"""Recalibration finds known distortions, and never fits on the patient it corrects."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from prevalens.decisions import PriorShift, Recalibration, fit_recalibration, recalibrate
from prevalens.exceptions import InvalidInputError
from prevalens.predictions import Predictions


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Logits to scores."""
    return 1 / (1 + np.exp(-logits))


def distorted(slope: float, intercept: float, n: int = 4000) -> tuple[Predictions, np.ndarray]:
    """Rows whose true logit is z and whose score has logit (z - intercept) / slope."""
    rng = np.random.default_rng(6)
    logits = rng.normal(0, 2, n)
    labels = (rng.random(n) < sigmoid(logits)).astype(int)
    patients = [f"p{k // 4}" for k in range(n)]
    scores = sigmoid((logits - intercept) / slope)
    return Predictions(labels=labels, scores=scores, patients=patients), sigmoid(logits)


def test_a_known_temperature_is_found() -> None:
    """Logits three times too large have temperature 3, within sampling error."""
    predictions, _ = distorted(1 / 3, 0)

    assert fit_recalibration(predictions, method="temperature").temperature == pytest.approx(
        3, rel=0.08
    )


def test_platt_finds_slope_and_intercept() -> None:
    """A known slope and shift of the logits are undone; true scores have none to undo."""
    predictions, truth = distorted(0.5, 1.0)
    fitted = fit_recalibration(predictions)

    assert fitted.slope == pytest.approx(0.5, rel=0.08)
    assert fitted.intercept == pytest.approx(1.0, rel=0.15)
    assert np.mean(np.abs(fitted.correct(predictions.scores) - truth)) < 0.02


def test_isotonic_pools_what_is_out_of_order() -> None:
    """Worked by hand: labels 0, 1, 0, 1 along the scores pool to 0, 1/2, 1/2, 1."""
    predictions = Predictions(labels=[0, 1, 0, 1], scores=[0.1, 0.2, 0.3, 0.4], patients=None)
    fitted = fit_recalibration(predictions, method="isotonic")

    assert fitted.correct([0.1, 0.2, 0.3, 0.4]).tolist() == [0, 0.5, 0.5, 1]
    with pytest.raises(InvalidInputError, match="merge scores"):
        fitted.correct_threshold(0.5)
    with pytest.raises(InvalidInputError, match="no temperature"):
        _ = fitted.temperature


@pytest.mark.parametrize("method", ["temperature", "platt"])
def test_a_threshold_maps_along(method: str) -> None:
    """The mapped threshold makes the same calls on the recalibrated scores."""
    predictions, _ = distorted(0.5, 1.0, n=500)
    fitted = fit_recalibration(predictions, method=method)
    calls = fitted.correct(predictions.scores) >= fitted.correct_threshold(0.3)

    assert np.array_equal(calls, predictions.scores >= 0.3)


@pytest.mark.parametrize("method", ["temperature", "platt", "isotonic"])
def test_cross_fitting_improves_the_log_loss(method: str) -> None:
    """Scores three times too sure come nearer to the truth without seeing their patient."""
    predictions, _ = distorted(1 / 3, 0)
    after = recalibrate(predictions, method=method)

    def loss(scores: np.ndarray) -> float:
        return float(log_loss(predictions.labels, np.clip(scores, 1e-6, 1 - 1e-6)))

    assert loss(after.scores) < loss(predictions.scores) - 0.1
    assert after.patients.tolist() == predictions.patients.tolist()


def test_a_patient_never_corrects_itself() -> None:
    """Turning one patient's labels round leaves the scores of that patient as they were."""
    predictions, _ = distorted(0.5, 1.0, n=400)
    turned = predictions.labels.copy()
    mine = predictions.patients == "p7"
    turned[mine] = turned[mine][::-1]  # the same counts, so the folds stay
    other = Predictions(labels=turned, scores=predictions.scores, patients=predictions.patients)

    before, after = recalibrate(predictions), recalibrate(other)

    assert before.scores[mine] == pytest.approx(after.scores[mine], abs=1e-12)


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 0, 0], [0.1, 0.2, 0.3], "rows of both"),
        ([0, 0, 1], [0.1, 0.2, 0.3], "without overlap.*isotonic"),
        ([1, 0, 1, 0], [0.1, 0.2, 0.15, 0.12], "No temperature corrects"),
    ],
)
def test_what_has_no_fit_is_refused(labels: list[int], scores: list[float], message: str) -> None:
    """One class, perfect separation, scores that run backwards."""
    with pytest.raises(InvalidInputError, match=message):
        fit_recalibration(
            Predictions(labels=labels, scores=scores, patients=None), method="temperature"
        )


def test_too_few_patients_for_the_folds_are_named() -> None:
    """Five folds need five patients of each class."""
    predictions = Predictions(
        labels=[0, 1, 0, 1], scores=[0.1, 0.2, 0.3, 0.4], patients=list("abcb")
    )

    with pytest.raises(InvalidInputError, match="'negative' comes from only 2 patients"):
        recalibrate(predictions)
    with pytest.raises(InvalidInputError, match=r"\[0, 1\]"):
        fit_recalibration(predictions, method="isotonic").correct([2.0])


def logit(scores: np.ndarray) -> np.ndarray:
    """Scores to logits."""
    return np.log(scores / (1 - scores))


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(st.booleans(), st.integers(1, 9)), max_size=30),
    method=st.sampled_from(["temperature", "platt"]),
)
def test_the_fit_is_the_maximum_of_the_likelihood(
    rows: list[tuple[bool, int]], method: str
) -> None:
    """Its equations hold: residuals add up to 0 along the logits, and with Platt by themselves."""
    # Two rows on either side that overlap, so that a fit exists.
    always = [(True, 2), (False, 1), (True, 9), (True, 7), (False, 8), (False, 3)]
    labels, tenths = (np.array(column) for column in zip(*rows, *always, strict=True))
    made = Predictions(labels=labels * 1, scores=tenths / 10, patients=None)
    try:
        fitted = fit_recalibration(made, method=method)
    except InvalidInputError as error:
        assert "do not go with positives" in str(error)  # noqa: PT017
        return
    left = made.labels - fitted.correct(made.scores)
    assert fitted.method == method
    assert left @ logit(made.scores) == pytest.approx(0, abs=1e-4)
    if method == "platt":
        assert left.sum() == pytest.approx(0, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=2, max_size=30),
    asked=st.lists(st.floats(0, 1), min_size=2, max_size=9),
)
def test_isotonic_scores_never_turn_an_order_round(
    rows: list[tuple[bool, int]], asked: list[float]
) -> None:
    """Between 0 and 1, never falling, and as many positives as there were."""
    labels, tenths = (np.array(column) for column in zip(*rows, (True, 5), (False, 5), strict=True))
    made = Predictions(labels=labels * 1, scores=tenths / 10, patients=None)
    fitted = fit_recalibration(made, method="isotonic")
    corrected = fitted.correct(sorted(asked))

    assert (np.diff(corrected) >= 0).all()
    assert ((corrected >= 0) & (corrected <= 1)).all()
    assert fitted.correct(made.scores).sum() == pytest.approx(labels.sum())


@pytest.mark.parametrize("method", ["temperature", "platt", "isotonic"])
def test_certain_scores_are_corrected_too(method: str) -> None:
    """A float32 sigmoid reaches 0 and 1: they stay the ends, and break neither fit nor map."""
    predictions = Predictions(
        labels=[0, 1, 0, 1, 0, 1], scores=[0.0, 0.0, 0.3, 0.6, 1.0, 1.0], patients=None
    )
    fitted = fit_recalibration(predictions, method=method)
    low, middle, high = fitted.correct([0.0, 0.5, 1.0])

    assert 0 <= low <= middle <= high <= 1
    assert fitted.correct([1e-7])[0] == pytest.approx(low)
    assert fitted.correct([1 - 1e-7])[0] == pytest.approx(high)


@pytest.mark.parametrize("turned", [False, True])
def test_classes_that_touch_are_separated(turned: bool) -> None:
    """A positive that only ties with the highest negative overlaps with none."""
    labels = np.array([0, 0, 1, 1])
    predictions = Predictions(
        labels=1 - labels if turned else labels, scores=[0.1, 0.2, 0.2, 0.4], patients=None
    )
    ends = ("0.1 to 0.2, negatives from 0.2 to 0.4", "0.2 to 0.4, negatives from 0.1 to 0.2")
    with pytest.raises(InvalidInputError, match=f"positives from {ends[not turned]}"):
        fit_recalibration(predictions)


def test_scores_that_say_nothing_have_no_temperature() -> None:
    """A slope of exactly 0 would divide by 0."""
    predictions = Predictions(labels=[0, 1, 1, 0], scores=[0.2, 0.2, 0.8, 0.8], patients=None)
    with pytest.raises(InvalidInputError, match="No temperature corrects"):
        fit_recalibration(predictions, method="temperature")


def test_cross_fitting_takes_the_method_the_folds_and_the_seed() -> None:
    """Two folds of independent images; each setting changes the scores, the defaults are told."""
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1], 20)
    scores = np.clip(0.5 + 0.2 * labels + 0.3 * rng.normal(size=40), 0.05, 0.95)
    made = Predictions(labels=labels, scores=scores, patients=None)
    plain = recalibrate(made).scores

    assert plain.tolist() == recalibrate(made, method="platt", n_folds=5, seed=0).scores.tolist()
    for setting in ({"method": "isotonic"}, {"n_folds": 2}, {"seed": 1}):
        assert plain.tolist() != recalibrate(made, **setting).scores.tolist()  # type: ignore[arg-type]
    few = Predictions(
        labels=[0, 1, 0, 1, 0, 1], scores=[0.2, 0.4, 0.5, 0.3, 0.1, 0.6], patients=list("aabbcc")
    )
    assert len(recalibrate(few, method="isotonic", n_folds=3).scores) == 6


@pytest.mark.parametrize(
    ("setting", "name"),
    [({"method": "plat"}, "`method`.*Did you mean 'platt'"), ({"n_folds": 1}, "`n_folds`")],
)
def test_settings_are_refused_by_name(setting: dict[str, object], name: str) -> None:
    """Both in cross-fitting and, for the method, in fitting."""
    predictions, _ = distorted(0.5, 1.0, n=100)
    with pytest.raises(InvalidInputError, match=name):
        recalibrate(predictions, **setting)  # type: ignore[arg-type]
    if "method" in setting:
        with pytest.raises(InvalidInputError, match=name):
            fit_recalibration(predictions, **setting)  # type: ignore[arg-type]
    fitted = fit_recalibration(predictions)
    with pytest.raises(InvalidInputError, match=r"`threshold` must lie in \[0, 1\]"):
        fitted.correct_threshold(1.5)
    with pytest.raises(InvalidInputError, match=r"`threshold` must lie in \[0, 1\]"):
        fitted.correct_threshold(-0.5)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 999), n_folds=st.integers(2, 4))
def test_a_patients_images_share_one_map(seed: int, n_folds: int) -> None:
    """Within a patient equal scores stay equal, none overtakes another, all stay in [0, 1]."""
    rng = np.random.default_rng(seed)
    owner, labels = np.repeat(np.arange(12), 5), np.tile([0, 1, 0, 1, 1], 12)
    scores = np.round(np.clip(0.4 + 0.2 * labels + 0.3 * rng.normal(size=60), 0, 1), 1)
    made = Predictions(labels=labels, scores=scores, patients=[f"p{k}" for k in owner])
    corrected = recalibrate(made, method="isotonic", n_folds=n_folds, seed=seed).scores

    assert ((corrected >= 0) & (corrected <= 1)).all()
    for patient in range(12):
        mine = owner == patient
        order = np.argsort(scores[mine], kind="stable")
        risen, after = np.diff(scores[mine][order]), np.diff(corrected[mine][order])
        assert (after >= 0).all()
        assert (after[risen == 0] == 0).all()


def test_platt_never_turns_the_order_round() -> None:
    """Labels that run against the scores have a negative slope: refused, not flipped."""
    backwards = Predictions(labels=[1, 0, 1, 0], scores=[0.1, 0.2, 0.15, 0.12], patients=None)
    with pytest.raises(InvalidInputError, match=r"No Platt scaling corrects.*turn their order"):
        fit_recalibration(backwards)


def test_in_the_large_expects_as_many_positives_as_there_are() -> None:
    """The slope stays 1; two rows of logit 0 and one positive need nothing added."""
    predictions, _ = distorted(1.0, 1.5)
    fitted = fit_recalibration(predictions, method="in_the_large")

    assert fitted.slope == 1
    assert fitted.intercept == pytest.approx(1.5, abs=0.15)
    assert fitted.correct(predictions.scores).sum() == pytest.approx(predictions.labels.sum())
    even = Predictions(labels=[0, 1], scores=[0.5, 0.5], patients=None)
    assert fit_recalibration(even, method="in_the_large").intercept == pytest.approx(0, abs=1e-12)


def test_shift_and_recalibration_are_one_map() -> None:
    """Correcting the shift first and fitting on that is what the one call does."""
    predictions, _ = distorted(0.5, 1.0, n=800)
    shift = PriorShift(0.5, 0.1)
    moved = predictions.with_scores(shift.correct(predictions.scores))
    both = fit_recalibration(predictions, shift=shift)

    apart = fit_recalibration(moved)
    assert both.correct(predictions.scores) == pytest.approx(apart.correct(moved.scores))
    assert recalibrate(predictions, shift=shift).scores == pytest.approx(recalibrate(moved).scores)


@pytest.mark.parametrize("method", ["in_the_large", "temperature", "platt", "isotonic"])
@pytest.mark.parametrize("shift", [None, PriorShift(0.5, 0.05)])
def test_a_saved_map_is_the_same_map(method: str, shift: PriorShift | None, tmp_path: Path) -> None:
    """What `save` wrote, `load` reads, and both correct alike."""
    predictions, _ = distorted(0.5, 1.0, n=300)
    fitted = fit_recalibration(predictions, method=method, shift=shift)
    fitted.save(tmp_path / "map.json")

    assert Recalibration.load(tmp_path / "map.json") == fitted
    (tmp_path / "map.json").write_text("{}")
    with pytest.raises(InvalidInputError, match="no prevalens recalibration"):
        Recalibration.load(tmp_path / "map.json")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"method": "platt", "slope": -1.0}, r"`slope` must lie in \(0, inf\)"),
        ({"method": "platt", "slope": math.inf}, "`slope`"),
        ({"method": "platt", "intercept": math.nan}, "`intercept` must be a number"),
        ({"method": "spline"}, "'method'|`method` must be one of"),
        ({"method": "isotonic"}, "got 0 for 'isotonic'"),
        ({"method": "platt", "steps": ((0.0, 0.0), (1.0, 1.0))}, "got 2 for 'platt'"),
        ({"method": "isotonic", "steps": ((0.5, 0.2), (0.1, 0.3))}, "must be rising pairs"),
        ({"method": "isotonic", "steps": ((0.1, 0.9), (0.5, 0.2))}, "must be rising pairs"),
        ({"method": "isotonic", "steps": ((0.1, 0.9), (0.5, 17.0))}, "must be rising pairs"),
    ],
)
def test_a_map_that_is_no_recalibration_is_refused(settings: dict[str, Any], told: str) -> None:
    """One that turns the order round, leaves [0, 1], or is of no method."""
    with pytest.raises(InvalidInputError, match=told):
        Recalibration(**settings)


@pytest.mark.parametrize(
    "lie",
    [{"slope": -1.0}, {"train_prevalence": 0.5}, {"train_prevalence": 2, "target_prevalence": 0.1}],
)
def test_a_file_of_such_a_map_is_named(tmp_path: Path, lie: dict[str, float]) -> None:
    """A negative slope, a prevalence without the other, and one that is no share."""
    Recalibration("platt", 2.0, 0.1).save(tmp_path / "map.json")
    plain = json.loads((tmp_path / "map.json").read_text())
    (tmp_path / "map.json").write_text(json.dumps(plain | lie))
    with pytest.raises(InvalidInputError, match=r"map\.json was edited or cut"):
        Recalibration.load(tmp_path / "map.json")
