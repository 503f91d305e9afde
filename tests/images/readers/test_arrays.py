"""Rows of arrays: every kind of file, and what a hostile one cannot do."""

import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prevalens.exceptions import UnreadableImageError
from prevalens.images import ArrayReader, read_image
from prevalens.images.readers import arrays

h5py = pytest.importorskip("h5py", reason="Keras brings it")
COLOUR = np.random.default_rng(0).integers(0, 256, (5, 6, 7, 3), dtype=np.uint8)
GREY = COLOUR[..., 0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One file of each kind, each with the same pictures."""
    np.save(tmp_path / "a.npy", COLOUR)
    np.savez(tmp_path / "stored.npz", images=COLOUR, grey=GREY)
    np.savez_compressed(tmp_path / "packed.npz", images=COLOUR, grey=GREY)
    with h5py.File(tmp_path / "a.h5", "w") as held:
        held.create_dataset("part/images", data=COLOUR, chunks=(1, 6, 7, 3), compression="gzip")
        held["grey"] = GREY
    return tmp_path


def refused(address: Any, match: str) -> None:
    """Fail unless an address is refused by the name of its file."""
    with pytest.raises(UnreadableImageError, match=match) as caught:
        ArrayReader().read(str(address))
    assert Path(str(address).partition("#")[0]).name in str(caught.value)


@pytest.mark.parametrize(
    ("address", "array"),
    [
        ("a.npy#{}", COLOUR),
        ("stored.npz#images/{}", COLOUR),
        ("stored.npz#grey/{}", GREY),
        ("packed.npz#images/{}", COLOUR),
        ("packed.npz#grey/{}", GREY),
        ("a.h5#part/images/{}", COLOUR),
        ("a.h5#grey/{}", GREY),
    ],
)
@pytest.mark.parametrize("row", [0, 3, 4])
def test_a_row_is_that_of_the_array(folder: Path, address: str, array: Any, row: int) -> None:
    """Whatever holds it, and its identity tells rows apart."""
    reader, where = ArrayReader(), str(folder / address.format(row))

    assert np.array_equal(reader.read(where), array[row])
    assert np.array_equal(
        read_image(where)[..., 0], array[row][..., 0] if array.ndim == 4 else array[row]
    )
    assert reader.matches(where)
    assert len({reader.identity(str(folder / address.format(k))) for k in range(5)}) == 5
    head = f"|u1 {array[row].shape} ".encode()
    assert reader.identity(where) == hashlib.sha256(head + array[row].tobytes()).hexdigest()


def test_a_whole_array_may_be_one_picture(tmp_path: Path) -> None:
    """Without a number, of two axes or with one or three channels; also stored by columns."""
    for picture in (GREY[0], COLOUR[0], np.asfortranarray(GREY[0]), GREY[0][..., None]):
        np.save(tmp_path / "a.npy", picture)
        assert np.array_equal(ArrayReader().read(str(tmp_path / "a.npy")), picture)


def test_a_line_of_a_picture_is_no_picture(tmp_path: Path) -> None:
    """Row 5 of one picture of 28 x 28 x 3 is a line of it: 28 pixels, not 28 x 3 of grey."""
    np.save(tmp_path / "a.npy", np.zeros((28, 28, 3), dtype=np.uint8))
    refused(f"{tmp_path / 'a.npy'}#5", r"as one line of a picture.*leave #5 out")
    assert ArrayReader().read(str(tmp_path / "a.npy")).shape == (28, 28, 3)


@pytest.mark.parametrize(
    ("values", "bits", "expected"),
    [
        (np.array([[True, False]]), None, [255, 0]),
        (np.array([[0, 32896, 65535]], dtype=np.uint16), None, [0, 128, 255]),
        (np.array([[0, 2048, 4095]], dtype=np.uint16), 12, [0, 128, 255]),
    ],
)
def test_values_of_a_known_range_become_bytes(
    tmp_path: Path, values: Any, bits: int | None, expected: list[int]
) -> None:
    """Truth values and 16 bits, or as many as are stated."""
    np.save(tmp_path / "a.npy", values)
    assert ArrayReader(bits=bits).read(str(tmp_path / "a.npy")).ravel().tolist() == expected


@pytest.mark.parametrize("kind", ["f4", "i2", "u4", "c8", "U3"])
def test_values_whose_range_nothing_states_are_refused(tmp_path: Path, kind: str) -> None:
    """Whatever they hold."""
    np.save(tmp_path / "a.npy", np.zeros((4, 4), dtype=kind))
    refused(tmp_path / "a.npy", "whose range nothing states")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("a.npy#5", "no row 5"),
        ("a.npy#-1", "names no row"),
        ("a.npy", "has the shape .5, 6, 7, 3."),
        ("a.npy#x", "names no row"),
        ("stored.npz#none/1", "no array 'none/1'; it has .'images', 'grey'."),
        ("packed.npz#grey/9", "no row 9"),
        ("a.h5#none/1", "no dataset 'none/1'"),
        ("a.h5#part/1", "no dataset"),
        ("a.h5#grey/9", "no row 9"),
        ("gone.npz#grey/1", "does not exist"),
    ],
)
def test_what_is_not_there_is_named(folder: Path, address: str, reason: str) -> None:
    """Rows, members, datasets and files."""
    refused(folder / address, reason)


def test_an_object_array_is_never_unpickled(tmp_path: Path) -> None:
    """What pickle would run is not run."""

    class Harm:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "harm"),)

    array = np.array([[Harm()]], dtype=object)
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    np.savez(tmp_path / "a.npz", x=array)
    np.savez_compressed(tmp_path / "b.npz", x=array)
    for address in ("a.npy", "a.npz#x", "b.npz#x"):
        refused(tmp_path / address, "object")
    assert not (tmp_path / "harm").exists()


def test_a_claim_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    """A header of 128 bytes that claims a terabyte; and one that claims more than there is."""
    np.save(tmp_path / "a.npy", np.zeros((2, 2), dtype=np.uint8))
    data = (tmp_path / "a.npy").read_bytes()
    for claim, reason in ((b"(1000000, 1000000)", "more than 1 GB"), (b"(200, 200)", "is cut")):
        spaces = b" " * (len(claim) - len(b"(2, 2)"))
        (tmp_path / "b.npy").write_bytes(data.replace(b"(2, 2), }" + spaces, claim + b", }"))
        refused(tmp_path / "b.npy", reason)


def test_links_of_hdf5_lead_nowhere(tmp_path: Path) -> None:
    """A link to another file, values kept in another, and a virtual dataset are not followed."""
    with h5py.File(tmp_path / "secret.h5", "w") as held:
        held["x"] = GREY
    (tmp_path / "raw").write_bytes(bytes(100))
    with h5py.File(tmp_path / "a.h5", "w") as held:
        held["link"] = h5py.ExternalLink("secret.h5", "x")
        held["soft"] = h5py.SoftLink("/link")
        held.create_dataset("outside", (5, 5), "u1", external=[(str(tmp_path / "raw"), 0, 100)])
        layout = h5py.VirtualLayout((5, 6, 7), "u1")
        layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "x", (5, 6, 7))
        held.create_virtual_dataset("virtual", layout)
    for name in ("link/0", "soft/0", "outside", "virtual/0"):
        refused(f"{tmp_path}/a.h5#{name}", "no dataset")


def test_a_compressed_array_is_unpacked_once_and_anew_when_it_changes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thousand rows cost one unpacking, by several threads too."""
    calls = []
    unpacked = arrays.read_array
    monkeypatch.setattr(arrays, "read_array", lambda *given: calls.append(1) or unpacked(*given))
    where = str(folder / "packed.npz")

    def read() -> None:
        for row in range(5):
            assert np.array_equal(ArrayReader().read(f"{where}#images/{row}"), COLOUR[row])

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    np.savez_compressed(where, images=COLOUR[::-1])
    assert np.array_equal(ArrayReader().read(f"{where}#images/0"), COLOUR[4])


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(["a.npy", "stored.npz", "packed.npz", "a.h5"]), data=st.data())
def test_a_bent_file_is_read_or_refused(folder: Path, name: str, data: st.DataObject) -> None:
    """Changed bytes and a cut end give a picture or UnreadableImageError, nothing else."""
    content = bytearray((folder / name).read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=5)):
        content[place] = data.draw(st.integers(0, 255))
    path = folder / f"bent-{name}"
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    part = {"a.npy": "1", "a.h5": "grey/1"}.get(name, "grey/1")
    try:
        assert ArrayReader().read(f"{path}#{part}").dtype == np.uint8
    except UnreadableImageError as error:
        assert path.name in str(error)  # noqa: PT017


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", ["a.npy", "a.npz#x", "a.h5#x"])
def test_either_byte_may_come_first(tmp_path: Path, name: str, order: str) -> None:
    """What big-endian programs write holds the same numbers."""
    values = np.array([[0, 2048, 4095]]).astype(f"{order}u2")
    np.save(tmp_path / "a.npy", values)
    np.savez(tmp_path / "a.npz", x=values)
    with h5py.File(tmp_path / "a.h5", "w") as held:
        held["x"] = values

    found = read_image(f"{tmp_path}/{name}", channels=1, reader=ArrayReader(bits=12))
    assert found.ravel().tolist() == [0, 128, 255]


def test_a_picture_of_no_pixels_is_refused(tmp_path: Path) -> None:
    """By its shape."""
    np.save(tmp_path / "a.npy", np.zeros((2, 0, 4), dtype=np.uint8))
    refused(tmp_path / "a.npy#0", r"has the shape \(0, 4\)")
