"""Files by what they hold."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prevalens.exceptions import InvalidInputError, UnreadableImageError
from prevalens.images import FileReader, hash_file, read_image


def test_common_formats_and_arrays_need_no_telling(tmp_path: Path) -> None:
    """A PNG under the name of a JPEG, and a row of an array."""
    pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), dtype=np.uint8)
    Image.fromarray(pixels[0]).save(tmp_path / "a.jpg", "PNG")
    np.save(tmp_path / "a.npy", pixels)
    reader = FileReader()

    assert np.array_equal(read_image(tmp_path / "a.jpg"), pixels[0])
    assert np.array_equal(read_image(f"{tmp_path}/a.npy#2"), pixels[2])
    assert reader.identity(f"{tmp_path}/a.jpg") == hash_file(tmp_path / "a.jpg")
    assert reader.matches(f"{tmp_path}/a.npy#2")
    assert not reader.matches(f"{tmp_path}/b.npy#2")
    with pytest.raises(UnreadableImageError, match="only arrays and DICOM files have parts"):
        read_image(f"{tmp_path}/a.jpg#2")


def test_a_name_with_a_hash_sign_is_a_file(tmp_path: Path) -> None:
    """Where there is one of that name."""
    Image.new("L", (3, 3), 7).save(tmp_path / "a#1.png")
    assert read_image(tmp_path / "a#1.png").max() == 7


def test_settings_reach_every_part() -> None:
    """Its name, which keys caches, tells each setting and version apart."""
    made = [
        FileReader(),
        FileReader(bits=12),
        FileReader(window=(40, 400)),
        FileReader(window="lung"),
    ]
    assert len({reader.name for reader in made}) == 4
    assert FileReader(window=[40, 400]).name == FileReader(window=(40, 400)).name
    for word in ("pillow", "pydicom", "arrays"):
        assert word in FileReader().name
    assert pickle.loads(pickle.dumps(made[2])) == made[2]  # noqa: S301


@pytest.mark.parametrize("wrong", [{"decoder": "opncv"}, {"bits": 8}, {"window": (1,)}])
def test_wrong_settings_are_refused_where_it_is_made(wrong: dict[str, object]) -> None:
    """Not at the first picture."""
    with pytest.raises(InvalidInputError):
        FileReader(**wrong)  # type: ignore[arg-type]
