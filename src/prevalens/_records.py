"""Records on disk: typed, one version each, read strictly; the JSON Schema is made of the class."""

import json
import math
import os
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Self

import msgspec
import numpy as np

from prevalens._gate import read_file
from prevalens._writing import write_json
from prevalens.exceptions import InvalidInputError

_LARGEST = 1 << 30  # bytes; a partition of 100,000,000 rows is below it
Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
# What a number in a record may be; nan meets none of these.
Count = Annotated[int, msgspec.Meta(ge=0)]
OneOrMore = Annotated[int, msgspec.Meta(ge=1)]
Amount = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Inside = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Above = Annotated[float, msgspec.Meta(gt=0)]


def numpy_as_plain(value: object) -> Any:
    """Return what stands in a file for a name or a number that came out of a NumPy array."""
    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError(f"a {type(value).__name__} cannot be written")  # said by msgspec


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of fields inside a record; unknown fields are refused.

    A field that may be left out has the type `T | msgspec.UnsetType` and the default
    `msgspec.UNSET`; a range is told by its type, such as `Share`.
    """


class TablePart(Part, frozen=True, kw_only=True):
    """A group whose lists are columns of one table: all of one length."""

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        held = {name: getattr(self, name) for name in self.__struct_fields__}
        lengths = {name: len(column) for name, column in held.items() if isinstance(column, list)}
        if len(set(lengths.values())) > 1:
            raise InvalidInputError(f"columns of one table have different lengths: {lengths}")


class Record(Part, frozen=True, kw_only=True):
    """What one kind of file holds, beside its `format` and `version`.

    Class variables:
        FORMAT: What the file says it is, such as `"prevalens partition"`.
        VERSION: The version that is written; older ones are read through `UPGRADES`.
        UPGRADES: By older version, a function from its plain fields to those of the next.
        BROKEN: What is said of a file whose fields are wrong: most are only written by programs.
        REMEDY: What to do about a file that cannot be read, a sentence.
    """

    FORMAT: ClassVar[str]
    VERSION: ClassVar[int] = 1
    UPGRADES: ClassVar[Mapping[int, Upgrade]] = {}
    BROKEN: ClassVar[str] = "was edited or cut"
    REMEDY: ClassVar[str] = "Restore the file, or make it anew."

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain values, `format` and `version` first."""
        plain = msgspec.to_builtins(self, enc_hook=numpy_as_plain)
        return {"format": self.FORMAT, "version": self.VERSION, **plain}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the record as JSON, whole or not at all.

        Raises:
            UnwritableFileError: the folder cannot be made or written to.
            ValueError: a number is not finite.
        """
        write_json(path, self.to_dict())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file that `save` wrote, of this version or an older one.

        Raises:
            InvalidInputError: the file cannot be read, is no whole JSON, of another format or a
                newer version, or a field is missing, unknown, of another type or out of range.
        """
        return cls.from_dict(read_json(path, remedy=cls.REMEDY), where=os.fspath(path))

    @classmethod
    def from_dict(cls, plain: object, *, where: str | None = None) -> Self:
        """Check plain values, as JSON gives them, and return the record.

        Args:
            plain: What `to_dict` returned, of this version or an older one.
            where: What to call it in an error; by default "This".

        Raises:
            InvalidInputError: as in `load`; the message names the path of what is wrong.
        """
        name = where or "This"
        if not isinstance(plain, Mapping) or plain.get("format") != cls.FORMAT:
            told = plain.get("format") if isinstance(plain, Mapping) else type(plain).__name__
            raise InvalidInputError(
                f"{name} is no {cls.FORMAT}: its `format` is {told!r}. {cls.REMEDY}"
            )
        fields = {key: value for key, value in plain.items() if key not in {"format", "version"}}
        fields = cls._upgraded(fields, plain.get("version"), name)
        try:
            return msgspec.convert(fields, cls)
        except (msgspec.ValidationError, UnicodeError, RecursionError) as error:
            raise InvalidInputError(
                f"{name} {cls.BROKEN}: {_in_words(error)}. {cls.REMEDY}"
            ) from error

    @classmethod
    def _upgraded(cls, fields: dict[str, Any], version: object, name: str) -> dict[str, Any]:
        whole = isinstance(version, int) and not isinstance(version, bool)
        if not whole or not (version == cls.VERSION or version in cls.UPGRADES):
            raise InvalidInputError(
                f"{name} has version {version!r}; this prevalens reads {cls.VERSION} of "
                f"{cls.FORMAT!r}{' and older' if cls.UPGRADES else ''}. Update prevalens, or make "
                "the file anew."
            )
        for older in range(int(str(version)), cls.VERSION):
            try:
                fields = cls.UPGRADES[older](fields)
            except (KeyError, TypeError, AttributeError) as error:
                raise InvalidInputError(
                    f"{name} was edited or cut: version {older} needs {error}. {cls.REMEDY}"
                ) from error
        return fields

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema (draft 2020-12) that every file of this version meets."""
        (_, parts) = msgspec.json.schema_components([cls], ref_template="#/$defs/{name}")
        top = parts.pop(cls.__name__)
        envelope = {"format": {"const": cls.FORMAT}, "version": {"const": cls.VERSION}}
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **top,
            "title": cls.FORMAT,
            "required": [*envelope, *top.get("required", ())],
            "properties": envelope | top["properties"],
            "$defs": parts,
        }


def read_json(path: str | os.PathLike[str], *, remedy: str) -> Any:
    """Read a JSON file as plain values; nan, infinity and a name given twice are refused.

    Raises:
        InvalidInputError: the file cannot be read, is too large, or is no whole JSON.
    """
    try:
        data = read_file(path, what="a record", max_bytes=_LARGEST)
    except InvalidInputError as refusal:
        raise InvalidInputError(f"{refusal} {remedy}") from refusal
    try:
        text = data.decode("utf-8")
        plain = json.loads(text, **_STRICT)
        if "\\ud" in text.lower():
            # Half of a pair is a text that no file can hold: to encode it raises.
            json.dumps(plain, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else error
        raise InvalidInputError(f"{path} is not whole JSON ({reason}). {remedy}") from error
    return plain


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is given twice")
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:20]} is too large a number")
    return number


_STRICT: dict[str, Any] = {
    "object_pairs_hook": _once_each,
    "parse_constant": _no_constant,
    "parse_float": _finite,
}


def _in_words(error: Exception) -> str:
    """Return what msgspec says, with the path first: `a.b[0]: expected int, got str`."""
    text, _, path = str(error).partition(" - at `$")
    text = text[:1].lower() + text[1:].replace("`", "")
    return f"`{path.strip('.`')}`: {text}" if path else text
