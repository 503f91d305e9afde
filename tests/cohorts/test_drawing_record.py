"""What stands beside drawn cells is read strictly."""

import json
from pathlib import Path
from typing import Any

import pytest

from prevalens.cohorts import make_cells
from prevalens.cohorts.drawing_record import DrawingRecord
from prevalens.exceptions import InvalidInputError


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The record of a folder of six cells."""
    make_cells(tmp_path / "cells", n_patients=2, images_per_patient=3, image_size=16)
    return tmp_path / "cells" / "make_cells.json"


def test_it_names_each_file_and_its_size(written: Path) -> None:
    """Six images, at the sizes that they have on disk."""
    record = DrawingRecord.load(written)

    assert record.settings.n_images == len(record.bytes) == 6
    for name, size in record.bytes.items():
        assert (written.parent / name).stat().st_size == size


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"image_size": 8}, "`settings.image_size`: expected int >= 16"),
        ({"format": "gif"}, "`settings.format`: invalid enum value 'gif'"),
        ({"effect": 11}, "`settings.effect`: expected float <= 10"),
    ],
)
def test_an_edited_record_is_refused(written: Path, change: dict[str, Any], told: str) -> None:
    """The path of the field and its rule are named."""
    plain = json.loads(written.read_text("utf-8"))
    plain["settings"] |= change
    written.write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(InvalidInputError, match=told):
        DrawingRecord.load(written)
