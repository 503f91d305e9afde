"""Slots of decoded images."""

import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from prevalens.exceptions import DataWarning
from prevalens.images.cached_images import CachedImages, read_head
from prevalens.images.decoding import FILES
from prevalens.images.file_signatures import sign_files


def slots(tmp_path: Path, shape: tuple[int, ...]) -> CachedImages:
    """Open slots for as many image files, which hold nothing but their number."""
    paths = [tmp_path / f"{row}" for row in range(shape[0])]
    for row, path in enumerate(paths):
        if not path.exists():
            path.write_text(f"{row}")
    file = tmp_path / "a.pixels"
    return CachedImages(file, shape, paths=paths, signatures=sign_files(paths, FILES), reader=FILES)


def test_images_of_odd_sizes_are_kept_to_the_byte(tmp_path: Path) -> None:
    """Sizes that are no multiple of a machine word are kept and verified as well."""
    images = np.random.default_rng(0).integers(0, 256, (4, 5, 3, 1), dtype=np.uint8)
    kept = slots(tmp_path, images.shape)
    for row in (0, 2, 3):
        kept.keep(row, images[row])
    again = slots(tmp_path, images.shape)
    into = np.zeros_like(images)
    assert again.take(np.arange(4), into=into).tolist() == [1]
    assert np.array_equal(np.delete(into, 1, axis=0), np.delete(images, 1, axis=0))


def test_a_copy_through_pickle_reads_the_same_file(tmp_path: Path) -> None:
    """Worker processes open the file for themselves."""
    kept = slots(tmp_path, (2, 1, 1, 3))
    kept.keep(1, np.array([[[1, 2, 3]]], dtype=np.uint8))
    copied = pickle.loads(pickle.dumps(kept))  # noqa: S301
    into = np.zeros((1, 1, 1, 3), dtype=np.uint8)
    assert copied.take(np.array([1]), into=into).tolist() == []
    assert into.reshape(-1).tolist() == [1, 2, 3]


def test_a_file_says_what_it_is(tmp_path: Path) -> None:
    """A head is read back; one that does not fit is left out, and no file says nothing."""
    kept = slots(tmp_path, (2, 1, 1, 3))
    assert read_head(tmp_path / "a.pixels") == read_head(tmp_path / "none") == {}
    kept.write_head({"folder": "x" * 9000})
    assert read_head(tmp_path / "a.pixels") == {}
    kept.write_head({"folder": "/r\u00f6ntgen"})
    assert read_head(tmp_path / "a.pixels") == {"folder": "/r\u00f6ntgen"}


def test_every_thread_may_keep_at_once(tmp_path: Path) -> None:
    """Eight threads that write 64 images into one file leave each in its place."""
    images = np.random.default_rng(0).integers(0, 256, (64, 9, 7, 3), dtype=np.uint8)
    kept = slots(tmp_path, images.shape)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda row: kept.keep(row, images[row]), range(64)))
    into = np.zeros_like(images)
    assert slots(tmp_path, images.shape).take(np.arange(64), into=into).tolist() == []
    assert np.array_equal(into, images)


def test_without_pwrite_the_same_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows has no write at a place; there threads take turns."""
    monkeypatch.delattr(os, "pwrite", raising=False)
    test_every_thread_may_keep_at_once(tmp_path)


FULL = """
import resource, sys, warnings, numpy as np
from pathlib import Path
from prevalens.images.cached_images import CachedImages
from prevalens.images.file_signatures import sign_files
from prevalens.images.decoding import FILES

images = np.random.default_rng(0).integers(0, 256, (8, 64, 64, 3), dtype=np.uint8)
paths = [Path(sys.argv[1]) / "image"] * 8
paths[0].write_text("image")
kept = CachedImages(
    Path(sys.argv[1]) / "a.pixels",
    images.shape,
    paths=paths,
    signatures=sign_files(paths, FILES),
    reader=FILES,
)
limit = kept._first + 3 * images[0].nbytes  # the head, the records and three images
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    for row, image in enumerate(images):
        kept.keep(row, image)
into = np.zeros_like(images)
missing = kept.take(np.arange(8), into=into).tolist()
assert missing == [3, 4, 5, 6, 7], missing
assert np.array_equal(into[:3], images[:3])
print(len(seen), seen[0].category.__name__, seen[0].message)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the limit on a file's size is of POSIX")
def test_a_disk_that_fills_up_is_a_warning_and_the_run_goes_on(tmp_path: Path) -> None:
    """Where writing fails, one warning says how much is kept; nothing wrong is read back."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert done.stdout.startswith("1 DataWarning The pixel cache ")
    assert "3 of 8 images are kept" in done.stdout


def test_on_a_full_disk_the_rest_of_an_older_file_is_left_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Carrying over ends with the first image that cannot be written; none is half there."""
    older = slots(tmp_path, (3, 1, 1, 3))
    for row in range(3):
        older.keep(row, np.full((1, 1, 3), row, dtype=np.uint8))
    (tmp_path / "a.pixels").rename(tmp_path / "b.pixels")
    newer, tried = slots(tmp_path, (3, 1, 1, 3)), []

    def refuse(_: int, data: np.ndarray, __: int) -> None:
        tried.append(data.size)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("prevalens.images.cached_images.write_at", refuse)
    with pytest.warns(DataWarning, match="0 of 3 images are kept"):
        newer.carry_over(older, by_signature=True)
    assert tried == [3]
    assert (older.n_kept, newer.n_kept) == (3, 0)


def test_a_head_that_finds_no_room_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full from the start leaves a cache that keeps nothing, and no error."""
    kept = slots(tmp_path, (3, 1, 1, 3))

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("prevalens.images.cached_images.write_at", refuse)
    with pytest.warns(DataWarning, match="0 of 3 images are kept"):
        kept.write_head({"format": "pixels"})
    kept.keep(0, np.zeros((1, 1, 3), dtype=np.uint8))
    assert kept.n_kept == 0


def test_after_a_failed_write_nothing_more_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One warning, with what is kept; the images that were kept are still read."""
    kept = slots(tmp_path, (3, 1, 1, 3))
    kept.keep(0, np.full((1, 1, 3), 7, dtype=np.uint8))
    tried = []

    def refuse(_: int, data: np.ndarray, __: int) -> None:
        tried.append(data.size)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("prevalens.images.cached_images.write_at", refuse)
    with pytest.warns(DataWarning, match=r"No space left on device.: 1 of 3 images are kept"):
        kept.keep(1, np.zeros((1, 1, 3), dtype=np.uint8))
    kept.keep(2, np.zeros((1, 1, 3), dtype=np.uint8))
    into = np.zeros((3, 1, 1, 3), dtype=np.uint8)
    assert kept.take(np.arange(3), into=into).tolist() == [1, 2]
    assert into[0].reshape(-1).tolist() == [7, 7, 7]
    assert tried == [3]
