"""What every public estimate must satisfy, over arbitrary labels, scores and patients."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import ScoredRows, columns_of, scored_rows

from prevalens import metrics
from prevalens.metrics import Estimate
from prevalens.metrics.registry import keys_where

AT_THRESHOLD = keys_where(lambda measure: measure.comparable and measure.needs_threshold)
DRAWN = {
    "expected_calibration_error",
    "integrated_calibration_index",
    "calibration_e50",
    "calibration_e90",
}
# What else an estimate must be told; only what it takes is passed.
EXTRA = {
    "prevalence": 0.1,
    "max_false_positive_rate": 0.4,
    "thresholds": [0.2, 0.5],
    "bins": 3,
    "strategy": "uniform",
    "draws": 100,
}
ROWS = scored_rows(least=4, most=24)
Columns = tuple[np.ndarray, np.ndarray, np.ndarray]


def takes(name: str) -> list[str]:
    """Return the names of a public function's arguments."""
    return list(inspect.signature(getattr(metrics, name)).parameters)


NAMES = [
    name
    for name in metrics.__all__
    if inspect.isfunction(getattr(metrics, name))
    and {"labels", "confidence_level"} <= set(takes(name))
]


def asked(
    name: str, columns: Columns, *, confidence_level: float = 0.95, alone: bool = False
) -> dict[str, Estimate]:
    """Ask one public function, and return every estimate in its answer by its place there."""
    labels, scores, patients = columns
    given: dict[str, object] = {
        "labels": labels,
        "confidence_level": confidence_level,
        "scores": scores,
    }
    given |= {"predictions": scores >= 0.5, "patients": None if alone else patients}
    given |= {"first": scores, "second": (10 * scores) ** 2 % 7 / 7, "in_first": 10 * scores % 2}
    given["sites"] = ["here"] * len(labels)  # one site is what its rows are; several pool those
    given |= EXTRA
    if name == "all_estimates":
        given["threshold"] = 0.5
        # What draws is asked by its own function.
        given["measures"] = keys_where(lambda measure: measure.key not in DRAWN)
        given["prevalence"] = None  # goes without draws
    several = "multiclass" in name or "multilabel" in name
    if "multilabel" in name:
        given |= {"labels": np.stack([~labels, labels], axis=1) * 1, "names": ["a", "b"]}
        given["thresholds"] = 0.5
    if "multiclass" in name:
        given |= {"labels": labels * 1, "classes": ["a", "b"], "ordered": True}
    if several:
        for which in ("scores", "first", "second"):
            column = np.asarray(given[which])
            given[which] = np.stack([1 - column, column], axis=1)
    made = getattr(metrics, name)(**{word: given[word] for word in takes(name) if word in given})
    return estimates_in(made, name)


def estimates_in(made: object, where: str) -> dict[str, Estimate]:
    """Find the estimates in an answer of any shape."""
    if isinstance(made, Estimate):
        return {where: made}
    parts: Mapping[object, object] = {}
    if isinstance(made, Mapping):
        parts = made
    elif isinstance(made, list | tuple):
        parts = dict(enumerate(made))
    elif is_dataclass(made):
        parts = {field.name: getattr(made, field.name) for field in fields(made)}
    found: dict[str, Estimate] = {}
    for key, part in parts.items():
        found |= estimates_in(part, f"{where}.{key}")
    return found


def close(one: float | None, other: float | None) -> bool:
    """Whether two values are both missing, or alike to rounding."""
    if one is None or other is None:
        return one is other
    return one == pytest.approx(other, rel=1e-6, abs=1e-9)


def possible(name: str, columns: Columns) -> bool:
    """Whether both groups of a comparison have rows, which is an error of its own."""
    return "groups" not in name or 0 < (10 * columns[1] % 2 >= 1).sum() < len(columns[1])


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8, deadline=None)
@given(rows=ROWS, seed=st.integers(0, 99))
def test_neither_the_order_of_rows_nor_the_names_of_patients_count(
    name: str, rows: ScoredRows, seed: int
) -> None:
    """Shuffled rows of patients called otherwise: value, limits and counts to rounding."""
    columns = columns_of(rows)
    if not possible(name, columns):
        return
    mixed = np.random.default_rng(seed).permutation(len(rows))
    labels, scores, patients = (column[mixed] for column in columns)
    renamed = np.char.add("somebody else: ", patients.astype(str))
    one, two = asked(name, columns), asked(name, (labels, scores, renamed))

    assert one.keys() == two.keys()
    for place, estimate in one.items():
        other = two[place]
        assert estimate.method, place
        missing = bool(estimate.not_estimable) or estimate.infinite
        assert (estimate.value is None) == missing, place
        for estimates in ("value", "lower", "upper", "n", "events", "patients"):
            assert close(getattr(estimate, estimates), getattr(other, estimates)), (
                place,
                estimates,
            )


# Loess takes a whole number of neighbours, 0.75 n rounded down, which is not doubled with the rows.
LOESS = {"integrated_calibration_index", "calibration_distance"}


@pytest.mark.parametrize("name", sorted({*NAMES} - LOESS))
@settings(max_examples=8, deadline=None)
@given(rows=ROWS)
def test_everyone_twice_leaves_each_value_as_it_was(name: str, rows: ScoredRows) -> None:
    """As many new patients with the same images: no value moves, and every count doubles."""
    columns = columns_of(rows)
    if not possible(name, columns):
        return
    labels, scores, patients = columns
    twins = np.append(patients.astype(str), np.char.add("twin of ", patients.astype(str)))
    one = asked(name, columns)
    two = asked(name, (np.tile(labels, 2), np.tile(scores, 2), twins))

    for place, estimate in one.items():
        other = two[place]
        # Its ten bins end at quantiles, which lie elsewhere between rows that stand twice.
        assert close(estimate.value, other.value) or "classwise" in place, place
        assert (2 * estimate.n, 2 * (estimate.patients or 0)) == (other.n, other.patients or 0), (
            place
        )


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8, deadline=None)
@given(rows=ROWS, alone=st.booleans())
def test_a_wider_level_is_a_wider_interval(name: str, rows: ScoredRows, alone: bool) -> None:
    """The 80 % interval lies inside the 95 % one, and both hold the value of a closed form."""
    columns = columns_of(rows)
    if not possible(name, columns):
        return
    wide = asked(name, columns, alone=alone)
    for place, narrow in asked(name, columns, confidence_level=0.8, alone=alone).items():
        assert close(narrow.value, wide[place].value), place
        # Limits squared and added of arms that pull against each other (Zou 2007) need not nest.
        of_arms = place.rpartition(".")[2] in {"youden", "balanced_accuracy"}
        of_means = ".macro_" in place or "hand_till" in place or "compare_multi" in place
        added = not alone and (of_arms or of_means)
        if narrow.lower is None or narrow.upper is None or added:
            continue
        lower, upper = wide[place].lower, wide[place].upper
        if lower is None or upper is None:  # the wider one goes beyond what a computer can hold
            assert wide[place].note, place
            continue
        assert lower <= narrow.lower + 1e-12, place
        assert narrow.upper <= upper + 1e-12, place


@pytest.mark.parametrize("function", ["compare_models", "compare_groups"])
@settings(max_examples=15, deadline=None)
@given(rows=ROWS, estimate=st.sampled_from(["auroc", "brier", *AT_THRESHOLD]))
def test_a_comparison_turned_round_changes_its_sign(
    function: str, rows: ScoredRows, estimate: str
) -> None:
    """Second minus first: limits swap and turn, the p value stays."""
    labels, scores, patients = columns_of(rows)
    group, other = (10 * scores).astype(int) % 2, (10 * scores) ** 2 % 7 / 7
    if len(set(group.tolist())) < 2:
        return
    ask: dict[str, object] = {"measure": estimate, "patients": patients}
    ask["threshold"] = 0.5 if estimate in AT_THRESHOLD else None
    compare: Callable[..., metrics.Contrast] = getattr(metrics, function)
    if function == "compare_models":
        one, two = (compare(labels, *pair, **ask) for pair in ((scores, other), (other, scores)))
    else:
        one, two = (compare(labels, scores, rows_, **ask) for rows_ in (group, 1 - group))

    assert close(one.p_value, two.p_value)
    assert one.difference.value is None or close(one.difference.value, -two.difference.value)  # type: ignore[operator]
    if one.difference.lower is not None:
        assert close(one.difference.lower, -two.difference.upper)  # type: ignore[operator]
