"""Records are read strictly, and say where they were broken."""

import json
import os
from pathlib import Path
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from prevalens._records import Part, Record, read_json
from prevalens.exceptions import InvalidInputError


class Leaf(Part, frozen=True, kw_only=True):
    """A part with a bounded number."""

    share: Annotated[float, msgspec.Meta(ge=0, le=1)]


class Plant(Record, frozen=True, kw_only=True):
    """A record of version 2, whose version 1 called `leaves` otherwise."""

    FORMAT: ClassVar[str] = "prevalens plant"
    VERSION: ClassVar[int] = 2
    UPGRADES: ClassVar[dict[int, Any]] = {1: lambda old: {**old, "leaves": old["foliage"]}}
    name: str
    leaves: list[Leaf]
    note: str | msgspec.UnsetType = msgspec.UNSET


class Seedling(Record, frozen=True, kw_only=True):
    """A record that has had one version only."""

    FORMAT: ClassVar[str] = "prevalens seedling"
    name: str


PLANT = Plant(name="fern", leaves=[Leaf(share=0.25), Leaf(share=1.0)])


def edited(**changes: object) -> dict[str, Any]:
    """Return the plain record with some fields changed."""
    return PLANT.to_dict() | changes


@given(
    name=st.text(),
    shares=st.lists(st.floats(0, 1), max_size=5),
    note=st.one_of(st.none(), st.text()),
)
def test_a_record_comes_back_from_its_plain_values(
    name: str, shares: list[float], note: str | None
) -> None:
    """Through JSON and back it is the same, and it meets its own schema."""
    extra = {} if note is None else {"note": note}
    record = Plant(name=name, leaves=[Leaf(share=share) for share in shares], **extra)
    plain = json.loads(json.dumps(record.to_dict()))

    Draft202012Validator(Plant.json_schema()).validate(plain)
    assert Plant.from_dict(plain) == record


def test_what_came_out_of_an_array_is_written_plain() -> None:
    """A name and a number of NumPy are those of Python; any other object is refused."""
    made: Any = {"name": np.str_("fern"), "leaves": [Leaf(share=np.float64(0.25))]}
    assert json.dumps(Plant(**made).to_dict()) == json.dumps(edited(leaves=[{"share": 0.25}]))
    with pytest.raises(NotImplementedError, match="a complex cannot be written"):
        Plant(**made | {"note": 1j}).to_dict()


def test_a_file_comes_back(tmp_path: Path) -> None:
    """What `save` wrote is read by `load`; format and version stand first."""
    path = tmp_path / "plant.json"
    PLANT.save(path)

    assert list(json.loads(path.read_text("utf-8")))[:2] == ["format", "version"]
    assert Plant.load(path) == PLANT


@pytest.mark.parametrize(
    ("plain", "told"),
    [
        ([], "no prevalens plant: its `format` is 'list'"),
        ({}, "its `format` is None"),
        (edited(format="prevalens tree"), "its `format` is 'prevalens tree'"),
        (edited(version=3), "version 3; this prevalens reads 2 of 'prevalens plant' and older"),
        (edited(version=True), "version True"),
        (edited(version="2"), "version '2'"),
        (edited(name=5), "`name`: expected str, got int"),
        (edited(extra=1), "unknown field extra"),
        (
            edited(leaves=[{"share": 0.5}, {"share": 2}]),
            r"`leaves\[1\].share`: expected float <= 1",
        ),
        ({"format": "prevalens plant", "version": 2}, "missing required field name"),
        ({"format": "prevalens plant", "version": 1}, "version 1 needs 'foliage'"),
    ],
)
def test_what_is_wrong_is_named_with_its_path(plain: object, told: str) -> None:
    """Another format, a newer version, and each kind of broken field."""
    with pytest.raises(InvalidInputError, match=told):
        Plant.from_dict(plain)


def test_an_older_version_is_upgraded() -> None:
    """The fields of version 1 become those of version 2; what is left over is refused."""
    old = {"format": "prevalens plant", "version": 1, "name": "fern", "foliage": []}
    with pytest.raises(InvalidInputError, match="unknown field foliage"):
        Plant.from_dict(old)


def test_a_record_without_older_versions_says_so() -> None:
    """The refusal promises no older versions where there are none."""
    with pytest.raises(InvalidInputError, match=r"reads 1 of 'prevalens seedling'\. Update"):
        Seedling.from_dict({"format": "prevalens seedling", "version": 0, "name": ""})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": NaN}', "NaN is no number of JSON"),
        ('{"a": 1, "a": 2}', "'a' is given twice"),
        ('{"a": -1e999}', "-1e999 is too large a number"),
        ("{", "not whole JSON"),
        ("[" * 100_000, "not whole JSON"),
        ("\ud800", "not whole JSON"),
        (r'{"a": "\ud800"}', "surrogates not allowed"),
        (r'{"a": {"\udc00": 1}}', "surrogates not allowed"),
    ],
)
def test_json_that_means_nothing_is_refused(tmp_path: Path, text: str, told: str) -> None:
    """Nan, a name given twice, a cut or endlessly nested text, and bytes that are no UTF-8."""
    path = tmp_path / "record.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(InvalidInputError, match=told) as raised:
        read_json(path, remedy="Make it anew.")

    assert str(path) in str(raised.value)
    assert str(raised.value).endswith("Make it anew.")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    """A folder, a missing file and a FIFO, which would wait for ever."""
    os.mkfifo(tmp_path / "fifo")
    told = {"": "is a folder", "missing": "does not exist", "fifo": "is no regular file"}
    for name, reason in told.items():
        with pytest.raises(InvalidInputError, match=rf"{reason}.*Look\.$"):
            read_json(tmp_path / name, remedy="Look.")


def test_a_whole_pair_is_read(tmp_path: Path) -> None:
    """Two halves are one letter."""
    (tmp_path / "a.json").write_text(r'{"a": "\ud83c\udf31"}')
    assert read_json(tmp_path / "a.json", remedy="-") == {"a": "\U0001f331"}
