"""Tests of the measures in use, and of the door to each estimate."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import (
    Measure,
    all_estimates,
    all_measures,
    compare_models,
    net_benefit,
    of_counts,
    register_measure,
    unregister_measure,
)
from prevalens.metrics.inputs import check_columns
from prevalens.metrics.registry import estimate_of, keys_where, measure_of
from prevalens.metrics.settings import Settings

RNG = np.random.default_rng(0)
LABELS, SCORES, PATIENTS = RNG.random(60) < 0.4, RNG.random(60), np.arange(60) // 6


def misses(tn: float, fp: float, fn: float, tp: float) -> float:
    """Return the share of positives that are missed."""
    del tn, fp
    return fn / (fn + tp)


def miss_rate(key: str = "miss_rate") -> Measure:
    """Make a measure that the library does not have."""
    return Measure(
        key=key,
        title="Miss rate",
        group="threshold",
        direction="lower",
        formula=of_counts(lambda tn, fp, fn, tp: fn / (fn + tp)),
        low=0.0,
        high=1.0,
        needs_threshold=True,
        comparable=True,
        references=("Altman & Bland 1994",),
    )


@pytest.mark.parametrize("name", [measure.key for measure in all_measures()])
def test_each_key_gives_the_estimate_of_the_table(name: str) -> None:
    """The same as `all_estimates`, and net benefit as its own function."""
    columns = check_columns(LABELS, SCORES, PATIENTS)
    made = estimate_of(name, columns, Settings(0.3, 0.95))
    assert made == all_estimates(LABELS, SCORES, threshold=0.3, patients=PATIENTS)[name]
    if name == "net_benefit":
        assert made == net_benefit(LABELS, SCORES, 0.3, patients=PATIENTS).model[0]


def test_the_confidence_level_and_the_threshold_are_the_estimates() -> None:
    """A score of the threshold is predicted positive; values counted by hand."""
    columns = check_columns([1, 1, 0, 0, 1, 0], [0.5, 0.2, 0.5, 0.1, 0.7, 0.3], None)
    by_hand = {"sensitivity": 2 / 3, "specificity": 2 / 3, "accuracy": 2 / 3}
    by_hand |= {"net_benefit": 1 / 6, "brier": (0.25 * 2 + 0.64 + 0.01 + 0.09 * 2) / 6}
    by_hand |= {"auroc": (2.5 + 1 + 3) / 9, "f2": 10 / (10 + 1 + 4)}
    for name, value in by_hand.items():
        made = estimate_of(name, columns, Settings(0.5, 0.8))
        assert made.confidence_level == 0.8
        assert made.value == pytest.approx(value), name


def test_an_unknown_key_suggests_the_nearest_and_a_missing_threshold_is_named() -> None:
    """A misspelt measure is no Brier score."""
    columns = check_columns(LABELS, SCORES, None)
    with pytest.raises(InvalidInputError, match="Did you mean 'sensitivity'"):
        estimate_of("sensitivty", columns, Settings(0.5, 0.95))
    with pytest.raises(InvalidInputError, match="'sensitivity' needs `threshold`, got None"):
        estimate_of("sensitivity", columns, Settings(None, 0.95))


def test_a_users_measure_is_estimated_compared_and_drawn() -> None:
    """The miss rate is 1 - sensitivity, with the differences of sensitivity turned round."""
    ask = {"threshold": 0.4, "patients": PATIENTS}
    with register_measure(miss_rate()) as measure:
        assert measure_of("miss_rate") is measure
        made = all_estimates(LABELS, SCORES, **ask)
        assert made["miss_rate"].value == pytest.approx(1 - made["sensitivity"].value)
        drawn = all_estimates(LABELS, SCORES, draws=100, **ask)
        assert drawn["miss_rate"].upper == pytest.approx(1 - drawn["sensitivity"].lower)
        one, two = (
            compare_models(LABELS, SCORES, SCORES**2, measure=key, **ask).difference
            for key in ("miss_rate", "sensitivity")
        )
        assert one.value == pytest.approx(-two.value)
    assert "miss_rate" not in all_estimates(LABELS, SCORES, **ask)


@given(st.text("abcdefgh_", min_size=1), st.integers(0, 9), st.integers(1, 9))
def test_whatever_the_key_the_table_is_as_before_afterwards(key: str, low: int, high: int) -> None:
    """Registered, computed by hand count, removed."""
    before = all_measures()
    if key in {measure.key for measure in before}:
        return
    register_measure(replace(miss_rate(), key=key, formula=of_counts(misses)))
    try:
        columns = check_columns([1] * low + [1] * high, [0.2] * low + [0.9] * high, None)
        value = estimate_of(key, columns, Settings(0.5, 0.95)).value
        assert value == pytest.approx(low / (low + high))
    finally:
        unregister_measure(key)
    assert all_measures() == before


def test_a_key_is_registered_once_and_the_librarys_own_stay() -> None:
    """Taken keys and removals of the library's own are refused, each with its remedy."""
    with pytest.raises(InvalidInputError, match=r"'auroc' is registered already\. Use another key"):
        register_measure(miss_rate("auroc"))
    with pytest.raises(InvalidInputError, match="'auroc' is one of the library's own"):
        unregister_measure("auroc")
    register_measure(miss_rate())
    try:
        with pytest.raises(InvalidInputError, match=r"unregister_measure\('miss_rate'\) first"):
            register_measure(miss_rate())
    finally:
        unregister_measure("miss_rate")
    with pytest.raises(InvalidInputError, match="`key` must be one of"):
        unregister_measure("miss_rate")


def test_keys_are_chosen_by_a_condition_in_the_order_of_the_table() -> None:
    """The four of net benefit."""
    chosen = keys_where(lambda measure: measure.group == "utility")
    assert chosen == (
        "net_benefit",
        "net_benefit_treat_all",
        "net_benefit_over_treat_all",
        "standardised_net_benefit",
    )


def test_measures_reach_another_process() -> None:
    """The library's own as the very entry; a user's as its fields, which compute the same."""
    own, users = (
        pickle.loads(pickle.dumps(each))  # noqa: S301 - made here
        for each in (measure_of("auroc"), replace(miss_rate(), formula=of_counts(misses)))
    )
    assert own is measure_of("auroc")
    rows = check_columns([1, 1, 1, 0], [0.2, 0.9, 0.8, 0.1], None)
    assert users.compute(rows, Settings(0.5, 0.95)).value == pytest.approx(1 / 3)
