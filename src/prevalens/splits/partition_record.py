"""What a file of a partition holds, and the checksum that finds edits."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import msgspec

from prevalens._records import Count, Record
from prevalens.exceptions import InvalidInputError

_Rows = Annotated[
    list[Count], msgspec.Meta(description="Rows of the part from 0, in rising order.")
]


class PartitionRecord(Record, frozen=True, kw_only=True):
    """Train, validation and test rows of one cohort, and how they were drawn.

    Beyond its schema, no row is in two parts and every row is below `n_rows`.
    """

    FORMAT: ClassVar[str] = "prevalens partition"
    REMEDY: ClassVar[str] = "Restore it, or split anew."

    method: Annotated[str, msgspec.Meta(description="Name of the splitter.")]
    settings: Annotated[
        dict[str, Any], msgspec.Meta(description="The splitter's settings, the seed among them.")
    ]
    cohort_fingerprint: Annotated[
        str, msgspec.Meta(description="Cohort.fingerprint of the cohort that the rows point into.")
    ]
    n_rows: Annotated[int, msgspec.Meta(ge=1, description="Number of rows of that cohort.")]
    patients_crossing: Annotated[
        Count | None,
        msgspec.Meta(
            description="Number of patients with images in more than one part; null where that "
            "was not checked.",
        ),
    ]
    train: _Rows
    validation: _Rows
    test: _Rows
    checksum: Annotated[
        str,
        msgspec.Meta(
            pattern="^[0-9a-f]{64}$",
            description="SHA-256 of everything else, as JSON with sorted keys, ASCII, no spaces.",
        ),
    ]

    def check(self, *, where: str) -> None:
        """Refuse a record whose checksum does not fit its content.

        Raises:
            InvalidInputError: it was edited.
        """
        if self.checksum != checksum_of(self.to_dict()):
            raise InvalidInputError(
                f"{where} was edited: its checksum does not fit its content. {self.REMEDY}"
            )


def checksum_of(record: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record's plain values, but for the checksum itself."""
    counted = {name: value for name, value in record.items() if name != "checksum"}
    text = json.dumps(counted, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
