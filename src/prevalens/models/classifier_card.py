"""What belongs to a classifier beside its weights: classes, thresholds, prevalences; pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np

from prevalens._checks import check_number
from prevalens._records import Above, Inside, Record, Share
from prevalens.exceptions import InvalidInputError
from prevalens.models.class_shares import check_shares


class CardRecord(Record, frozen=True, kw_only=True):
    """A `ClassifierCard` as it stands in files; its fields are the card's."""

    FORMAT: ClassVar[str] = "prevalens classifier card"
    REMEDY: ClassVar[str] = "Give a whole file that save_classifier wrote, from someone you trust."
    classes: Annotated[list[str], msgspec.Meta(min_length=1)]
    threshold: Share | list[Share] | None
    train_prevalence: Inside | list[Inside]
    threshold_origin: str
    prevalence: Inside | list[Inside] | None
    temperature: Above
    multilabel: bool
    library_version: str


@dataclass(frozen=True, kw_only=True)
class ClassifierCard:
    """What belongs to a classifier beside its weights.

    With two classes each of `threshold`, `train_prevalence` and `prevalence` is one number. With
    several classes, of which an image has one, each is a number for each class; with several
    labels, of which an image may have any (`multilabel`), a number for each label.

    Args:
        classes: Names of the classes, of two the positive one last; or names of the labels.
        threshold: Corrected score from which the prediction is positive, in `[0, 1]`. None, with
            three or more classes alone: no class has a threshold, the largest score decides.
        threshold_origin: How the thresholds were chosen, in words for a report.
        train_prevalence: Share of positives in the training batches, in `(0, 1)`; the shares of
            three or more classes sum to 1.
        prevalence: The same where the classifier is used; None leaves scores as they are.
        temperature: What the scores' log-odds are divided by before that, above 0; 1 where no
            temperature was fitted (Guo et al. 2017).
        multilabel: Whether the classes are labels, any number of which an image may have.
        library_version: Version of prevalens that wrote the file.

    Raises:
        InvalidInputError: names repeat, or a number is out of its range or of the wrong count.

    Examples:
        >>> card = ClassifierCard(classes=("well", "sick"), threshold=0.3, train_prevalence=0.5)
        >>> card.positive, card.is_binary
        ('sick', True)
    """

    classes: tuple[str, ...]
    threshold: float | tuple[float, ...] | None
    train_prevalence: float | tuple[float, ...]
    threshold_origin: str = ""
    prevalence: float | tuple[float, ...] | None = None
    temperature: float = 1.0
    multilabel: bool = False
    library_version: str = field(default_factory=lambda: version("prevalens"))

    def __post_init__(self) -> None:
        classes = tuple(map(str, self.classes))
        least = 1 if self.multilabel else 2
        if len(set(classes)) != len(classes) or len(classes) < least:
            raise InvalidInputError(
                f"`classes` must be {least} or more different names, got {list(classes)}."
            )
        object.__setattr__(self, "classes", classes)
        check_number("temperature", self.temperature, low=0, open_low=True)
        if self.threshold is not None or len(classes) == 2 or self.multilabel:
            self._keep("threshold")
        self._keep("train_prevalence")
        if self.prevalence is not None:
            self._keep("prevalence")

    def _keep(self, name: str) -> None:
        """Check a number, or one a class, and keep several as a tuple."""
        value: Any = getattr(self, name)
        share = name != "threshold"
        limits: dict[str, Any] = {"low": 0, "high": 1, "open_low": share, "open_high": share}
        if self.is_binary:
            check_number(name, value, **limits)
            return
        count = len(self.classes)
        if not isinstance(value, Sequence | np.ndarray) or len(value) != count:
            raise InvalidInputError(
                f"`{name}` must hold a number for each of the {count} "
                f"{'labels' if self.multilabel else 'classes'} {list(self.classes)}, got {value!r}."
            )
        numbers = tuple(check_number(name, float(one), **limits) for one in value)
        if share and not self.multilabel:
            check_shares(name, numbers)
        object.__setattr__(self, name, numbers)

    @property
    def is_binary(self) -> bool:
        """Whether one score, that of the last of two classes, says all."""
        return len(self.classes) == 2 and not self.multilabel

    @property
    def positive(self) -> str:
        """Name of the positive class.

        Raises:
            InvalidInputError: there are not two classes.
        """
        if not self.is_binary:
            raise InvalidInputError(f"None of {list(self.classes)} is the one positive class.")
        return self.classes[1]

    def to_dict(self) -> dict[str, Any]:
        """Return the record as it stands in files, `format` and `version` first."""
        plain: dict[str, Any] = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }
        return CardRecord(**plain).to_dict()


def read_card(record: object, *, source: str) -> ClassifierCard:
    """Return the card of a record that `to_dict` made.

    Args:
        record: The record.
        source: Name of the file it comes from, for the errors.

    Raises:
        InvalidInputError: the record is of another version, or was edited.
    """
    plain = msgspec.to_builtins(CardRecord.from_dict(record, where=source))
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()
    }
    try:
        return ClassifierCard(**values)
    except InvalidInputError as error:
        raise InvalidInputError(f"{source} was edited: {error}") from error


def correct(scores: Any, card: ClassifierCard, *, ops: Any) -> Any:
    """Apply the card's temperature, then Bayes' rule for its prevalence.

    Args:
        scores: Scores of the network, shape `(n_images, 1)` where there are two classes, else
            `(n_images, n_classes)`, in `[0, 1]`.
        card: What is applied.
        ops: Where `log`, `exp` and `sum` come from: `numpy`, or `keras.ops`.
    """
    ratios = prior_ratios(card, dtype=str(scores.dtype))
    if card.is_binary or card.multilabel:
        yes, no = scores, 1 - scores
        if card.temperature != 1:
            # A logarithm rather than a power: jax2onnx 0.17 converts no power by a fraction.
            yes, no = (ops.exp(ops.log(share) / card.temperature) for share in (yes, no))
        if card.temperature == 1 and ratios is None:
            return scores
        yes = yes if ratios is None else yes * ratios
        return yes / (yes + no)
    if card.temperature != 1:
        scores = ops.exp(ops.log(scores) / card.temperature)
    if card.temperature == 1 and ratios is None:
        return scores
    scores = scores if ratios is None else scores * ratios
    return scores / ops.sum(scores, axis=-1, keepdims=True)


def prior_ratios(card: ClassifierCard, *, dtype: str) -> np.ndarray[Any, np.dtype[Any]] | None:
    """Return what Bayes' rule multiplies odds (of classes: scores) by, shape `(n_outputs,)`.

    Args:
        card: Its training prevalence and its prevalence; without one nothing is multiplied.
        dtype: Of the result.
    """
    if card.prevalence is None:
        return None
    here, there = np.atleast_1d(card.prevalence), np.atleast_1d(card.train_prevalence)
    if card.is_binary or card.multilabel:
        return (here / (1 - here) / (there / (1 - there))).astype(dtype)
    return (here / there).astype(dtype)
