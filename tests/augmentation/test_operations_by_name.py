"""Saved operations come back as what they were."""

import pytest

from prevalens.augmentation.operations_by_name import BY_NAME, operation_from
from prevalens.exceptions import InvalidInputError


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_operation_survives_its_record(name: str) -> None:
    """The defaults of each operation come back equal."""
    operation = BY_NAME[name]()

    assert operation_from(operation.to_dict()) == operation


def test_a_missing_name_lists_the_operations() -> None:
    """A record without a name is answered with those there are."""
    with pytest.raises(InvalidInputError, match=r"'rotation'.*got None"):
        operation_from({"degrees": 4})
