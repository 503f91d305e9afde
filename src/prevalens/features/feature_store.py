"""Features on disk, found by the content of an image; safe to kill."""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_path
from prevalens._gate import open_file
from prevalens._writing import naming
from prevalens.exceptions import InvalidInputError

_FORMAT = "prevalens features 1"
_HEAD = 4096  # bytes before the records: what the file is, for those who look into it
_AT_ONCE = 4096  # records


class FeatureStore:
    """A folder that keeps the features of images, so that each is computed once.

    A record belongs to the content of an image file, the network and every setting: an image
    that was renamed, moved or stands in another cohort is found, a changed one is not. Each run
    writes a file of its own and no file is ever changed, so runs side by side do not meet; a run
    killed at any moment leaves whole records, which the next one goes on from, and at most one
    that is cut and left out.

    Args:
        directory: The folder; made where it does not exist. Best on a local disk.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     store = FeatureStore(folder)
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.directory = Path(check_path("directory", directory))
        if self.directory.exists() and not self.directory.is_dir():
            raise InvalidInputError(
                f"`directory` must be a folder, but {self.directory} is a file. Name another."
            )

    def __repr__(self) -> str:
        return f"FeatureStore({str(self.directory)!r})"

    def open(self, settings: dict[str, Any], *, n_features: int) -> "StoredFeatures":
        """Open what was computed with exactly these settings.

        Args:
            settings: All that decides a feature beside the image, as JSON.
            n_features: Number of features of an image.
        """
        text = json.dumps([_FORMAT, settings], sort_keys=True)
        key = hashlib.sha256(text.encode()).hexdigest()[:32]
        return StoredFeatures(self.directory, key, settings=settings, n_features=n_features)

    def contents(self) -> set[bytes]:
        """Return the contents of all images whose features are here, whatever the settings.

        Raises:
            InvalidInputError: a file does not say how many features an image has, because an
                earlier version wrote it.
        """
        found = set[bytes]()
        for file in sorted(self.directory.glob("*.features")):
            with _opened(file) as opened:
                head = opened.read(_HEAD)
            if len(head) < _HEAD:  # a run was killed before it had written anything
                continue
            try:
                about = json.loads(head)
                key, count = file.name.split("-")[0], int(about["n_features"])
            except (ValueError, KeyError, TypeError) as error:
                raise InvalidInputError(
                    f"{file} does not say how many features an image has. Compute them anew."
                ) from error
            found |= StoredFeatures(self.directory, key, settings={}, n_features=count).known()
        return found


class StoredFeatures:
    """The features of one network at one setting.

    Args:
        directory: The folder.
        key: Name of the network and the settings.
        settings: The same, for those who look into a file.
        n_features: Number of features of an image.
    """

    def __init__(
        self, directory: Path, key: str, *, settings: dict[str, Any], n_features: int
    ) -> None:
        self._directory, self._key, self._settings = directory, key, settings
        self._record = np.dtype(
            [("content", "V32"), ("check", "<u8"), ("values", "<f4", (n_features,))]
        )
        self._own: Path | None = None
        self._parts = sorted(directory.glob(f"{key}-*.features"))
        self._places: dict[bytes, tuple[int, int]] = {}
        for part, file in enumerate(self._parts):
            self._places |= {content: (part, place) for place, content in self._whole(file)}

    def __len__(self) -> int:
        return len(self._places)

    def known(self) -> set[bytes]:
        """Return the contents whose features are here."""
        return set(self._places)

    def holds(self, contents: Sequence[bytes]) -> NDArray[np.bool_]:
        """Say of which contents the features are here, shape `(n_contents,)`."""
        return np.array([content in self._places for content in contents], dtype=bool)

    def take(self, contents: Sequence[bytes]) -> NDArray[np.float32]:
        """Return the features of contents, all of which are here, in their order.

        Read, never mapped: a file that is cut while it is mapped ends the process.

        Raises:
            InvalidInputError: a file was cut or changed since it was opened.
        """
        found = np.array([self._places[content] for content in contents]).reshape(-1, 2)
        values = np.empty((len(found), self._record["values"].shape[0]), dtype=np.float32)
        for part in np.unique(found[:, 0]).tolist():
            chosen = np.flatnonzero(found[:, 0] == part)
            chosen = chosen[np.argsort(found[chosen, 1], kind="stable")]
            # Neighbours in the file are read at once.
            ends = np.flatnonzero(np.diff(found[chosen, 1]) != 1) + 1
            with _opened(self._parts[part]) as opened:
                for rows in np.split(chosen, ends):
                    opened.seek(_HEAD + int(found[rows[0], 1]) * self._record.itemsize)
                    records = self._records(opened, len(rows))
                    if [*map(bytes, records["content"])] != [contents[row] for row in rows]:
                        raise InvalidInputError(
                            f"{self._parts[part]} was cut or changed while it was in use. Run "
                            "again: what it lost is computed anew."
                        )
                    values[rows] = records["values"]
        return values

    def keep(self, contents: Sequence[bytes], values: NDArray[np.float32]) -> None:
        """Write features to this run's own file; `take` sees them after `reopened`.

        Raises:
            UnwritableFileError: the disk is full, or the folder may only be read; what was kept
                before stays.
        """
        records = np.zeros(len(contents), dtype=self._record)
        records["content"] = [np.void(content) for content in contents]
        records["values"] = values
        records["check"] = [_check(record) for record in records]
        with naming(self._directory):
            if self._own is None:
                self._own = self._begin()
            with self._own.open("ab") as opened:
                opened.write(records.tobytes())

    def _begin(self) -> Path:
        """Make this run's own file, which says what it is."""
        self._directory.mkdir(parents=True, exist_ok=True)
        file = self._directory / f"{self._key}-{secrets.token_hex(8)}.features"
        about = {
            "format": _FORMAT,
            "n_features": self._record["values"].shape[0],
            "settings": self._settings,
        }
        file.write_bytes(json.dumps(about).encode()[: _HEAD - 1].ljust(_HEAD - 1) + b"\n")
        return file

    def reopened(self) -> "StoredFeatures":
        """Return the same with what was kept meanwhile."""
        return StoredFeatures(
            self._directory,
            self._key,
            settings=self._settings,
            n_features=self._record["values"].shape[0],
        )

    def _whole(self, file: Path) -> Iterator[tuple[int, bytes]]:
        """Give the place and the content of each record that was written whole."""
        place = 0
        with _opened(file) as opened:
            opened.seek(_HEAD)
            while len(records := self._records(opened, _AT_ONCE)):
                for record in records:
                    if int(record["check"]) == _check(record):
                        yield place, record["content"].tobytes()
                    place += 1

    def _records(self, opened: BinaryIO, count: int) -> NDArray[np.void]:
        """Read the next records, or as many as there are whole ones."""
        data = opened.read(count * self._record.itemsize)
        return np.frombuffer(data, self._record, count=len(data) // self._record.itemsize)


def _opened(file: Path) -> BinaryIO:
    return open_file(file, what="a file of features", max_bytes=2**63, may_be_empty=True)


def _check(record: np.void) -> int:
    digest = hashlib.blake2b(record["content"].tobytes(), digest_size=8)
    digest.update(record["values"].tobytes())
    return int.from_bytes(digest.digest(), "little")
