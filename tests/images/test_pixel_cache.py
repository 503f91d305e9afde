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
from prevalens.images import PillowReader, PixelCache, cached_images, pixel_cache
from prevalens.images.cached_images import CachedImages

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Five 4x4 images whose every pixel is their row."""
    cohort = make_coded_cohort(tmp_path / "coded", labels=["sick", *["well"] * 4])
    return [cohort.path(row) for row in range(5)]


class Named(PillowReader):
    """A reader of another name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        object.__setattr__(self, "_name", name)

    @property
    def name(self) -> str:
        """The name given."""
        return str(self._name)  # type: ignore[attr-defined]


def opened(tmp_path: Path, paths: list[Path], **settings: object) -> CachedImages:
    """Open the cache of the images at 4x4."""
    cache = PixelCache(tmp_path / "cache", announce=lambda _: None)
    return cache.open(paths, **{"size": (4, 4), **settings})  # type: ignore[arg-type]


def files_of(tmp_path: Path) -> list[Path]:
    """Return the cache's files."""
    return sorted((tmp_path / "cache").iterdir())


def missing_of(kept: CachedImages) -> list[int]:
    """Return which of the five images are not kept; the others must show their row."""
    into = np.zeros((5, 4, 4, 3), dtype=np.uint8)
    missing = kept.take(np.arange(5), into=into).tolist()
    for row in set(range(5)) - set(missing):
        assert (into[row] == row).all() or (into[row] == 9).all()
    return missing


def change_a_byte(path: Path) -> None:
    """Change one byte of a file, at once after its time of change has passed."""
    time.sleep(0.02)
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(bytes(data))


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


@pytest.mark.parametrize("change", ["size", "reader", "order", "name"])
def test_other_settings_or_names_start_empty(
    tmp_path: Path, paths: list[Path], change: str
) -> None:
    """Another size, reader, order or name is another list of images, kept beside the first."""
    opened(tmp_path, paths).keep(0, one(0))
    settings: dict[str, object] = {}
    if change == "size":
        settings["size"] = (2, 8)
    elif change == "reader":
        settings["reader"] = Named("test 2")
    elif change == "order":
        paths.reverse()
    else:
        paths[0] = paths[0].rename(paths[0].with_name("other.png"))
    assert opened(tmp_path, paths, **settings).n_kept == 0
    assert len(files_of(tmp_path)) == 2


def test_only_the_image_whose_content_changed_is_decoded_anew(
    tmp_path: Path, paths: list[Path]
) -> None:
    """Replaced by one of as many bytes and the same time, touched, or copied anew: by content."""
    first = opened(tmp_path, paths)
    for row in range(5):
        first.keep(row, one(row))
    stat = paths[0].stat()
    change_a_byte(paths[0])
    os.utime(paths[0], ns=(stat.st_atime_ns, stat.st_mtime_ns))
    paths[1].touch()
    shutil.copy(paths[2], tmp_path / "copy")
    (tmp_path / "copy").replace(paths[2])
    again = opened(tmp_path, paths)
    assert (again.n_kept, missing_of(again)) == (4, [0])
    # Who had it open before goes on with what was there, and one file is left on disk.
    assert missing_of(first) == []
    assert len(files_of(tmp_path)) == 1
    again.keep(0, one(9))
    assert missing_of(opened(tmp_path, paths)) == []


def test_a_folder_that_moves_stays_cached(tmp_path: Path, paths: list[Path]) -> None:
    """Renamed or copied elsewhere, the images of a folder are not decoded again."""
    first = opened(tmp_path, paths)
    first.keep(0, one(0))
    first.keep(3, one(3))
    moved = paths[0].parent.rename(tmp_path / "moved")
    assert missing_of(opened(tmp_path, sorted(moved.iterdir()))) == [1, 2, 4]
    assert len(files_of(tmp_path)) == 1
    copied = Path(shutil.copytree(moved, tmp_path / "copied"))
    assert missing_of(opened(tmp_path, sorted(copied.iterdir()))) == [1, 2, 4]
    # Both folders are there, and each has its own file.
    assert missing_of(opened(tmp_path, sorted(moved.iterdir()))) == [1, 2, 4]
    assert len(files_of(tmp_path)) == 2


def test_another_folder_of_the_same_names_is_not_mistaken(
    tmp_path: Path, paths: list[Path]
) -> None:
    """Files of other content under the same names start empty, and take nothing away."""
    opened(tmp_path, paths).keep(0, one(0))
    other = Path(shutil.copytree(paths[0].parent, tmp_path / "other"))
    others = sorted(other.iterdir())
    for path in others:
        change_a_byte(path)
    kept = opened(tmp_path, others)
    assert kept.n_kept == 0
    kept.keep(1, one(1))
    assert missing_of(opened(tmp_path, paths)) == [1, 2, 3, 4]
    assert missing_of(opened(tmp_path, others)) == [0, 2, 3, 4]


def test_contents_can_be_verified_where_times_lie(
    tmp_path: Path, paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file system whose times say nothing, a changed image is found if asked for."""
    signatures = np.arange(20, dtype=np.uint64).reshape(5, 4)
    monkeypatch.setattr(pixel_cache, "sign_files", lambda *_: signatures)
    monkeypatch.setattr(cached_images, "has_signature", lambda *_: True)
    first = opened(tmp_path, paths)
    first.keep(0, one(0))
    first.keep(1, one(1))
    change_a_byte(paths[0])
    assert opened(tmp_path, paths).n_kept == 2
    verified = PixelCache(tmp_path / "cache", announce=lambda _: None, verify_contents=True)
    kept = verified.open(paths, size=(4, 4))
    assert missing_of(kept) == [0, 2, 3, 4]
    assert missing_of(first) == [2, 3, 4]
    assert len(files_of(tmp_path)) == 1
    assert missing_of(verified.open(paths, size=(4, 4))) == [0, 2, 3, 4]


def test_an_image_that_changes_while_the_cache_is_open_is_not_kept(
    tmp_path: Path, paths: list[Path]
) -> None:
    """Its pixels may be of either content; the next opening finds the slot empty."""
    kept = opened(tmp_path, paths)
    change_a_byte(paths[0])
    kept.keep(0, one(0))
    paths[1].unlink()
    kept.keep(1, one(1))
    assert kept.n_kept == 0


def test_a_file_of_an_older_layout_is_never_read(tmp_path: Path, paths: list[Path]) -> None:
    """Other bytes under the name of the cache's own file, however long, count as empty slots."""
    opened(tmp_path, paths)
    (file,) = files_of(tmp_path)
    noise = np.random.default_rng(0).bytes(file.stat().st_size + 100)
    for data in (noise, noise[:5000], b"", b"{}", b"\xff" * 20000):
        file.write_bytes(data)
        kept = opened(tmp_path, paths)
        assert kept.n_kept == 0
        kept.keep(2, one(2))
        assert missing_of(opened(tmp_path, paths)) == [0, 1, 3, 4]


def test_carrying_over_goes_on_after_a_kill(tmp_path: Path, paths: list[Path]) -> None:
    """An older file that is still there is taken from again, until it could be removed."""
    first = opened(tmp_path, paths)
    for row in range(5):
        first.keep(row, one(row))
    (older,) = files_of(tmp_path)
    change_a_byte(paths[0])
    half = tmp_path / "half"
    shutil.copy(older, half)
    opened(tmp_path, paths)
    (newer,) = files_of(tmp_path)
    os.truncate(newer, 0)  # as if the run had been killed before it carried anything over
    half.rename(older)
    assert missing_of(opened(tmp_path, paths)) == [0]
    assert files_of(tmp_path) == [newer]


def test_what_stays_cached_is_announced(tmp_path: Path, paths: list[Path]) -> None:
    """After one of five images changed, the line says that the other one kept stays."""
    said: list[str] = []
    cache = PixelCache(tmp_path / "cache", announce=said.append)
    kept = cache.open(paths, size=(4, 4))
    kept.keep(0, one(0))
    kept.keep(1, one(1))
    change_a_byte(paths[0])
    cache.open(paths, size=(4, 4))
    assert said[2:] == ["prevalens: 1 of 5 images are as they were and stay cached"]


def test_what_is_past_makes_room_for_what_is_new(
    tmp_path: Path, paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk has no room for both, the older file goes first and all is decoded anew."""
    opened(tmp_path, paths).keep(0, one(0))
    (older,) = files_of(tmp_path)
    paths[1].touch()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10, 5, 240 * (not older.exists())))
    assert opened(tmp_path, paths).n_kept == 0
    assert len(files_of(tmp_path)) == 1


@pytest.mark.parametrize("harm", ["pixels", "cut", "0", "39", "48", "63"])
def test_harm_is_found_when_the_cache_is_opened(
    tmp_path: Path, paths: list[Path], harm: str
) -> None:
    """A changed pixel, a byte anywhere in a record or a cut file costs that image and no other."""
    first = opened(tmp_path, paths)
    for row in range(5):
        first.keep(row, one(row))
    (file,) = files_of(tmp_path)
    data = bytearray(file.read_bytes())
    if harm == "cut":
        os.truncate(file, len(data) - 38)
    else:
        # The last image's record is the fifth of 64 bytes after the head of 8,192.
        data[-48 if harm == "pixels" else 8192 + 4 * 64 + int(harm)] ^= 255
        file.write_bytes(bytes(data))
    again = opened(tmp_path, paths)
    assert again.n_kept == 4
    assert again.take(np.arange(5), into=np.zeros((5, 4, 4, 3), dtype=np.uint8)).tolist() == [4]


def test_the_size_is_announced_before_anything_is_written(
    tmp_path: Path, paths: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A new file's size is told once; an old one is opened in silence."""
    PixelCache(tmp_path / "c").open(paths, size=(400, 500))
    PixelCache(tmp_path / "c").open(paths, size=(400, 500))
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


def test_no_images_are_a_cache_of_none(tmp_path: Path) -> None:
    """An empty part of a cohort may be opened, and again."""
    assert len(opened(tmp_path, [])) == 0
    assert opened(tmp_path, []).n_kept == 0


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
images = np.random.default_rng(0).integers(0, 256, (40, 128, 128, 3), dtype=np.uint8)
paths = [folder / "000.png"] * 40

def opened():
    return PixelCache(folder / "cache", announce=lambda _: None).open(
        paths, size=(128, 128))

began = time.perf_counter()
kept = opened()
for row in range(40):
    kept.keep(row, images[row])
# Some kills come before the first image and some after the last, however busy the machine is.
longest = 2 * (time.perf_counter() - began)
for file in (folder / "cache").iterdir():
    file.unlink()

counts = []
for number, moment in enumerate(np.random.default_rng(1).uniform(0, longest, 50)):
    if number % 3 == 2:  # then what was kept is carried over to a new file
        os.utime(paths[0])
        time.sleep(0.02)
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


READ_ONLY = """
import os, sys, warnings, numpy as np
from pathlib import Path
from prevalens.images import PixelCache

folder, names = Path(sys.argv[1]), sys.argv[2:]
# Whatever is imported late is imported now: Python itself may be where only root may look.
PixelCache(folder / "own", announce=lambda _: None).open(names, size=(4, 4))
if os.getuid() == 0:
    os.setuid(65534)
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    kept = PixelCache(folder, announce=lambda _: None).open(names, size=(4, 4))
    into = np.zeros((len(names), 4, 4, 3), dtype=np.uint8)
    missing = kept.take(np.arange(len(names)), into=into)
    kept.keep(int(missing[0]) if missing.size else 0, into[0])
print(kept.n_kept, missing.tolist(), into[:, 0, 0, 0].tolist(), [str(w.message) for w in seen])
"""


def read_only(tmp_path: Path, paths: list[Path]) -> str:
    """Open the cache of the images as somebody who may only read it; return what was seen."""
    # pytest keeps its folders to their owner; with several workers there is one more.
    names = [folder.name.startswith("pytest-of-") for folder in tmp_path.parents]
    for folder in (tmp_path, *tmp_path.parents[: names.index(True) + 1 if any(names) else 0]):
        folder.chmod(0o755)
    (tmp_path / "cache" / "own").mkdir(exist_ok=True)
    for file in (tmp_path / "cache").glob("*.pixels"):
        file.chmod(0o444)
    (tmp_path / "cache").chmod(0o555)
    try:
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(tmp_path / "cache"), *map(str, paths)],
            check=True,
            capture_output=True,
            text=True,
        )
    finally:
        (tmp_path / "cache").chmod(0o755)
    return done.stdout.strip()


needs_users = pytest.mark.skipif(not hasattr(os, "setuid"), reason="rights are those of POSIX")


@needs_users
def test_a_cache_that_may_only_be_read_is_read(tmp_path: Path, paths: list[Path]) -> None:
    """Filled by a colleague: all is taken, in silence."""
    first = opened(tmp_path, paths)
    for row in range(5):
        first.keep(row, one(row))
    assert read_only(tmp_path, paths) == "5 [] [0, 1, 2, 3, 4] []"


@needs_users
def test_what_a_read_only_cache_lacks_is_decoded_each_time_and_said(
    tmp_path: Path, paths: list[Path]
) -> None:
    """Two of five are there; of another list of images none is."""
    first = opened(tmp_path, paths)
    for row in (1, 3):
        first.keep(row, one(row))
    said = read_only(tmp_path, paths)
    assert said.startswith("2 [0, 2, 4] [0, 1, 0, 3, 0] ['The pixel cache ")
    assert "may only be read: 2 of 5 images are kept" in said
    assert read_only(tmp_path, paths[:2]).startswith("0 [0, 1] [0, 0] [")
    assert len(list((tmp_path / "cache").glob("*.pixels"))) == 1


@needs_users
def test_a_read_only_cache_of_copied_images_is_judged_by_content(
    tmp_path: Path, paths: list[Path]
) -> None:
    """Files that look otherwise are read and compared: the changed one is not taken."""
    first = opened(tmp_path, paths)
    for row in range(5):
        first.keep(row, one(row))
    for path in paths:
        path.touch()
    change_a_byte(paths[2])
    assert read_only(tmp_path, paths).startswith("4 [2] [0, 1, 0, 3, 4] [")


def test_a_cache_that_is_cut_while_it_is_open_is_an_error(
    tmp_path: Path, paths: list[Path]
) -> None:
    """What is read and what would be written is refused; the next start keeps what is left."""
    kept = opened(tmp_path, paths)
    for row in range(4):
        kept.keep(row, one(row))
    (file,) = files_of(tmp_path)
    os.truncate(file, file.stat().st_size - 49)
    with pytest.raises(UnreadableImageError, match="was cut while it was in use"):
        missing_of(kept)
    with pytest.raises(UnreadableImageError, match="was cut while it was in use"):
        kept.keep(4, one(4))
    assert opened(tmp_path, paths).n_kept == 4
    with pytest.raises(UnreadableImageError, match="Start again: what is left of it is kept"):
        missing_of(kept)


def test_a_cut_cache_that_another_run_opens_gives_nobody_zeros(
    tmp_path: Path, paths: list[Path]
) -> None:
    """Who knew it whole reads no hole, whatever is written to it or put in its place."""
    kept = opened(tmp_path, paths)
    for row in range(5):
        kept.keep(row, one(row))
    (file,) = files_of(tmp_path)
    whole = file.stat().st_size
    os.truncate(file, 0)
    assert opened(tmp_path, paths).n_kept == 0
    with pytest.raises(UnreadableImageError, match="was cut while it was in use"):
        missing_of(kept)
    again = opened(tmp_path, paths)
    for row in range(5):
        again.keep(row, one(row))
    (file,) = files_of(tmp_path)
    os.truncate(file, 9000)
    with file.open("rb+") as hole:  # up to the last image's last byte
        hole.seek(whole - 2)
        hole.write(b"x")
    with pytest.raises(UnreadableImageError, match="was cut while it was in use"):
        missing_of(again)


CUT = """
import os, sys, threading, numpy as np
from pathlib import Path
from prevalens.exceptions import UnreadableImageError
from prevalens.images import PixelCache
paths = [Path(sys.argv[1]) / str(row) for row in range(256)]
for path in paths:
    path.write_text("image")
cache = PixelCache(Path(sys.argv[1]) / "cache", announce=str)
image = np.ones((128, 128, 3), dtype=np.uint8)
into = np.empty((256, *image.shape), dtype=np.uint8)
for _ in range(3):
    kept = cache.open(paths, size=image.shape[:2])
    for row in range(256):
        kept.keep(row, image)
    (file,) = Path(sys.argv[1]).glob("cache/*.pixels")
    begun = threading.Event()
    cutting = threading.Thread(target=lambda: begun.wait() and os.truncate(file, 100_000))
    cutting.start()
    order = np.random.default_rng(0).permutation(256)
    try:
        while True:
            into[:] = 0
            begun.set()
            kept.take(order, into=into)
            assert into.all()
    except UnreadableImageError as error:
        print("cut" in str(error))
    cutting.join()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cuts no file that is open")
def test_a_cache_that_is_cut_in_the_middle_of_a_batch_is_an_error(tmp_path: Path) -> None:
    """Read through a memory map, it would end the process with SIGBUS."""
    done = subprocess.run(
        [sys.executable, "-c", CUT, str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["True"] * 3


def test_the_reference_names_the_format_of_the_cache() -> None:
    """The page of files says what stands at a file's beginning."""
    text = (Path(__file__).parents[2] / "docs/reference/files.md").read_text(encoding="utf-8")
    assert f"`{pixel_cache._FORMAT}`" in text
    assert f"| pixel cache (`.pixels`) | {pixel_cache._FORMAT.split()[-1]} |" in text


def test_two_pages_that_changed_places_are_found(tmp_path: Path, paths: list[Path]) -> None:
    """The checksum is of the bytes in their order: a sum alone would not see it."""
    cache = PixelCache(tmp_path / "cache", announce=lambda _: None)
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    cache.open(paths[:1], size=(64, 64)).keep(0, picture)
    (file,) = files_of(tmp_path)
    data = bytearray(file.read_bytes())
    first = len(data) - picture.nbytes
    data[first : first + 4096], data[first + 4096 : first + 8192] = (
        data[first + 4096 : first + 8192],
        data[first : first + 4096],
    )
    file.write_bytes(data)
    assert cache.open(paths[:1], size=(64, 64)).n_kept == 0


def test_another_resizer_is_another_cache(
    tmp_path: Path, paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pixels differ by a grey level, so they are kept apart."""
    opened(tmp_path, paths).keep(0, one(0))
    monkeypatch.setattr(pixel_cache, "resizer_name", lambda: "another 1")
    assert opened(tmp_path, paths).n_kept == 0
