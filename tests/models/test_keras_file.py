"""A file that would fill the memory, or reach for another file, is refused unopened."""

import os
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.models.keras_file import check_keras_file


def archive(path: Path, *, weights: Path | None = None, **members: bytes) -> Path:
    """Write an archive of members, compressed, and of a file of weights."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in members.items():
            written.writestr(name, content)
        if weights is not None:
            written.write(weights, "model.weights.h5")
    return path


def test_a_bomb_is_refused_by_its_directory(tmp_path: Path) -> None:
    """100 MiB of zeros are 100 kB in the archive, and no more than 64 MiB may come of them."""
    path = archive(tmp_path / "bomb.keras", config=bytes(100 * 2**20))

    assert path.stat().st_size < 2**20
    with pytest.raises(InvalidInputError, match=r"bomb\.keras .* unpacks to 104,857,600 bytes"):
        check_keras_file(path)


def test_a_bomb_inside_the_weights_is_refused(tmp_path: Path) -> None:
    """An HDF5 array of 8 GB whose chunks were never written takes a few hundred bytes."""
    with h5py.File(tmp_path / "w.h5", "w") as weights:
        weights.create_dataset("a", shape=(10**9,), dtype="f8", chunks=(10**6,))
    path = archive(tmp_path / "bomb.keras", weights=tmp_path / "w.h5")

    with pytest.raises(InvalidInputError, match=r"arrays of model.* unpack to 8,000,000"):
        check_keras_file(path)


@pytest.mark.parametrize("kind", ["soft", "external", "storage", "virtual"])
def test_weights_that_lie_elsewhere_are_refused(tmp_path: Path, kind: str) -> None:
    """An HDF5 file may name other files, of which Keras would read the content."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"12345678" * 4)
    with h5py.File(tmp_path / "w.h5", "w") as weights:
        if kind == "soft":
            weights["a"] = h5py.SoftLink("/b")
        elif kind == "external":
            weights["a"] = h5py.ExternalLink(str(secret), "/b")
        elif kind == "storage":
            weights.create_dataset("a", (4,), "f8", external=[(str(secret), 0, 32)])
        else:
            layout = h5py.VirtualLayout(shape=(4,), dtype="f8")
            layout[:] = h5py.VirtualSource(str(secret), "b", shape=(4,))
            weights.create_virtual_dataset("a", layout)
    path = archive(tmp_path / "c.keras", weights=tmp_path / "w.h5")

    with pytest.raises(InvalidInputError, match=r"is a link|lies in another file"):
        check_keras_file(path)


@pytest.mark.parametrize("kind", ["type", "nothing"])
def test_weights_that_are_no_arrays_are_refused(tmp_path: Path, kind: str) -> None:
    """HDF5 also holds types by name, and arrays of no values at all."""
    with h5py.File(tmp_path / "w.h5", "w") as weights:
        weights["a"] = np.dtype("f8") if kind == "type" else h5py.Empty("f8")
    path = archive(tmp_path / "c.keras", weights=tmp_path / "w.h5")

    with pytest.raises(InvalidInputError, match=r"c\.keras .*/a of its weights .* no array"):
        check_keras_file(path)


def test_what_is_no_file_or_no_archive_is_refused(tmp_path: Path) -> None:
    """A named pipe (which would wait for ever), a folder, a text and nothing at all."""
    os.mkfifo(tmp_path / "pipe.keras")
    (tmp_path / "text.keras").write_text("no archive")
    for name, text in (
        ("pipe.keras", "no regular file"),
        ("", "is a folder"),
        ("text.keras", "cut or no archive"),
        ("none.keras", "does not exist"),
    ):
        with pytest.raises(InvalidInputError, match=text):
            check_keras_file(tmp_path / name)


def test_whole_weights_pass(tmp_path: Path) -> None:
    """Arrays in nested groups, scalars and all, are let through."""
    with h5py.File(tmp_path / "w.h5", "w") as weights:
        weights.create_dataset("layers/dense/vars/0", data=np.zeros((30, 40)))
        weights.create_dataset("layers/dense/vars/1", data=1.0)

    check_keras_file(archive(tmp_path / "c.keras", weights=tmp_path / "w.h5", config=b"{}"))
