"""Tests of the estimates of labels and predictions."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens import metrics
from prevalens.exceptions import InvalidInputError
from prevalens.metrics import (
    Estimate,
    accuracy,
    clopper_pearson_interval,
    confusion_estimates,
    npv,
    ppv,
    prevalence,
    sensitivity,
    specificity,
    wilson_interval,
)

LABELS = np.repeat([1, 1, 0, 0], [18, 2, 6, 74])
PREDICTED = np.repeat([1, 0, 1, 0], [18, 2, 6, 74])
pairs = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 4)), min_size=1)


def test_proportions_are_wilson_on_their_own_counts() -> None:
    """Value, limits, n and events of each, by hand count."""
    for estimate, events, n in (
        (sensitivity, 18, 20),
        (specificity, 74, 80),
        (ppv, 18, 24),
        (npv, 74, 76),
        (accuracy, 92, 100),
    ):
        made = estimate(LABELS, PREDICTED)
        assert (made.value, made.n, made.events) == (events / n, n, events)
        assert (made.lower, made.upper) == wilson_interval(events, n)
        exact = estimate(LABELS, PREDICTED, interval="exact")
        assert (exact.lower, exact.upper) == clopper_pearson_interval(events, n)
    assert prevalence(LABELS).value == 0.2


def test_an_unknown_interval_is_met_with_the_choices() -> None:
    """The nearest name is suggested."""
    with pytest.raises(InvalidInputError, match=r"'wilson', 'exact', got 'wilsen'.*'wilson'"):
        sensitivity(LABELS, PREDICTED, interval="wilsen")


def test_lengths_that_differ_are_refused() -> None:
    """Labels and predictions are of the same images."""
    with pytest.raises(InvalidInputError, match="`predictions` has 2"):
        confusion_estimates([0, 1, 1], [0, 1])


@settings(deadline=None, max_examples=60)
@given(pairs)
def test_sensitivity_and_specificity_are_dual(rows: list[tuple[bool, bool, int]]) -> None:
    """Swapping the classes swaps the two, limits included."""
    labels, predictions, patients = (np.array(column) for column in zip(*rows, strict=True))
    one = sensitivity(labels, predictions, patients=patients)
    assert one == specificity(~labels, ~predictions, patients=patients) or one.value is None


@settings(deadline=None, max_examples=60)
@given(pairs, st.randoms(use_true_random=False))
def test_rows_may_come_in_any_order(rows: list[tuple[bool, bool, int]], random: object) -> None:
    """Shuffled rows give the same estimates, and limits stay ordered and in range."""
    mixed = list(rows)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    made = []
    for ordered in (rows, mixed):
        labels, predictions, patients = (np.array(column) for column in zip(*ordered, strict=True))
        made.append(confusion_estimates(labels, predictions, patients=patients))
    for name, estimate in made[0].items():
        other = made[1][name]
        assert estimate.not_estimable == other.not_estimable
        if estimate.value is None or estimate.lower is None or estimate.upper is None:
            assert (estimate.lower is None) == (other.lower is None)
            assert estimate.infinite == other.infinite
            continue
        assert (estimate.lower, estimate.upper) == pytest.approx((other.lower, other.upper))
        assert estimate.lower <= estimate.value <= estimate.upper, name
        low = -1 if name in {"youden", "mcc", "kappa"} else 0
        assert estimate.lower >= low
        if name not in {"lr_positive", "lr_negative", "dor"}:
            assert estimate.upper <= 1


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_patients_with_one_image_each_change_nothing(rows: list[tuple[bool, bool]]) -> None:
    """Every estimate equals its classical form."""
    labels, predictions = (np.array(column) for column in zip(*rows, strict=True))
    alone = confusion_estimates(labels, predictions)
    single = confusion_estimates(labels, predictions, patients=np.arange(len(labels)))
    for name, estimate in alone.items():
        made = single[name]
        assert (estimate.value, estimate.lower, estimate.upper) == (
            made.value,
            made.lower,
            made.upper,
        )
        assert made.patients == made.n


SHARES = (sensitivity, specificity, ppv, npv, accuracy)


@pytest.mark.parametrize("share", SHARES)
def test_a_share_takes_the_interval_it_is_asked_for(share: Callable[..., Estimate]) -> None:
    """Of 3 in 4, exact or Wilson's; another word is refused by name."""
    labels, predictions = [1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0, 0, 1]
    hits, n = (6, 8) if share is accuracy else (3, 4)
    for words, interval in (
        ({}, wilson_interval),
        ({"interval": "exact"}, clopper_pearson_interval),
    ):
        made = share(labels, predictions, **words)
        assert (made.lower, made.upper) == pytest.approx(interval(hits, n))
    with pytest.raises(InvalidInputError, match=r"`interval` must be one of.*Did you mean 'exact'"):
        share(labels, predictions, interval="exactly")


def test_the_prevalence_is_the_share_of_labels() -> None:
    """One of four, with the interval that is asked for."""
    made = prevalence([1, 0, 0, 0], interval="exact")
    assert made.value == 0.25
    assert (made.lower, made.upper) == pytest.approx(clopper_pearson_interval(1, 4))
    with pytest.raises(InvalidInputError, match="`interval`"):
        prevalence([1, 0], interval="exactly")


BY_NAME = {
    estimate.__name__: estimate
    for estimate in (
        *SHARES,
        metrics.lr_positive,
        metrics.lr_negative,
        metrics.dor,
        metrics.balanced_accuracy,
        metrics.youden,
        metrics.f1,
        metrics.mcc,
        metrics.kappa,
        prevalence,
    )
}


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_each_function_is_its_estimate_of_the_table(name: str) -> None:
    """Patients, confidence level and interval are handed on, and change the limits."""
    rng = np.random.default_rng(3)
    patients = rng.integers(0, 25, 100)
    columns = (LABELS,) if name == "prevalence" else (LABELS, PREDICTED)
    takes_interval = name == "prevalence" or BY_NAME[name] in SHARES
    settings_of: list[dict[str, object]] = [
        {},
        {"patients": patients},
        {"confidence_level": 0.8},
        {"patients": patients, "confidence_level": 0.8},
    ]
    if takes_interval:
        settings_of.append({"patients": patients, "interval": "exact"})
    seen = set()
    for ask in settings_of:
        made = BY_NAME[name](*columns, **ask)
        table = confusion_estimates(LABELS, PREDICTED, **ask)  # type: ignore[arg-type]
        assert made == table[name]
        assert made.confidence_level == ask.get("confidence_level", 0.95)
        assert (made.patients is None) == ("patients" not in ask)
        seen.add((made.lower, made.upper))
    assert len(seen) == len(settings_of)


def test_every_measure_of_predictions_is_held_a_registered_one_too() -> None:
    """F2 has no function of its own, a user's measure no place in the library: both are there."""
    miss_rate = metrics.Measure(
        key="miss_rate",
        title="Miss rate",
        group="threshold",
        direction="lower",
        references=("Altman & Bland 1994",),
        needs_threshold=True,
        needs="positive",
        formula=metrics.of_counts(lambda tn, fp, fn, tp: fn / (fn + tp)),
    )
    with metrics.register_measure(miss_rate):
        table = confusion_estimates([1, 1, 1, 0, 0], [1, 1, 0, 0, 1])

    assert table["f2"].value == pytest.approx(5 * 2 / (5 * 2 + 4 * 1 + 1))
    assert table["miss_rate"].value == pytest.approx(1 / 3)
    assert {"sensitivity", "prevalence"} < set(table)
    assert not {"auroc", "brier", "net_benefit", "calibration_slope"} & set(table)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_each_function_checks_its_columns_by_name(name: str) -> None:
    """Labels, predictions, patients and confidence level."""
    estimate = BY_NAME[name]
    if name != "prevalence":
        with pytest.raises(InvalidInputError, match="`predictions` must be 0 or 1"):
            estimate([0, 1], [0, 2])
        with pytest.raises(InvalidInputError, match="`labels` has 2, `predictions` has 3"):
            estimate([0, 1], [0, 1, 1])
    columns = ([0, 1],) if name == "prevalence" else ([0, 1], [0, 1])
    with pytest.raises(InvalidInputError, match="`confidence_level` must lie in"):
        estimate(*columns, confidence_level=1)
    with pytest.raises(InvalidInputError, match="`patients` has 1"):
        estimate(*columns, patients=["a"])
    with pytest.raises(InvalidInputError, match="`labels` must be 0 or 1"):
        estimate([0, 3], *columns[1:])


@pytest.mark.parametrize("name", ["sensitivity", "specificity", "ppv", "npv", "accuracy"])
def test_the_table_takes_the_exact_interval_too(name: str) -> None:
    """For every share; the interval's name is checked first."""
    table = confusion_estimates(LABELS, PREDICTED, interval="exact")
    assert table[name] == BY_NAME[name](LABELS, PREDICTED, interval="exact")
    assert table[name] != confusion_estimates(LABELS, PREDICTED)[name]
    assert "Clopper-Pearson" in table["prevalence"].method
    with pytest.raises(InvalidInputError, match=r"`interval` must be one of 'wilson', 'exact'"):
        confusion_estimates(LABELS, PREDICTED, interval="bayes")
