"""Every public object is copied, pickled and read by a new process unchanged."""

import contextlib
import copy
import dataclasses
import doctest
import importlib
import inspect
import io
import multiprocessing
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_public_api import STAGES

from prevalens.cohorts import Cohort
from prevalens.metrics import all_class_measures, all_estimates, all_measures
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.splits import Partition

pytestmark = [pytest.mark.keras, pytest.mark.filterwarnings("ignore")]

# Made of a user's own functions, and as easily sent as these; or a protocol, which nothing is.
OF_FUNCTIONS = {"ClassMeasure", "Formula", "Measure"}
NEVER_MADE = {"Reader"}
# Keras pickles its layers by a file of its own, which tests/test_keras_registration.py reads.
OF_KERAS = {"RandomAugmentation"}
# Their examples train networks, for half a minute and more: `MADE` makes what is tried of them.
SLOW = {"callbacks", "explanations", "models", "studies"}
# A new process costs seconds, of Keras many: these are what workers are sent.
SPAWNED = {"cohorts", "images", "metrics", "splits"}
# What no example makes.
NO_EXAMPLE = {
    "Acceptance",
    "BoundCriterion",
    "CohortSummary",
    "CovariateHoldout",
    "ModelCard",
    "NonInferiority",
    "NonInferiorityCriterion",
    "PromiseCheck",
    "Recalibration",
    "ShortcutAudit",
    "Verification",
}


def public_classes(stage: str) -> list[type]:
    """Return the public classes of a stage."""
    module = importlib.import_module(f"prevalens.{stage}")
    found = [getattr(module, name) for name in module.__all__]
    return [thing for thing in found if inspect.isclass(thing) and thing.__name__ not in NEVER_MADE]


def of_examples(kind: type, stage: str) -> Iterator[Any]:
    """Yield what the examples of a class, or of what returns it, make of that class."""
    module = importlib.import_module(f"prevalens.{stage}")
    named = [getattr(module, name) for name in module.__all__]
    makers = [
        thing
        for thing in named
        if inspect.isfunction(thing) and kind.__name__ in str(thing.__annotations__.get("return"))
    ]
    for thing in (kind, *makers):
        shown: list[Any] = []
        space = dict(vars(importlib.import_module(thing.__module__)))
        before, sys.displayhook = sys.displayhook, shown.append
        try:
            for example in doctest.DocTestParser().get_examples(thing.__doc__ or ""):
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(example.source, "example", "single"), space)  # noqa: S102
        finally:
            sys.displayhook = before
        yield from (value for value in (*space.values(), *shown) if type(value) is kind)


def made(kind: type, stage: str) -> Any:
    """Return an object of a class, from an example or without arguments; None where neither is."""
    for found in of_examples(kind, stage):
        return found
    with contextlib.suppress(TypeError):
        return kind()
    return None


def is_same(one: Any, other: Any) -> bool:
    """Return whether two values are the same, field by field."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(
            one, other, equal_nan=one.dtype.kind == "f"
        )
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(is_same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(is_same, one, other))
    if dataclasses.is_dataclass(one):
        compared = [field.name for field in dataclasses.fields(one) if field.compare]
        return all(is_same(getattr(one, name), getattr(other, name)) for name in compared)
    if type(one).__eq__ is object.__eq__:
        return True
    return bool(one == other) or (np.isreal(one) and bool(np.isnan(one) and np.isnan(other)))


def kind_of(data: bytes) -> str:
    """Return the class of a pickled object."""
    return type(pickle.loads(data)).__name__  # noqa: S301


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in SLOW])
def test_every_public_object_is_copied_unchanged(stage: str) -> None:
    """Pickled and copied in depth; what workers are sent is read by a process that is new."""
    wrong, sent = [], {}
    for kind in public_classes(stage):
        name = kind.__name__
        if (value := made(kind, stage)) is None:
            assert name in NO_EXAMPLE
            continue
        assert name not in NO_EXAMPLE
        if name in OF_FUNCTIONS | OF_KERAS:
            continue
        try:
            sent[name] = pickle.dumps(value)
            copies = [pickle.loads(sent[name]), copy.deepcopy(value)]  # noqa: S301
        except Exception as error:  # noqa: BLE001 - what a user would see
            wrong.append(f"{name}: {type(error).__name__}: {error}")
            continue
        wrong += [f"{name}: differs" for each in copies if not is_same(value, each)]

    assert wrong == []
    if stage in SPAWNED:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            assert pool.map(kind_of, sent.values()) == list(sent)


def test_measures_and_their_rules_of_limits_are_sent() -> None:
    """A measure by its key; limits of an estimate at another level are those of before."""
    for measure in (*all_measures(), *all_class_measures()):
        assert pickle.loads(pickle.dumps(measure)) is measure  # noqa: S301
        assert copy.deepcopy(measure) is measure
    rng = np.random.default_rng(0)
    labels, scores = np.arange(60) % 2, rng.uniform(size=60)
    for patients in (None, np.arange(60) // 3):
        found = all_estimates(labels, scores, threshold=0.5, patients=patients)
        with_rules = {key: each for key, each in found.items() if each.limits_at is not None}
        assert "sensitivity" in with_rules
        assert patients is not None or "f1" in with_rules
        for each in with_rules.values():
            again = pickle.loads(pickle.dumps(each))  # noqa: S301
            assert again == each
            assert again.limits_at(0.9) == each.limits_at(0.9)


PIXELS = np.random.default_rng(0).uniform(size=(8, 8, 8, 3)).astype(np.float32)
LABELS = (np.arange(8) % 2).astype(np.float32)[:, None]
SCORES = np.linspace(0.1, 0.8, 8, dtype=np.float32)[:, None]


def trained(*callbacks: Any) -> Any:
    """Return a network, trained for two epochs where there are callbacks."""
    import keras  # noqa: PLC0415

    layers = [keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")]
    network = keras.Sequential([keras.Input((8, 8, 3)), *layers])
    network.compile("sgd", "binary_crossentropy")
    data = (PIXELS, LABELS)
    if callbacks:
        network.fit(*data, validation_data=data, epochs=2, callbacks=list(callbacks), verbose=0)
    return network


def of_fit(callback: Any) -> Any:
    """Return a callback after a training."""
    trained(callback)
    return callback


def a_cohort() -> Cohort:
    """Return 24 images, which do not exist, of 12 patients."""
    return Cohort(
        images=[f"{k}.png" for k in range(24)],
        labels=["sick"] * 12 + ["well"] * 12,
        patients=[f"p{k // 2}" for k in range(24)],
        positive="sick",
    )


def half(cohort: Cohort, fold: Any) -> Any:
    """Return a model that is never sure."""
    del cohort, fold
    return lambda cohort, rows: np.full(len(rows), 0.5)


def makers() -> dict[str, Callable[[], Any]]:
    """Return what makes one object of each public class of the slow stages."""
    from prevalens import callbacks, explanations, models, studies  # noqa: PLC0415

    rule = callbacks.AdjusterRule(patience=2)
    card = models.ClassifierCard(classes=("well", "sick"), threshold=0.3, train_prevalence=0.5)
    summary = studies.StudySummary(
        estimates={"auroc": {"value": 0.93}}, baselines={}, threshold=0.4, folds=[], files={}
    )
    cohort = a_cohort()
    partition = Partition.of(cohort, train=[0, 1, 12, 13], test=[2, 3, 14, 15])
    rows = Predictions(labels=[0, 1], scores=[0.2, 0.8], patients=["p", "q"])
    report = ClinicalReport(rows, threshold=0.5)
    return {
        "AdjusterRule": lambda: rule,
        "AdjusterState": rule.start,
        "Decision": lambda: rule.simulate([0.5, 0.6], rate=1.0)[-1],
        "KeptEpoch": lambda: rule.start().kept,
        "CorrectedLogLoss": lambda: callbacks.CorrectedLogLoss(
            train_prevalence=0.5, prevalence=0.1
        ),
        "LearningRateAdjuster": lambda: of_fit(callbacks.LearningRateAdjuster(verbose=0)),
        "RunLock": lambda: callbacks.RunLock("runs/all"),
        "TrainingBackup": lambda: callbacks.TrainingBackup(
            "runs/all.npz", callbacks.LearningRateAdjuster(verbose=0), settings={"seed": 7}
        ),
        "DeletionTest": lambda: explanations.DeletionTest(
            falls=np.arange(3.0), chance=np.zeros(3), shares=(0.1, 0.3)
        ),
        "AucMarginLoss": lambda: models.AucMarginLoss(prevalence=0.2),
        "ClassBalancedLoss": lambda: models.ClassBalancedLoss([9, 1]),
        "FocalLoss": lambda: models.FocalLoss(alpha=0.25),
        "LogitAdjustedLoss": lambda: models.LogitAdjustedLoss(0.1),
        "Classifier": lambda: models.Classifier(trained(), card),
        "ClassifierCard": lambda: card,
        "Preprocessing": lambda: models.Preprocessing(scale=(2.0, 2.0, 2.0)),
        "CrossPredictions": lambda: studies.cross_predict(cohort, half, n_splits=2),
        "Fold": lambda: studies.Fold(2, 0, 7, partition, Path("runs")),
        "Study": lambda: studies.Study(
            Path("runs"), rows, np.array([False, True]), None, report, summary
        ),
        "StudyPlan": lambda: studies.plan(cohort, check_files=False)[1],
        "StudySummary": lambda: summary,
    }


def what_it_does(value: Any) -> Any:
    """Return what an object of training gives: numbers where it has no fields to compare."""
    name = type(value).__name__
    if name.endswith("Loss") and hasattr(value, "update_state"):
        value.update_state(LABELS, SCORES)
        return float(value.result())
    if name.endswith("Loss"):
        two = "ClassBalanced" in name
        labels, scores = (np.hstack([1 - a, a]) if two else a for a in (LABELS, SCORES))
        return float(value(labels, scores))
    if name == "LearningRateAdjuster":
        return value.record.to_list(), value.restore_best(), value.model.predict(PIXELS, verbose=0)
    if name == "TrainingBackup":
        return value.path, value.history, [type(each).__name__ for each in value.callbacks]
    if name == "Classifier":
        return value.card, np.asarray(value.model.predict(PIXELS, verbose=0))
    return value.path if name == "RunLock" else value


def test_every_object_of_training_is_copied_unchanged() -> None:
    """Callbacks after a training, losses, classifiers, plans and results: what each does is kept.

    A worker reads all of them; it has to find the classes without being told where.
    """
    kinds = [kind for stage in sorted(SLOW) for kind in public_classes(stage)]
    protocols = {kind.__name__ for kind in kinds if getattr(kind, "_is_protocol", False)}
    known = makers()
    assert {kind.__name__ for kind in kinds} - protocols == known.keys()

    wrong, sent = [], {}
    for name, make in known.items():
        value = make()
        sent[name] = pickle.dumps(value)
        copies = [pickle.loads(sent[name]), copy.deepcopy(value)]  # noqa: S301
        before = what_it_does(value)
        wrong += [name for each in copies if not is_same(before, what_it_does(each))]
    assert wrong == []
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(kind_of, sent.values()) == list(sent)
