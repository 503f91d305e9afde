"""What a saved policy holds; its operations are those of the table; pure."""

import functools
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Union

import prevalens.augmentation.operations  # noqa: F401 (registers them)
from prevalens._checks import check_choice
from prevalens._records import Record
from prevalens.augmentation.operation import OPERATIONS, Operation
from prevalens.exceptions import InvalidInputError


class PolicyRecord(Record, frozen=True, kw_only=True):
    """The fields of a policy beside its operations."""

    FORMAT: ClassVar[str] = "prevalens augmentation policy"
    REMEDY: ClassVar[str] = "Restore the record, or make the policy anew and save it."

    name: str
    reference: str
    fill: Literal["constant", "nearest", "reflect", "mirror", "wrap"]
    fill_value: float
    operations: list[Any]


def policy_record() -> type[PolicyRecord]:
    """Return the record of policies of every operation there is by now, users' own among them."""
    return _record_of(tuple(OPERATIONS.values()))


def check_operation_names(record: object) -> None:
    """Refuse operations of other names than there are, and suggest the nearest.

    Raises:
        InvalidInputError: a record's operation has an unknown name.
    """
    operations = record.get("operations") if isinstance(record, Mapping) else None
    for each in operations if isinstance(operations, list | tuple) else ():
        named = each.get("operation") if isinstance(each, Mapping) else None
        try:
            check_choice("operation", named, OPERATIONS)
        except InvalidInputError as error:
            raise InvalidInputError(
                f"{error} An operation of your own must be imported before its policy is read."
            ) from None


@functools.lru_cache(maxsize=4)
def _record_of(kinds: tuple[type[Operation], ...]) -> type[PolicyRecord]:
    class Whole(PolicyRecord, frozen=True, kw_only=True):
        operations: list[Union[kinds]]  # type: ignore[valid-type] # noqa: UP007

    return Whole
