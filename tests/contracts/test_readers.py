"""Every reader through every room: what reads a cohort's images reads them everywhere."""

import base64
import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_writer import write_dicom
from PIL import Image

from prevalens.batches.image_source import ImageSource
from prevalens.cohorts import Cohort, find_duplicates
from prevalens.images import (
    ArrayReader,
    DicomReader,
    FileReader,
    OpencvReader,
    PillowReader,
    PixelCache,
    Reader,
    hash_files,
    perceptual_hashes,
    read_appearances,
    read_images,
)
from prevalens.predictions import Predictions
from prevalens.reports.pictures import thumbnail
from prevalens.splits import PatientHoldout, audit_leakage, audit_shortcuts

N, SIDE = 24, 20


class ZipReader:
    """Reads pictures inside a zip archive, which are at no place of the file system."""

    name = "zip 1"

    def __init__(self, archive: Path) -> None:
        self.archive = archive

    def _bytes(self, address: str) -> bytes:
        with zipfile.ZipFile(self.archive) as held:
            return held.read(address)

    def matches(self, address: str, /) -> bool:
        """Whether the archive has it."""
        with zipfile.ZipFile(self.archive) as held:
            return address in held.namelist()

    def read(self, address: str, /) -> Any:
        """Return the picture turned upside down, so that no other reader gives the same."""
        return np.asarray(Image.open(io.BytesIO(self._bytes(address))))[::-1]

    def identity(self, address: str, /) -> str:
        """Return the bytes as text."""
        return self._bytes(address).hex()


def pictures() -> np.ndarray[Any, Any]:
    """Return pictures of which 0 and 1 are copies, of two patients, and 2 and 3 are blank."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (N, 5, 5), dtype=np.uint8)
    made = coarse.repeat(4, axis=1).repeat(4, axis=2)
    made[1] = made[0]
    made[2:4] = 255
    return made


def addresses(kind: str, root: Path) -> tuple[Reader, list[str]]:
    """Write the pictures for a kind of reader; return it and the addresses below the root."""
    names = [f"{row:02d}" for row in range(N)]
    if kind == "arrays":
        np.savez_compressed(root / "a.npz", x=pictures())
        return ArrayReader(), [f"a.npz#x/{row}" for row in range(N)]
    if kind == "zip":
        with zipfile.ZipFile(root / "a.zip", "w") as held:
            for name, pixels in zip(names, pictures(), strict=True):
                stream = io.BytesIO()
                Image.fromarray(pixels).save(stream, "PNG")
                held.writestr(f"{name}.png", stream.getvalue())
        return ZipReader(root / "a.zip"), [f"{name}.png" for name in names]
    for name, pixels in zip(names, pictures(), strict=True):
        if kind == "dicom":
            write_dicom(root / name, pixels, bits=8, SOPInstanceUID="1.2", PatientID="p")
            header = (root / name).read_bytes()
            assert header[128:132] == b"DICM"
        else:
            Image.fromarray(pixels).save(root / f"{name}.png")
    readers: dict[str, Reader] = {
        "dicom": DicomReader(window=(128, 256)),
        "files": FileReader(),
        "pillow": PillowReader(),
        "opencv": OpencvReader(),
    }
    return readers[kind], names if kind == "dicom" else [f"{name}.png" for name in names]


@pytest.fixture(params=["files", "pillow", "opencv", "dicom", "arrays", "zip"])
def cohort(request: pytest.FixtureRequest, tmp_path: Path) -> Cohort:
    """One cohort for each reader; its images are the same, but for the archive's upside down."""
    if request.param == "opencv":
        pytest.importorskip("cv2", reason="the extra `fast` is not installed")
    reader, names = addresses(request.param, tmp_path)
    return Cohort(
        images=names,
        labels=["sick", "well"] * (N // 2),
        patients=[f"p{row // 2}" if row > 3 else f"p{row}{row}" for row in range(N)],
        positive="sick",
        root="" if request.param == "zip" else tmp_path,
        reader=reader,
    )


def expected(cohort: Cohort) -> np.ndarray[Any, Any]:
    """Return the pictures as the cohort's reader gives them."""
    turned = isinstance(cohort.reader, ZipReader)
    return pictures()[:, ::-1] if turned else pictures()


def paths(cohort: Cohort) -> list[Path]:
    """Return the address of each row."""
    return [cohort.path(row) for row in range(len(cohort))]


def test_every_door_gives_the_same_pixels(cohort: Cohort, tmp_path: Path) -> None:
    """`read_images`, batches, the cache filled and the cache read again, and after pickling."""
    right = np.repeat(expected(cohort)[..., None], 3, axis=3)
    cache = PixelCache(tmp_path / "cache", announce=lambda _: None)
    rows = np.arange(N)

    assert np.array_equal(read_images(paths(cohort), size=SIDE, reader=cohort.reader), right)
    for kept in (None, cache, cache):
        source = ImageSource(cohort, image_size=SIDE, cache=kept, decoder="pillow")
        images, failures = source.read(rows)
        assert failures == {}
        assert np.array_equal(images, right)
    again = pickle.loads(pickle.dumps(source))  # noqa: S301
    assert again._kept.n_kept == N
    assert np.array_equal(again.read(rows)[0], right)
    other = cache.open(paths(cohort), size=(SIDE, SIDE), reader=Renamed(cohort.reader))
    assert other.n_kept == 0


class Renamed:
    """The same reader of another name."""

    def __init__(self, reader: Any) -> None:
        self.name = reader.name + " 2"
        self.matches, self.read, self.identity = reader.matches, reader.read, reader.identity


def test_a_cohort_carries_its_reader(cohort: Cohort) -> None:
    """Through rows, joins and copies; cohorts of two readers are not put together."""
    half = cohort.take(np.arange(12))
    assert half.reader is cohort.reader
    assert cohort.join_patients([("p00", "p11")]).reader is cohort.reader
    predictions = Predictions.of(cohort, np.arange(6), np.linspace(0, 1, 6))
    assert predictions.take([0, 3]).reader is cohort.reader
    assert pickle.loads(pickle.dumps(cohort)).path(3) == cohort.path(3)  # noqa: S301
    other = Cohort(
        images=["z"],
        labels=["sick"],
        patients=["z"],
        positive="sick",
        classes=cohort.classes,
        reader=FileReader(bits=11),
        root=cohort.root,
    )
    with pytest.raises(ValueError, match="have one `reader`"):
        half.concat(other)


def test_copies_are_found_and_blanks_are_copies_of_nobody(cohort: Cohort) -> None:
    """Rows 0 and 1 are identical; of the blank rows 2 and 3 no pair is made."""
    for near in (False, True):
        found = find_duplicates(cohort, near=near)
        assert found.patient_pairs == [("p00", "p11")]
        assert found.blank.tolist() == [2, 3]
    assert len(np.unique(hash_files(paths(cohort), reader=cohort.reader))) == N - 2
    hashes = perceptual_hashes(paths(cohort), reader=cohort.reader)
    assert np.flatnonzero(~hashes.any(axis=1)).tolist() == [2, 3]


def test_audits_look_at_every_image(cohort: Cohort) -> None:
    """Nothing is left unchecked, and what is there is found."""
    partition = PatientHoldout(validation=0.2, test=0.2, seed=1).partition(cohort)
    audit = audit_leakage(cohort, partition)
    assert len(audit.checked) == 5
    assert [kind for kind in audit.not_checked if "blank" not in kind] == []
    looks = read_appearances(paths(cohort), reader=cohort.reader)
    assert [look.width for look in looks] == [SIDE] * N
    assert np.allclose([look.brightness for look in looks], pictures().mean(axis=(1, 2)))
    assert "mean brightness" in audit_shortcuts(cohort, n_splits=2).estimates


def test_a_report_shows_what_the_model_saw(cohort: Cohort) -> None:
    """The thumbnail of a missed image is its reader's picture."""
    for row in range(4, 8):
        shown, why = thumbnail(cohort.path(row), None, reader=cohort.reader)
        assert why is None
        assert shown is not None
        pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(shown))).convert("L"))
        assert np.abs(pixels.astype(int) - expected(cohort)[row]).mean() < 8


def test_a_forgotten_reader_is_loud(tmp_path: Path) -> None:
    """Without it the images of an archive are at no place: the audit warns and does not pass."""
    _, names = addresses("zip", tmp_path)
    bare = Cohort(
        images=names,
        labels=["sick", "well"] * (N // 2),
        patients=[f"p{row // 2}" for row in range(N)],
        positive="sick",
    )
    partition = PatientHoldout(validation=0.2, test=0.2, seed=1).partition(bare)
    with pytest.warns(UserWarning, match="give the cohort the `reader` of its images"):
        audit = audit_leakage(bare, partition)
    assert len(audit.not_checked) == 2
