"""Saved policies are read strictly."""

import json

import pytest
from jsonschema import Draft202012Validator

from prevalens.augmentation import AugmentationPolicy, Flip, Rotation, presets
from prevalens.augmentation.operation import OPERATIONS
from prevalens.augmentation.policy_record import check_operation_names, policy_record
from prevalens.exceptions import InvalidInputError


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_survives_its_record(name: str) -> None:
    """The defaults of each operation come back equal."""
    policy = AugmentationPolicy([OPERATIONS[name]()])

    assert AugmentationPolicy.from_dict(policy.to_dict()) == policy


@pytest.mark.parametrize("operations", [[{"degrees": 4}], [None], [3], ({},)])
def test_a_missing_name_lists_the_operations(operations: object) -> None:
    """A record without a name is answered with those there are."""
    with pytest.raises(InvalidInputError, match=r"'rotation'.*got None\..*of your own"):
        check_operation_names({"operations": operations})


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"degrees": [1, 2, 3]}, r"operations\[1\]\.degrees`: expected array of length"),
        ({"degrees": "far"}, r"operations\[1\]\.degrees`"),
        ({"probability": 1.5}, r"operations\[1\]\.probability`"),
        ({"angle": 4}, r"operations\[1\]`: object contains unknown field angle"),
        ({"degrees": [3, 1]}, r"operations\[1\]`: .*low <= high"),
    ],
)
def test_a_broken_setting_is_named(change: dict[str, object], text: str) -> None:
    """With its path, whether its type, its range or its meaning is broken."""
    record = AugmentationPolicy([Flip(), Rotation(degrees=15)]).to_dict()
    record["operations"][1] |= change
    with pytest.raises(InvalidInputError, match=text):
        AugmentationPolicy.from_dict(record)


def test_the_schema_is_made_of_the_classes() -> None:
    """Each operation has a part with its settings and their defaults; no other names pass."""
    schema = policy_record().json_schema()
    parts = schema["$defs"]

    assert {part["properties"]["operation"]["enum"][0] for part in parts.values()} == set(
        OPERATIONS
    )
    assert parts["Flip"]["properties"]["probability"]["default"] == 0.5
    assert parts["Flip"]["additionalProperties"] is False
    assert schema["properties"]["fill"]["enum"] == [
        "constant", "mirror", "nearest", "reflect", "wrap",
    ]  # fmt: skip


def problems(record: dict[str, object]) -> list[str]:
    """Return what a record, once through JSON, breaks of the schema."""
    validator = Draft202012Validator(AugmentationPolicy.json_schema())
    return [error.message for error in validator.iter_errors(json.loads(json.dumps(record)))]


def test_what_is_written_meets_the_schema_and_what_is_broken_does_not() -> None:
    """Every operation, every preset and chances per class do; strangers and gaps do not."""
    every = AugmentationPolicy([kind() for kind in OPERATIONS.values()], name="all")
    policies = [every, *(getattr(presets, name)() for name in presets.PRESETS)]
    record = AugmentationPolicy([Flip(probability=(0.5, 1.0))]).to_dict()

    assert [problems(policy.to_dict()) for policy in policies] == [[]] * len(policies)
    assert problems(record) == []
    for change in ({"probability": 1.5}, {"horizontle": True}, {"operation": "flop"}):
        assert problems({**record, "operations": [{**record["operations"][0], **change}]})
    for part in record:
        assert problems({key: value for key, value in record.items() if key != part}), part
    assert problems({**record, "stranger": 1})
