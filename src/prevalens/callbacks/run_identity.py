"""What a run is: the backend, the versions, the data and the settings it was started with."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from prevalens._records import Part
from prevalens._versions import versions
from prevalens.exceptions import InvalidInputError

# Bytes of one array that are hashed; of a larger one as many, in blocks spread evenly over it.
_HASHED = 1 << 28
_BLOCKS = 4096
_BACKENDS = {"jax": ("jax",), "torch": ("torch",), "tensorflow": ("tensorflow", "tensorflow-cpu")}


class RunIdentity(Part, frozen=True, kw_only=True):
    """What must be the same where a run goes on.

    Args:
        backend: Keras' backend.
        versions: Of Python, of prevalens, of numpy, of Keras and of the backend.
        data: What is known of the data by its part, `training` and `validation`: of the datasets
            of `prevalens.batches` the cohort's fingerprint, the rows, a look at the files and the
            settings; of arrays a hash; of anything else its type.
        settings: What the caller says decides the result.
    """

    backend: str
    versions: dict[str, str | None]
    data: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    settings: dict[str, Any] = msgspec.field(default_factory=dict)

    def check_settings(self, now: "RunIdentity", *, where: str) -> None:
        """Refuse another backend or other settings.

        Args:
            now: The run that wants to go on.
            where: The file that this one stands in.

        Raises:
            InvalidInputError: the backend or a setting differs.
        """
        if self.backend != now.backend:
            raise InvalidInputError(
                f"{where} was written on {self.backend}, and this is {now.backend}: the run would "
                f"not go on as it began. Set KERAS_BACKEND={self.backend}, or begin anew with "
                "another file."
            )
        _refuse("other settings", self.settings, now.settings, where)

    def check_data(self, part: str, now: Mapping[str, Any], *, where: str) -> None:
        """Refuse other data in a part; where nothing was known of it before, nothing is.

        Raises:
            InvalidInputError: something known of the data differs.
        """
        _refuse(f"other {part} data", self.data.get(part, now), now, where)

    def changed_versions(self, now: "RunIdentity") -> list[str]:
        """Return what is of another version now, as `name then -> now`."""
        return [
            f"{name} {then} -> {now.versions.get(name)}"
            for name, then in self.versions.items()
            if now.versions.get(name) != then
        ]


def _refuse(what: str, then: Mapping[str, Any], now: Mapping[str, Any], where: str) -> None:
    changed = {
        name: (then.get(name), now.get(name))
        for name in sorted({*then, *now})
        if then.get(name) != now.get(name)
    }
    if changed:
        told = "; ".join(
            f"{name} was {_short(before)} and is {_short(after)}"
            for name, (before, after) in changed.items()
        )
        raise InvalidInputError(
            f"{where} was written by a run with {what}: {told}. Resume with what it was started "
            "with, or begin anew with another file."
        )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 24 else f"{text[:20]}...{text[-1]}"


def relevant_versions(backend: str) -> dict[str, str | None]:
    """Return the versions that a resumed training may depend on."""
    names = ("python", "prevalens", "numpy", "keras", *_BACKENDS.get(backend, ()))
    found = versions()
    return {name: found[name] for name in names if found[name] is not None}


def identity_of(data: Any) -> dict[str, Any]:
    """Return what is known of the data that `fit` was given.

    Args:
        data: A dataset with an `identity()` of its own, an array, arrays in a tuple, a list or a
            mapping, or anything else.
    """
    if hasattr(data, "identity"):
        found: dict[str, Any] = data.identity()
        return found
    digest = hashlib.sha256()
    if _add(digest, data):
        return {"kind": "arrays", "content": digest.hexdigest()}
    return {"kind": f"{type(data).__module__}.{type(data).__qualname__}"}


def _add(digest: Any, data: Any) -> bool:
    """Add arrays to a hash; return whether all of it was arrays."""
    if data is None:
        digest.update(b"none")
    elif isinstance(data, Mapping):
        for name in sorted(data):
            digest.update(str(name).encode())
            if not _add(digest, data[name]):
                return False
    elif isinstance(data, list | tuple):
        return all(_add(digest, each) for each in data)
    elif _is_array(data):
        _add_array(digest, np.asarray(data.detach().cpu() if hasattr(data, "detach") else data))
    else:
        return isinstance(data, int | float) and _add(digest, np.asarray(data))
    return True


def _is_array(data: Any) -> bool:
    return hasattr(data, "__array__") and hasattr(data, "shape") and hasattr(data, "dtype")


def _add_array(digest: Any, array: np.ndarray[Any, Any]) -> None:
    digest.update(f"{array.dtype.str}{array.shape}".encode())
    if array.dtype.hasobject:
        digest.update(repr(array.tolist()).encode())
        return
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    if flat.nbytes <= _HASHED:
        digest.update(flat.data)
        return
    length = _HASHED // _BLOCKS
    for start in np.linspace(0, flat.nbytes - length, _BLOCKS).astype(np.int64).tolist():
        digest.update(flat[start : start + length].data)
