"""The learning-rate rule: its phases, its bars, and the defects of its ancestors."""

import json
import math
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.callbacks import AdjusterRule, AdjusterState, Decision
from prevalens.exceptions import InvalidInputError

Pair = tuple[float, float]


def notebook(
    history: list[Pair],
    *,
    patience: int,
    stop_patience: int,
    threshold: float,
    dwell: bool,
    factor: float = 0.5,
) -> list[tuple[bool, bool, bool, float]]:
    """State the notebooks' semantics as a table: (keep, restore, stop, next rate) an epoch.

    One row of the table applies in each epoch, chosen by three questions: is the model below
    the threshold, is the epoch better than its bar, has patience run out. The bar of the value
    is the value of the epoch whose weights are kept (the notebooks' third defect, mended).
    """
    #        better  out of patience   keep   restore  count  stop
    table = {
        (True, False): ("keep", "reset"),
        (True, True): ("keep", "reset"),
        (False, True): ("lower", "strike"),
        (False, False): ("wait", "count"),
    }
    count = stop = 0
    top_accuracy, bar, rate = 0.0, math.inf, 1.0
    out = []
    for accuracy, value in history:
        better = accuracy > top_accuracy if accuracy < threshold else value < bar
        act, book = table[better, count + 1 >= patience]
        if act == "keep":
            bar = value
        if act == "lower":
            rate *= factor
        count = count + 1 if book == "count" else 0
        stop = {"reset": 0, "strike": stop + 1, "count": stop}[book]
        top_accuracy = max(top_accuracy, accuracy)
        ended = stop >= stop_patience
        out.append((act == "keep", act == "lower" and dwell, ended, rate))
        if ended:
            break
    return out


def shown(rows: list[Decision]) -> list[tuple[bool, bool, bool, float]]:
    """Return what the table-driven statement says of each decision."""
    return [(row.keep, row.restore, row.stop, row.next_rate) for row in rows]


@settings(max_examples=300, deadline=None)
@given(
    history=st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.5, 0.6, 0.8, 0.89, 0.9, 0.91, 0.95, 1.0]),
            st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.9, 1.5]),
        ),
        min_size=1,
        max_size=25,
    ),
    patience=st.integers(1, 4),
    stop_patience=st.integers(1, 4),
    threshold=st.sampled_from([0.0, 0.6, 0.9, 1.0]),
    dwell=st.booleans(),
)
def test_the_rule_decides_as_the_notebooks_do(
    history: list[Pair], *, patience: int, stop_patience: int, threshold: float, dwell: bool
) -> None:
    """On any history each decision is that of the independent, table-driven statement."""
    rule = AdjusterRule(
        patience=patience, stop_patience=stop_patience, threshold=threshold, dwell=dwell
    )

    assert shown(rule.simulate(history, rate=1.0)) == notebook(
        history,
        patience=patience,
        stop_patience=stop_patience,
        threshold=threshold,
        dwell=dwell,
    )


def as_written(
    history: list[Pair], *, patience: int, stop_patience: int, threshold: float, dwell: bool
) -> list[tuple[bool, bool, bool, float]]:
    """Keep the notebooks' own variables, until their bar is no more the kept epoch's value.

    Up to there the third defect has changed nothing. The first one, a crash of patience above 1,
    is left out; what the notebooks meant by it is in their other branches.
    """
    count = stop = 0
    highest, lowest, kept, rate = 0.0, math.inf, math.inf, 1.0
    out = []
    for accuracy, value in history:
        below = accuracy < threshold
        keeps = accuracy > highest if below else value < lowest
        lowers = not keeps and count >= patience - 1
        if keeps:
            count, stop, kept = 0, 0, value
            highest = accuracy if below else highest
            lowest = min(lowest, value) if below else value
        elif lowers:
            count, stop, rate = 0, stop + 1, rate * 0.5
            lowest = min(lowest, value) if below and not dwell else lowest
        else:
            count += 1
        if not below:
            highest = max(highest, accuracy)
        out.append((keeps, lowers and dwell, stop >= stop_patience, rate))
        if lowest != kept or stop >= stop_patience:
            break
    return out


@settings(max_examples=500, deadline=None)
@given(
    history=st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.5, 0.6, 0.8, 0.89, 0.9, 0.91, 0.95, 1.0]),
            st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.9, 1.5]),
        ),
        min_size=1,
        max_size=25,
    ),
    patience=st.integers(1, 4),
    stop_patience=st.integers(1, 4),
    threshold=st.sampled_from([0.0, 0.6, 0.9, 1.0]),
    dwell=st.booleans(),
)
def test_until_its_defect_shows_the_code_as_written_decides_the_same(
    history: list[Pair], *, patience: int, stop_patience: int, threshold: float, dwell: bool
) -> None:
    """The notebooks' variables, statement by statement, decide as the rule while bars agree."""
    given_to_all = {
        "patience": patience,
        "stop_patience": stop_patience,
        "threshold": threshold,
        "dwell": dwell,
    }
    written = as_written(history, **given_to_all)  # type: ignore[arg-type]
    rows = AdjusterRule(**given_to_all).simulate(history, rate=1.0)  # type: ignore[arg-type]

    assert shown(rows)[: len(written)] == written


def test_a_second_phase_keeps_the_bars_and_starts_the_counts_anew() -> None:
    """After reopening, the best value is still the bar, and patience is whole again."""
    rule = AdjusterRule(threshold=None, patience=2, stop_patience=2)
    state = rule.start()
    for epoch, value in enumerate([0.5, 0.6, 0.6, 0.6]):
        state, _ = rule.step(state, epoch=epoch, value=value, rate=1.0)
    assert (state.lowered, state.waited) == (1, 1)
    state, first = rule.step(rule.reopen(state), epoch=4, value=0.55, rate=0.1)
    _, second = rule.step(state, epoch=5, value=0.45, rate=0.1)

    assert (first.keep, first.restore, first.kept_epoch) == (False, False, 0)
    assert second.keep


def test_patience_above_one_waits_and_then_lowers() -> None:
    """First defect: with patience 2 the second epoch without progress lowers the rate."""
    rows = AdjusterRule(patience=2, threshold=None).simulate([0.5, 0.5, 0.5, 0.6], rate=1.0)

    assert [row.next_rate for row in rows] == [1.0, 1.0, 0.5, 0.5]


def test_the_first_epoch_has_no_bar_to_divide_by() -> None:
    """Second defect: no percentage is given in the first epoch, whatever its number."""
    rule = AdjusterRule(threshold=0.9)
    _, row = rule.step(rule.start(epoch=7), epoch=7, value=0.4, rate=1.0, accuracy=0.5)

    assert row.improvement is None
    assert row.keep


def test_the_bar_and_the_kept_weights_are_of_one_epoch() -> None:
    """Third defect: the trace that halted on another epoch's bar goes on and keeps the last."""
    trace = [(0.6, 1.2), (0.8, 0.5), (0.7, 0.6), (0.85, 0.9), (0.92, 0.55), (0.95, 0.52)]
    rows = AdjusterRule(threshold=0.9).simulate([*trace, (0.96, 0.51)], rate=1.0)

    assert [row.keep for row in rows] == [True, True, False, True, True, True, True]
    assert not any(row.stop for row in rows)
    assert rows[-1].kept_epoch == 6


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 2)), min_size=1, max_size=20))
def test_the_kept_record_is_an_epoch_that_was(history: list[Pair]) -> None:
    """The kept epoch's value and accuracy are those of the history at that epoch."""
    rule = AdjusterRule(threshold=0.9, stop_patience=99)
    state = rule.start()
    for epoch, (accuracy, value) in enumerate(history):
        state, _ = rule.step(state, epoch=epoch, value=value, rate=1.0, accuracy=accuracy)
        if state.kept.epoch >= 0:
            assert (state.kept.accuracy, state.kept.value) == history[state.kept.epoch]


def test_phases_are_tested_anew_each_epoch() -> None:
    """Falling below the threshold brings the accuracy's phase back."""
    rows = AdjusterRule(threshold=0.9).simulate([(0.95, 0.5), (0.8, 0.1), (0.95, 0.4)], rate=1.0)

    assert [row.phase for row in rows] == ["value", "accuracy", "value"]


def test_a_higher_value_is_better_in_mode_max() -> None:
    """In mode "max" a rise is progress and a fall is not."""
    rows = AdjusterRule(threshold=None, mode="max").simulate([0.5, 0.6, 0.4], rate=1.0)

    assert [row.keep for row in rows] == [True, True, False]


def test_min_delta_must_be_exceeded() -> None:
    """An improvement by min_delta itself is no progress; one by more is."""
    rule = AdjusterRule(threshold=None, min_delta=0.25, stop_patience=9)
    rows = rule.simulate([1.0, 0.75, 0.74], rate=1.0)

    assert [row.keep for row in rows] == [True, False, True]


def test_min_rate_is_a_floor_that_still_counts_lowerings() -> None:
    """The rate stops at min_rate, and the training still ends after stop_patience lowerings."""
    rule = AdjusterRule(threshold=None, min_rate=0.4)
    rows = rule.simulate([1.0] * 9, rate=1.0)

    assert [row.next_rate for row in rows] == [1.0, 0.5, 0.4, 0.4]
    assert rows[-1].stop


def test_a_rate_below_the_floor_is_not_raised() -> None:
    """A run that starts below min_rate keeps its rate."""
    rows = AdjusterRule(threshold=None, min_rate=0.4).simulate([1.0, 1.0], rate=0.1)

    assert rows[-1].next_rate == 0.1


def test_cooldown_leaves_epochs_uncounted() -> None:
    """With cooldown 2 a lowering in epoch 2 is followed by the next in epoch 5, not 3."""
    rule = AdjusterRule(threshold=None, cooldown=2, stop_patience=9)
    rows = rule.simulate([1.0] * 6, rate=1.0)

    assert [row.next_rate for row in rows] == [1.0, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_inside_the_noise_band_a_change_is_no_progress() -> None:
    """The last three values 1.0, 1.2, 1.0 scatter by 0.2: 0.9 lies inside the band, 0.79 not.

    The differences are 0.2 and -0.2, whose standard deviation is 0.2 * sqrt(2); divided by
    sqrt(2) this is 0.2, the scatter of one value.
    """
    rule = AdjusterRule(threshold=None, noise_epochs=3, noise_width=1.0, stop_patience=99)
    inside = rule.simulate([1.0, 1.2, 1.0, 0.81], rate=1.0)
    outside = rule.simulate([1.0, 1.2, 1.0, 0.79], rate=1.0)
    off = AdjusterRule(threshold=None, stop_patience=99).simulate([1.0, 1.2, 1.0, 0.81], rate=1.0)

    assert [row.keep for row in inside] == [True, False, False, False]
    assert [row.keep for row in outside] == [True, False, False, True]
    assert [row.keep for row in off] == [True, False, False, True]


def test_a_straight_trend_has_no_noise_band() -> None:
    """A steady descent scatters by nothing, so each of its epochs is progress."""
    rule = AdjusterRule(threshold=None, noise_epochs=3, noise_width=3.0)
    rows = rule.simulate([1.0, 0.875, 0.75, 0.625, 0.5], rate=1.0)

    assert all(row.keep for row in rows)


@pytest.mark.parametrize("broken", [(math.nan, 0.5), (0.95, math.nan)])
def test_what_is_not_a_number_stops(broken: Pair) -> None:
    """A value or accuracy that is not a number ends the training and keeps nothing."""
    rows = AdjusterRule(threshold=0.9).simulate([(0.95, 0.6), broken, (0.95, 0.1)], rate=1.0)

    assert [row.stop for row in rows] == [False, True]
    assert not rows[-1].keep
    assert rows[-1].kept_epoch == 0


def test_an_infinite_value_is_no_progress_and_no_noise() -> None:
    """An infinite value is not kept and does not widen the band."""
    rule = AdjusterRule(threshold=None, noise_epochs=3, stop_patience=9)
    rows = rule.simulate([1.0, 1.0, math.inf, 1.0, 0.9], rate=1.0)

    assert [row.keep for row in rows] == [True, False, False, False, True]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 2)), min_size=1, max_size=15))
def test_a_state_through_json_decides_the_same(history: list[Pair]) -> None:
    """Writing the state to JSON and reading it back after each epoch changes no decision."""
    rule = AdjusterRule(threshold=0.9, patience=2, cooldown=1, noise_epochs=4)
    state, rate, rows = rule.start(), 1.0, []
    for epoch, (accuracy, value) in enumerate(history):
        text = json.dumps(state.to_dict(), allow_nan=False)
        state = AdjusterState.from_dict(json.loads(text))
        state, row = rule.step(state, epoch=epoch, value=value, rate=rate, accuracy=accuracy)
        rate = row.next_rate
        rows.append(row)
        if row.stop:
            break

    assert rows == rule.simulate(history, rate=1.0)


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ({"patience": 0}, r"`patience` must be a whole number >= 1, got 0"),
        ({"stop_patience": 1.5}, r"`stop_patience` must be a whole number >= 1, got 1.5"),
        ({"factor": 1.0}, r"`factor` must lie in \(0, 1\), got 1.0"),
        ({"threshold": 90}, r"`threshold` must lie in \[0, 1\], got 90"),
        ({"mode": "mix"}, r"`mode` must be one of 'min', 'max', got 'mix'.*Did you mean 'min'"),
        ({"min_delta": -0.1}, r"`min_delta` must lie in \[0, inf\], got -0.1"),
        ({"noise_epochs": 2}, r"`noise_epochs` must be 0 .* or at least 3, got 2"),
        ({"noise_epochs": 1}, r"`noise_epochs` must be 0 .* or at least 3, got 1"),
        ({"noise_epochs": -1}, r"`noise_epochs` must be a whole number >= 0"),
        ({"cooldown": -1}, r"`cooldown` must be a whole number >= 0"),
        ({"min_rate": -1}, r"`min_rate` must lie in \[0, inf\]"),
        ({"noise_width": -1}, r"`noise_width` must lie in \[0, inf\]"),
    ],
)
def test_a_setting_outside_its_range_is_refused(setting: dict[str, object], text: str) -> None:
    """Each refused setting is named with its value and its range."""
    with pytest.raises(InvalidInputError, match=text):
        AdjusterRule(**setting)  # type: ignore[arg-type]


def test_a_threshold_needs_the_accuracy() -> None:
    """With a threshold, values without accuracies are refused with the way out."""
    with pytest.raises(InvalidInputError, match="set threshold=None"):
        AdjusterRule(threshold=0.9).simulate([0.5], rate=1.0)


def test_a_decision_tells_what_it_was_about() -> None:
    """Epoch, values and rate as they came; improvement in per cent of each phase's own bar.

    Accuracy rises from 0.5 to 0.6, by 20 %; then the value falls from 0.8 to 0.6, by 25 %, and
    rises to 0.9, by 50 % of 0.6.
    """
    rule = AdjusterRule(threshold=0.8, patience=9)
    history = [(0.5, 0.9), (0.6, 0.8), (0.8, 0.6), (0.9, 0.9)]
    rows = rule.simulate(history, rate=0.25)

    assert [(row.epoch, row.accuracy, row.value, row.rate) for row in rows] == [
        (k, *pair, 0.25) for k, pair in enumerate(history)
    ]
    assert [row.phase for row in rows] == ["accuracy", "accuracy", "value", "value"]
    assert rows[0].improvement is None
    assert [row.improvement for row in rows[1:]] == pytest.approx([20, 25, -50])


def test_the_kept_epoch_knows_what_it_was_kept_for() -> None:
    """Accuracy or value; before the first epoch it is the start, with the weights of then."""
    rule = AdjusterRule(threshold=0.8)
    state = rule.start(epoch=5, weights="those of the start")
    assert (state.kept.epoch, state.kept.monitor, state.kept.weights) == (
        4,
        "start",
        "those of the start",
    )
    for epoch, accuracy, monitor in ((5, 0.5, "accuracy"), (6, 0.9, "value")):
        state, _ = rule.step(state, epoch=epoch, value=1 - accuracy, rate=1.0, accuracy=accuracy)
        assert (state.kept.epoch, state.kept.monitor) == (epoch, monitor)


def test_a_state_is_written_without_looking_at_its_weights() -> None:
    """They may be gigabytes, or things that cannot be copied, such as this lock."""
    state = AdjusterRule(threshold=0.9).start(weights=threading.Lock())
    assert "weights" not in state.to_dict()["kept"]


@pytest.mark.parametrize("rate", [0, -1.0, float("nan")])
def test_a_rate_is_above_0(rate: float) -> None:
    """The argument is named."""
    with pytest.raises(InvalidInputError, match="`rate`"):
        AdjusterRule(threshold=None).simulate([1.0], rate=rate)


@given(
    st.lists(st.floats(0.01, 2), min_size=1, max_size=30),
    st.sampled_from([0.125, 0.5, 2.0, 16.0]),
)
def test_units_of_value_and_rate_change_no_decision(history: list[float], unit: float) -> None:
    """Values in other units, or all rates times a number: the same epochs, rates in proportion."""
    rule = AdjusterRule(threshold=None, patience=2)
    plain = rule.simulate(history, rate=1.0)
    other = rule.simulate([unit * value for value in history], rate=unit)

    assert [(row.keep, row.restore, row.stop) for row in plain] == [
        (row.keep, row.restore, row.stop) for row in other
    ]
    assert [unit * row.next_rate for row in plain] == [row.next_rate for row in other]


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=30))
def test_mode_max_is_mode_min_of_the_other_sign(history: list[float]) -> None:
    """A score to raise is a loss to lower, with its sign turned."""
    low, high = (AdjusterRule(threshold=None, patience=2, mode=mode) for mode in ("min", "max"))
    assert shown(low.simulate(history, rate=1.0)) == shown(
        high.simulate([-value for value in history], rate=1.0)
    )
