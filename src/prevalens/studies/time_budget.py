"""What a study costs in time, by a stated model, and what is left out to keep to a budget; pure."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.studies.plan_choices import BudgetChoice, Evaluation, HeadChoice

# One core of an ordinary computer, on the slow side; a study says afterwards what it took, and
# bench_studies.py sets both side by side.
START = 30.0  # seconds to load everything, and to write model and report
PER_IMAGE = 0.006  # seconds to read an image, for the audit, the features and the thumbnail
PACE = 8.0  # billions of multiply-adds a second of a network of separable convolutions
PER_NUMBER = 4e-8  # seconds that fitting a head takes for a number of its features
EPOCHS = 10  # of fine-tuning, for comparison; a step back costs as much as two forward


@dataclass(frozen=True)
class StudyCost:
    """What decides how long a study takes.

    Args:
        images: Images of the cohort.
        giga: Billions of multiply-adds of the network for one image.
        widths: Features of each layer that is tried.
        evaluation: How held-out scores are made.
        head: What is chosen by inner folds.
        classes: Number of classes; of several a head is as many columns as classes but one. Of
            several labels one more than there are.
        curve_orders: Orders of the patients that a learning curve is averaged over; 0 for none.
    """

    images: int
    giga: float
    widths: Sequence[int]
    evaluation: Evaluation
    head: HeadChoice
    classes: int = 2
    curve_orders: int = 0

    @property
    def folds(self) -> int:
        """Models that are fitted: one a fold, and the one that is saved."""
        return 1 + (self.evaluation.n_splits if self.evaluation.kind == "cross-fitting" else 1)

    def seconds(self) -> dict[str, float]:
        """Return the seconds of each step."""
        return {
            "start and report": START,
            "reading images": self.images * PER_IMAGE,
            "features": self.images * self.giga / PACE,
            "heads": self.folds * self._one_fold(),
            **({"learning curve": self._curve()} if self.curve_orders else {}),
        }

    def fine_tuning(self) -> float:
        """Return the seconds that training the whole network in each fold would take."""
        return self.folds * EPOCHS * 3 * self.images * self.giga / PACE

    def _curve(self) -> float:
        """Return the seconds of five folds of a quarter, a half and all, of one layer's heads."""
        fits = (
            5 * (0.25 + 0.5 + 1) * 3
        )  # two penalties by two inner folds of half the rows, and one
        columns = self.classes - 1
        return PER_NUMBER * columns * self.curve_orders * fits * self.images * max(self.widths)

    def _one_fold(self) -> float:
        """Return the seconds of the fits of one fold, each of rows by features."""
        head, some = self.head, min(self.images, self.head.at_most)
        inner = head.inner_folds - 1  # each of the inner folds is fitted on the others
        tried = len(head.penalties) * inner + 1
        widest = sum(sorted(self.widths)[-head.averaged :])
        further = len(head.kinds) - 1
        compared = some * widest * (further * tried + (len(head.kinds) + 1) * inner)
        kept = self.images * widest * (1 + inner)
        return (self.classes - 1) * PER_NUMBER * (some * sum(self.widths) * tried + compared + kept)


def within(cost: StudyCost, minutes: float) -> tuple[StudyCost, BudgetChoice]:
    """Leave out what is worth least until a study keeps to its minutes, by the estimate.

    In this order: the learning curve, penalties outside the three middle ones, images beyond
    1,000 that settings are compared on, class weights beside none, and outer folds beyond three.
    Held-out scores, baselines and intervals are never left out.

    Args:
        cost: The study as it is without a budget.
        minutes: Minutes that it may take.

    Raises:
        InvalidInputError: the smallest study takes longer, by the estimate.
    """
    given, left = cost, list[str]()
    for told, step in _STEPS:
        if _total(cost) <= 60 * minutes:
            break
        smaller = step(cost)
        if smaller != cost:
            cost = smaller
            left.append(told)
    needed = _total(cost)
    if needed > 60 * minutes:
        raise InvalidInputError(
            f"`minutes` (--minutes) must allow the smallest study, which is estimated to take "
            f"{in_minutes(needed)} on one core ({_told(cost)}), got {minutes:g}. Allow more, or "
            "take fewer images or a smaller network."
        )
    reason = (
        f"{in_minutes(needed)} of {minutes:g} estimated for one core: {_told(cost)}, from "
        f"{given.images} images and {given.giga:.2g} billion multiply-adds each; the network stays "
        f"frozen, as training it in each fold would take {in_minutes(given.fine_tuning())}"
    )
    seconds = {name: round(each, 1) for name, each in cost.seconds().items()}
    return cost, BudgetChoice(
        minutes=minutes, estimated_seconds=seconds, left_out=left, reason=reason
    )


def say_time(budget: BudgetChoice | None, seconds: float, say: Callable[[str], None]) -> None:
    """Say what a study took; warn where that is more than it was given."""
    told = f"took {in_minutes(seconds)}"
    if budget is None:
        say(told)
        return
    estimated = in_minutes(sum(budget.estimated_seconds.values()))
    told += f" of the {budget.minutes:g} that were allowed ({estimated} were estimated)"
    say(told)
    if seconds > 60 * budget.minutes:
        warnings.warn(
            f"The study {told}: this computer is slower than the estimate assumes, or was busy. "
            "Nothing was left out for it.",
            DataWarning,
            stacklevel=3,
        )


def in_minutes(seconds: float) -> str:
    """Write seconds as minutes."""
    return f"{seconds / 60:.1f} minutes"


def _total(cost: StudyCost) -> float:
    return sum(cost.seconds().values())


def _told(cost: StudyCost) -> str:
    return ", ".join(f"{name} {each:.0f} s" for name, each in cost.seconds().items())


def _with_head(cost: StudyCost, **changes: object) -> StudyCost:
    return replace(cost, head=msgspec.structs.replace(cost.head, **changes))


def _fewer_penalties(cost: StudyCost) -> StudyCost:
    penalties = cost.head.penalties
    middle = (len(penalties) - 3) // 2
    return _with_head(cost, penalties=penalties[middle : middle + 3]) if middle > 0 else cost


def _fewer_images(cost: StudyCost) -> StudyCost:
    return _with_head(cost, at_most=min(cost.head.at_most, 1000))


def _one_kind(cost: StudyCost) -> StudyCost:
    return _with_head(cost, kinds=cost.head.kinds[:1])


def _three_folds(cost: StudyCost) -> StudyCost:
    if cost.evaluation.kind != "cross-fitting" or cost.evaluation.n_splits <= 3:
        return cost
    fewer = msgspec.structs.replace(cost.evaluation, n_splits=3)
    return replace(cost, evaluation=fewer)


def _no_curve(cost: StudyCost) -> StudyCost:
    return replace(cost, curve_orders=0)


_STEPS: tuple[tuple[str, Callable[[StudyCost], StudyCost]], ...] = (
    ("the learning curve", _no_curve),
    ("the strongest and the weakest penalty", _fewer_penalties),
    ("comparing settings on more than 1,000 images", _fewer_images),
    ("class weights as an answer to imbalance", _one_kind),
    ("folds beyond three", _three_folds),
)
