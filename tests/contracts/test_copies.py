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
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from test_public_api import STAGES

from prevalens.metrics import all_class_measures, all_estimates, all_measures

pytestmark = [pytest.mark.keras, pytest.mark.filterwarnings("ignore")]

# Made of a user's own functions, and as easily sent as these; or a protocol, which nothing is.
OF_FUNCTIONS = {"Formula", "Measure"}
NEVER_MADE = {"Reader"}
# Keras pickles its layers by a file of its own, which tests/test_keras_registration.py reads.
OF_KERAS = {"RandomAugmentation"}
# Their examples train networks, for half a minute and more.
SLOW = {"callbacks", "explanations", "models", "studies"}
# A new process costs seconds, of Keras many: these are what workers are sent.
SPAWNED = {"cohorts", "images", "metrics", "splits"}
# What no example makes.
NO_EXAMPLE = {
    "Acceptance",
    "BoundCriterion",
    "ClassMeasure",
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
