"""What was left out of a study before the cohort was divided, and why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prevalens._checks import check_integer
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Codes, Labels


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Images that were left out, for the flow of images in a report.

    Args:
        reason: What they are and why they were left out, in words.
        images: How many.
        patients: How many patients they are of, who may have others; None where it is not known.

    Raises:
        InvalidInputError: a count is negative, the reason is empty, or there are more patients
            than images.

    Examples:
        >>> from prevalens.cohorts import Cohort
        >>> cohort = Cohort(
        ...     images=["a.png", "b.png", "c.png", "d.png"], labels=["sick", "well", "odd", "odd"],
        ...     patients=["p", "q", "q", "r"], positive="sick",
        ... )
        >>> (gone,) = cohort.drop_classes("odd").left_out
        >>> gone
        LeftOut(reason="class 'odd', left out by choice", images=2, patients=2)
    """

    reason: str
    images: int
    patients: int | None = None

    def __post_init__(self) -> None:
        reason: Any = self.reason
        if not isinstance(reason, str) or not reason.strip():
            raise InvalidInputError(f"`reason` must say why, in words, got {reason!r}.")
        check_integer("images", self.images, minimum=0)
        if self.patients is not None:
            check_integer("patients", self.patients, minimum=0)
            if self.patients > self.images:
                raise InvalidInputError(
                    f"{self.images} images are of at most as many patients, got {self.patients}."
                )


def check_left_out(name: str, given: Sequence[Any]) -> tuple[LeftOut, ...]:
    """Return records of what was left out.

    Args:
        name: Of the argument, for errors.
        given: The records.

    Raises:
        InvalidInputError: one is none.
    """
    for each in given:
        if not isinstance(each, LeftOut):
            raise InvalidInputError(
                f"`{name}` must be made of LeftOut, got a {type(each).__name__}. Write "
                "LeftOut(reason='blurred', images=3)."
            )
    return tuple(given)


def stated_left_out(
    name: str, given: Mapping[str, int] | Sequence[LeftOut], known: Sequence[LeftOut] = ()
) -> tuple[LeftOut, ...]:
    """Return records of what is stated to be left out, but those that are known already.

    Args:
        name: Of the argument, for errors.
        given: Images by reason, or records.
        known: Records of what was left out of the cohort, which are not told twice.

    Raises:
        InvalidInputError: a count is no whole number from 0, or a record is none.
    """
    if not isinstance(given, Mapping):
        return tuple(each for each in check_left_out(name, given) if each not in known)
    counted = {
        str(why): check_integer(f"{name}[{why!r}]", count, minimum=0)
        for why, count in given.items()
    }
    return tuple(LeftOut(reason=why, images=count) for why, count in counted.items())


def classes_left_out(
    labels: Labels,
    patients: Codes | None,
    classes: Sequence[str],
    dropped: Collection[str],
    reason: str,
) -> tuple[LeftOut, ...]:
    """Count the images and patients of the classes that are dropped, in the order of the classes.

    Args:
        labels: Class of each row as an index into `classes`, shape `(n_rows,)`.
        patients: Number of each row's patient; None where images are independent.
        classes: Names of all classes.
        dropped: Those that are dropped.
        reason: Why, in words.
    """
    found = []
    for code, name in enumerate(classes):
        if name in dropped:
            rows = labels == code
            owners = None if patients is None else len(np.unique(patients[rows]))
            told = f"class {name!r}, {reason}"
            found.append(LeftOut(reason=told, images=int(rows.sum()), patients=owners))
    return tuple(found)
