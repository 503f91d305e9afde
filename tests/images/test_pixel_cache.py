"""A folder of decoded images that survives what happens to runs."""

import os
import shutil
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from coded_images import make_coded_cohort

from prevalens.exceptions import CacheFullError, InvalidInputError, UnreadableImageError
from prevalens.images import PixelCache
from prevalens.images.cached_images import CachedImages

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Five 4x4 images whose every pixel is their row."""
    cohort = make_coded_cohort(tmp_path / "coded", labels=["sick", *["well"] * 4])
    return [cohort.path(row) for row in range(5)]


def opened(tmp_path: Path, paths: list[Path], **settings: object) -> CachedImages:
    """Open the cache of the images at 4x4."""
    cache = PixelCache(tmp_path / "cache", announce=lambda _: None)
    return cache.open(paths, **{"size": (4, 4), "decoder": "test 1", **settings})  # type: ignore[arg-type]


def one(row: int) -> np.ndarray:
    """Return the image of a row."""
    return np.full((4, 4, 3), row, dtype=np.uint8)


def test_what_is_kept_is_there_when_the_cache_is_opened_again(
    tmp_path: Path, paths: list[Path]
) -> None:
    """A second opening, as of another process, finds the first one's images and no others."""
    first = opened(tmp_path, paths)
    first.keep(3, one(3))
    second = opened(tmp_path, paths)
    assert (len(second), second.n_kept) == (5, 1)
    into = np.zeros((2, 4, 4, 3), dtype=np.uint8)
    assert second.take(np.array([1, 3]), into=into).tolist() == [0]
    assert (into[1] == 3).all()
    # What the first keeps later, the second finds too.
    first.keep(1, one(1))
    assert second.take(np.array([1, 3]), into=into).tolist() == []
    assert (into[0] == 1).all()


@pytest.mark.parametrize("change", ["pixels", "size", "decoder", "order"])
def test_other_content_or_settings_start_empty(
    tmp_path: Path, paths: list[Path], change: str
) -> None:
    """An image replaced by one of as many bytes and the same times, or other settings, misses."""
    opened(tmp_path, paths).keep(0, one(0))
    settings: dict[str, object] = {}
    if change == "pixels":
        stat = paths[0].stat()
        data = bytearray(paths[0].read_bytes())
        data[-20] ^= 1
        paths[0].write_bytes(bytes(data))
        os.utime(paths[0], ns=(stat.st_atime_ns, stat.st_mtime_ns))
    elif change == "size":
        settings["size"] = (2, 8)
    elif change == "decoder":
        settings["decoder"] = "test 2"
    else:
        paths.reverse()
    assert opened(tmp_path, paths, **settings).n_kept == 0


def test_only_the_newest_content_is_kept_on_disk(tmp_path: Path, paths: list[Path]) -> None:
    """A replaced image does not leave the old file of pixels behind."""
    opened(tmp_path, paths)
    time.sleep(0.02)
    paths[0].touch()
    opened(tmp_path, paths)
    opened(tmp_path, paths, size=(8, 8))
    assert len(list((tmp_path / "cache").glob("*.pixels"))) == 2


@pytest.mark.parametrize("harm", ["pixels", "record", "cut"])
def test_harm_is_found_when_the_cache_is_opened(
    tmp_path: Path, paths: list[Path], harm: str
) -> None:
    """A changed pixel, a changed record or a cut file costs that image and no other."""
    first = opened(tmp_path, paths)
    for row in range(5):
        first.keep(row, one(row))
    (pixels,) = (tmp_path / "cache").glob("*.pixels")
    if harm == "cut":
        os.truncate(pixels, 4 * 48 + 10)
    else:
        target, offset = (
            (pixels, 4 * 48) if harm == "pixels" else (pixels.with_suffix(".slots"), 64)
        )
        data = bytearray(target.read_bytes())
        data[offset] ^= 255
        target.write_bytes(bytes(data))
    again = opened(tmp_path, paths)
    assert again.n_kept == 4
    assert again.take(np.arange(5), into=np.zeros((5, 4, 4, 3), dtype=np.uint8)).tolist() == [4]


def test_the_size_is_announced_before_anything_is_written(
    tmp_path: Path, paths: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A new file's size is told once; an old one is opened in silence."""
    PixelCache(tmp_path / "c").open(paths, size=(400, 500), decoder="x")
    PixelCache(tmp_path / "c").open(paths, size=(400, 500), decoder="x")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("prevalens: caching 5 images at 400 x 500 in ")
    assert ": 0.00 GB of " in line


def test_a_disk_without_room_is_an_error_before_anything_is_written(
    tmp_path: Path, paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says how much is needed, how much is free, and what to do."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10, 5, 1000))
    with pytest.raises(CacheFullError, match=r"needs 0\.00 GB, but .* has 0\.00 GB free\. Make"):
        opened(tmp_path, paths, size=(300, 300))
    assert list((tmp_path / "cache").iterdir()) == []


def test_impossible_folders_and_files_are_refused(tmp_path: Path, paths: list[Path]) -> None:
    """A file in the folder's place, and an image that is not there, are named."""
    with pytest.raises(InvalidInputError, match=r"000\.png is a file"):
        PixelCache(paths[0])
    with pytest.raises(UnreadableImageError, match=r"missing\.png cannot be cached"):
        opened(tmp_path, [*paths, tmp_path / "missing.png"])


KILLED = """
import os, random, signal, sys, time, numpy as np
from pathlib import Path
from prevalens.images import PixelCache

folder = Path(sys.argv[1])
paths = sorted(folder.glob("*.png")) * 1
images = np.random.default_rng(0).integers(0, 256, (40, 128, 128, 3), dtype=np.uint8)
paths = [folder / "000.png"] * 40

def opened():
    return PixelCache(folder / "cache", announce=lambda _: None).open(
        paths, size=(128, 128), decoder="x")

began = time.perf_counter()
kept = opened()
for row in range(40):
    kept.keep(row, images[row])
# Some kills come before the first image and some after the last, however busy the machine is.
longest = 2 * (time.perf_counter() - began)
for file in (folder / "cache").iterdir():
    file.unlink()

counts = []
for moment in np.random.default_rng(1).uniform(0, longest, 50):
    child = os.fork()
    if not child:
        kept = opened()
        for row in np.random.default_rng(os.getpid()).permutation(40):
            kept.keep(int(row), images[row])
        os._exit(0)
    time.sleep(moment)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    kept, into = opened(), np.zeros_like(images)
    missing = kept.take(np.arange(40), into=into)
    there = np.setdiff1d(np.arange(40), missing)
    assert (into[there] == images[there]).all(), "a wrong pixel"
    counts.append(len(there))
    if len(there) == 40:
        for file in (folder / "cache").iterdir():
            file.unlink()
kept = opened()
for row in range(40):
    kept.keep(row, images[row])
assert opened().n_kept == 40, "a lost run"
print(*counts)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills are sent to forked processes")
def test_a_kill_at_any_moment_leaves_no_wrong_pixel(tmp_path: Path) -> None:
    """Fifty runs killed at random moments: what is kept is right, and the last run completes."""
    make_coded_cohort(tmp_path / "coded", labels=["sick", "well"])
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "coded")],
        check=True,
        capture_output=True,
        text=True,
    )
    counts = [int(count) for count in done.stdout.split()]
    assert len(counts) == 50
    assert len(set(counts)) > 2, "no kill came half-way"


def test_its_text_makes_it_again(tmp_path: Path) -> None:
    """The folder is all there is to say."""
    assert repr(PixelCache(tmp_path)) == f"PixelCache({str(tmp_path)!r})"
