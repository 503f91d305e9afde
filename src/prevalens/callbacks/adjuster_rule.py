"""When to lower the rate, go back to the best epoch, or stop; pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self, TypedDict

import numpy as np

from prevalens._checks import check_choice, check_integer, check_number
from prevalens.exceptions import InvalidInputError


@dataclass(frozen=True, kw_only=True)
class KeptEpoch:
    """The epoch worth going back to: its number, what it was kept for, and its weights.

    One object holds all of it, so the bar that later epochs must pass and the weights that are
    restored can never come from different epochs.

    Args:
        epoch: Number of the epoch from 0; -1 is the state before the first one.
        monitor: Quantity the epoch was kept for: `"accuracy"` (training, below the threshold),
            `"value"` (the monitored value), or `"start"`.
        value: The monitored value of that same epoch.
        accuracy: The training accuracy of that same epoch, or None where it is not followed.
        weights: Whatever restores the model; the rule itself never looks inside.

    Examples:
        >>> from prevalens.callbacks import AdjusterRule
        >>> start = AdjusterRule(patience=2).start(weights=None).kept
        >>> start.epoch, start.monitor  # before the first epoch
        (-1, 'start')
    """

    epoch: int
    monitor: str
    value: float
    accuracy: float | None = None
    weights: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class AdjusterState:
    """What the rule remembers between epochs.

    Args:
        kept: The best epoch so far.
        highest: Highest training accuracy so far, in `[0, 1]`.
        waited: Epochs without progress since the last progress or lowering.
        lowered: Times in a row that the rate was lowered without progress in between.
        cooling: Epochs left in which lack of progress is not counted.
        recent: The last monitored values, oldest first, for the noise band.

    Examples:
        >>> from prevalens.callbacks import AdjusterRule
        >>> state = AdjusterRule(patience=2).start(weights=None)
        >>> state.waited, state.kept.epoch
        (0, -1)
    """

    kept: KeptEpoch
    highest: float = 0.0
    waited: int = 0
    lowered: int = 0
    cooling: int = 0
    recent: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the state as plain numbers and texts; the kept weights are left out."""
        record = asdict(replace(self, kept=replace(self.kept, weights=None)))
        del record["kept"]["weights"]
        # JSON has no infinity, and the bar before the first epoch is one.
        record["kept"]["value"] = str(self.kept.value)
        return {**record, "recent": list(self.recent)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Make the state that `to_dict` described."""
        values = dict(record)
        record_kept = values.pop("kept")
        kept = KeptEpoch(**{**record_kept, "value": float(record_kept["value"])})
        return cls(kept=kept, **{**values, "recent": tuple(values["recent"])})


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the rule decides at the end of one epoch.

    Args:
        epoch: Number of the epoch, from 0.
        phase: `"accuracy"` below the threshold, `"skipped"` where there is no monitored value,
            else `"value"`.
        accuracy: Training accuracy of the epoch, or None where it is not followed.
        value: Monitored value of the epoch, or None where it was not validated.
        improvement: Change of the followed quantity against its bar, in per cent of the bar,
            positive when better; None where there is no bar yet, or the bar is 0.
        keep: Whether this epoch becomes the kept one.
        restore: Whether to go back to the weights of the kept epoch.
        stop: Whether to end the training, and restore the kept epoch.
        rate: Learning rate of the epoch.
        next_rate: Learning rate of the next epoch.
        kept_epoch: Number of the kept epoch after this decision.

    Examples:
        >>> from prevalens.callbacks import AdjusterRule
        >>> row = AdjusterRule(patience=1).simulate([0.5, 0.6], rate=1.0)[-1]
        >>> row.phase, row.keep, row.restore, row.next_rate  # worse than the epoch before
        ('value', False, True, 0.5)
    """

    epoch: int
    phase: str
    accuracy: float | None
    value: float | None
    improvement: float | None
    keep: bool
    restore: bool
    stop: bool
    rate: float
    next_rate: float
    kept_epoch: int


class RuleSettings(TypedDict, total=False):
    """The settings of an `AdjusterRule`, but for its direction, as keyword arguments."""

    patience: int
    stop_patience: int
    threshold: float | None
    factor: float
    dwell: bool
    min_delta: float
    min_rate: float
    cooldown: int
    noise_epochs: int
    noise_width: float


@dataclass(frozen=True, kw_only=True)
class AdjusterRule:
    """Lower the rate when progress stalls, go back to the best epoch, and stop in time.

    Progress is a better monitored value. With a `threshold`, as in the notebooks this rule is
    known from, a first phase goes before: while the training accuracy lies below it, the model
    still underfits and progress is a higher training accuracy; which of the two holds is decided
    anew each epoch. After `patience` epochs without progress the rate is multiplied by
    `factor` and, with `dwell`, training goes on from the best epoch; after `stop_patience` such
    lowerings without progress in between it ends.

    Args:
        patience: Epochs without progress before the rate is lowered, at least 1.
        stop_patience: Lowerings in a row before the training ends, at least 1.
        threshold: Training accuracy from which the monitored value decides, in `[0, 1]`; 0.9 in
            the notebooks. None, the default, lets it decide from the start.
        factor: What the rate is multiplied by, in `(0, 1)`.
        dwell: Whether lowering the rate also goes back to the kept epoch.
        mode: `"min"` when a lower monitored value is better, else `"max"`.
        min_delta: Change of the monitored value that counts as progress must exceed this.
        min_rate: Rate below which it is not lowered; such lowerings still count to the stop.
        cooldown: Epochs after a lowering in which lack of progress is not counted.
        noise_epochs: Number of last epochs whose scatter sets a noise band: a change counts as
            progress once it leaves the band. 0 switches the band off; else at least 3.
        noise_width: Half-width of the band in standard deviations of the scatter.

    Raises:
        InvalidInputError: a setting lies outside its range.

    Examples:
        >>> rule = AdjusterRule(patience=2)
        >>> [row.next_rate for row in rule.simulate([0.5, 0.5, 0.5, 0.4], rate=1.0)]
        [1.0, 1.0, 0.5, 0.5]
    """

    patience: int = 1
    stop_patience: int = 3
    threshold: float | None = None
    factor: float = 0.5
    dwell: bool = True
    mode: str = "min"
    min_delta: float = 0.0
    min_rate: float = 0.0
    cooldown: int = 0
    noise_epochs: int = 0
    noise_width: float = 2.0

    def __post_init__(self) -> None:
        check_integer("patience", self.patience, minimum=1)
        check_integer("stop_patience", self.stop_patience, minimum=1)
        if self.threshold is not None:
            check_number("threshold", self.threshold, low=0, high=1)
        check_number("factor", self.factor, low=0, high=1, open_low=True, open_high=True)
        check_choice("mode", self.mode, ("min", "max"))
        for name in ("min_delta", "min_rate", "noise_width"):
            check_number(name, getattr(self, name), low=0)
        check_integer("cooldown", self.cooldown, minimum=0)
        if check_integer("noise_epochs", self.noise_epochs, minimum=0) in (1, 2):
            raise InvalidInputError(
                f"`noise_epochs` must be 0 (no band) or at least 3, got {self.noise_epochs}: "
                "two changes are the least that scatter."
            )

    def start(self, *, epoch: int = 0, weights: Any = None) -> AdjusterState:
        """Return the state before `epoch`, whose kept weights are those at the start."""
        worst = math.inf if self.mode == "min" else -math.inf
        kept = KeptEpoch(epoch=epoch - 1, monitor="start", value=worst, weights=weights)
        return AdjusterState(kept=kept)

    def reopen(self, state: AdjusterState) -> AdjusterState:
        """Return the state at the start of a second phase, in which more of the model trains.

        The kept epoch and the highest accuracy stay the bars to pass, because training goes on
        from there; what was counted against the first phase is not held against the second.
        """
        return AdjusterState(kept=state.kept, highest=state.highest)

    def step(
        self,
        state: AdjusterState,
        *,
        epoch: int,
        value: float | None,
        rate: float,
        accuracy: float | None = None,
    ) -> tuple[AdjusterState, Decision]:
        """Decide at the end of an epoch.

        Args:
            state: The state after the epoch before.
            epoch: Number of the epoch, from 0.
            value: Monitored value of the epoch; None where it was not validated, which decides
                nothing and is counted nowhere.
            rate: Learning rate of the epoch, above 0.
            accuracy: Training accuracy of the epoch; required where `threshold` is set.

        Returns:
            The state after the epoch, whose kept epoch has no weights yet if it is this one,
            and the decision. A value or accuracy that is not a number stops the training.
        """
        if value is None:
            return state, _skipped(state, epoch=epoch, rate=rate, accuracy=accuracy)
        if self.threshold is not None and accuracy is None:
            raise InvalidInputError(
                f"`accuracy` is needed in epoch {epoch}, because `threshold` is "
                f"{self.threshold}. Give it, or set threshold=None."
            )
        broken = math.isnan(value) or (accuracy is not None and math.isnan(accuracy))
        phase, better, improvement = self._judge(state, value=value, accuracy=accuracy)
        better = better and not broken
        cooling = state.cooling > 0 and not better
        lower = not (better or broken or cooling) and state.waited >= self.patience - 1
        lowered = 0 if better else state.lowered + lower
        after = replace(
            state,
            kept=KeptEpoch(epoch=epoch, monitor=phase, value=value, accuracy=accuracy)
            if better
            else state.kept,
            highest=max(state.highest, accuracy or 0.0),
            waited=0 if better or lower or cooling else state.waited + 1,
            lowered=lowered,
            cooling=self.cooldown if lower else max(0, state.cooling - 1),
            recent=self._remember(state.recent, value),
        )
        decision = Decision(
            epoch=epoch,
            phase=phase,
            accuracy=accuracy,
            value=value,
            improvement=improvement,
            keep=better,
            restore=lower and self.dwell,
            stop=broken or lowered >= self.stop_patience,
            rate=rate,
            next_rate=self.lowered(rate) if lower else rate,
            kept_epoch=after.kept.epoch,
        )
        return after, decision

    def lowered(self, rate: float) -> float:
        """Return the rate after one lowering, never below `min_rate`."""
        # A rate that already lies below the floor is left alone, never raised to it.
        return max(rate * self.factor, min(rate, self.min_rate))

    def _judge(
        self, state: AdjusterState, *, value: float, accuracy: float | None
    ) -> tuple[str, bool, float | None]:
        """Return the phase, whether the epoch is progress, and by how many per cent."""
        if self.threshold is not None and accuracy is not None and accuracy < self.threshold:
            better = accuracy > state.highest
            return "accuracy", better, _percent(accuracy - state.highest, state.highest)
        gain = state.kept.value - value if self.mode == "min" else value - state.kept.value
        bar = max(self.min_delta, self.noise_width * _scatter(state.recent, self.noise_epochs))
        return "value", gain > bar, _percent(gain, state.kept.value)

    def _remember(self, recent: tuple[float, ...], value: float) -> tuple[float, ...]:
        if not self.noise_epochs or not math.isfinite(value):
            return recent
        return (*recent, value)[-self.noise_epochs :]

    def simulate(
        self, history: Iterable[float | tuple[float, float]], *, rate: float
    ) -> list[Decision]:
        """Run the rule over a history without training.

        Args:
            history: The monitored value of each epoch, or pairs of training accuracy and
                monitored value where `threshold` is set.
            rate: Learning rate of the first epoch, above 0.

        Returns:
            One decision an epoch, up to the one that stops the training or the last.
        """
        check_number("rate", rate, low=0, open_low=True)
        state, rows = self.start(), []
        for epoch, entry in enumerate(history):
            accuracy, value = entry if isinstance(entry, tuple) else (None, entry)
            state, row = self.step(state, epoch=epoch, value=value, rate=rate, accuracy=accuracy)
            rows.append(row)
            rate = row.next_rate
            if row.stop:
                break
        return rows


def _skipped(state: AdjusterState, *, epoch: int, rate: float, accuracy: float | None) -> Decision:
    return Decision(
        epoch=epoch,
        phase="skipped",
        accuracy=accuracy,
        value=None,
        improvement=None,
        keep=False,
        restore=False,
        stop=False,
        rate=rate,
        next_rate=rate,
        kept_epoch=state.kept.epoch,
    )


def _percent(gain: float, bar: float) -> float | None:
    return 100 * gain / abs(bar) if bar and math.isfinite(bar) else None


def _scatter(recent: tuple[float, ...], epochs: int) -> float:
    """Return the standard deviation of one value about a straight trend, 0 until known."""
    if not epochs or len(recent) < epochs:
        return 0.0
    # Differencing removes the trend's slope; two independent errors make each difference.
    return float(np.std(np.diff(recent), ddof=1) / math.sqrt(2))
