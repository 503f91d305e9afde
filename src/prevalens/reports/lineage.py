"""What a dossier was made from, by hash: files, images, settings, versions."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

import msgspec

from prevalens._paths import is_below, walk
from prevalens._records import Count, Part, Record
from prevalens.images.opening import hash_file

_Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class HashedFile(Part, frozen=True, kw_only=True):
    """A file by its path, with forward slashes, and the SHA-256 of its bytes."""

    path: str
    bytes: Count
    sha256: _Sha256


class LineageRecord(Record, frozen=True, kw_only=True):
    """Where a dossier comes from.

    `run` holds the files of the run, weights and partition among them; `also` those that were
    named besides, such as a lock file; `dossier` those that were written. `images_sha256` is of
    `images.csv`, which lists the SHA-256 of each image that was found.
    """

    FORMAT: ClassVar[str] = "prevalens lineage"
    REMEDY: ClassVar[str] = "Restore it, or write the dossier anew."

    prevalens: str
    versions: dict[str, str]
    settings: dict[str, Any]
    predictions_sha256: _Sha256
    partition_of: str | None
    images: Count
    images_found: Count
    images_sha256: _Sha256 | None
    run: list[HashedFile]
    also: list[HashedFile]
    dossier: list[HashedFile]
    checksum: Annotated[_Sha256, msgspec.Meta(description="Of everything else, as in a partition.")]


def hashed(path: Path, name: str) -> HashedFile:
    """Return a file by the name it has in the record."""
    return HashedFile(path=name, bytes=path.stat().st_size, sha256=hash_file(path))


def hashed_folder(root: Path, *, without: Path | None = None) -> list[HashedFile]:
    """Hash every regular file below a folder but hidden ones, in the order of their paths.

    Args:
        root: The folder.
        without: A folder below it that is left out.
    """
    return [hashed(path, path.relative_to(root).as_posix()) for path in _files(root, without)]


def _files(root: Path, without: Path | None) -> Iterator[Path]:
    for path in sorted(Path(folder, name) for folder, _, names in walk(root) for name in names):
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        inside = without is not None and is_below(path, without)
        if path.is_file() and not path.is_symlink() and not hidden and not inside:
            yield path


def changed_files(root: Path, files: Iterable[HashedFile]) -> Iterator[str]:
    """Name each file that is missing or has other bytes than the record says.

    Args:
        root: Folder that the paths start from.
        files: The files as they were.
    """
    for file in files:
        name, path = file.path, root / file.path
        if not is_below(path, root):
            yield f"{name} leads out of {root}."
        elif not path.is_file():
            yield f"{name} is missing."
        elif (now := hash_file(path)) != file.sha256:
            yield f"{name} has SHA-256 {now}; the lineage says {file.sha256}."
