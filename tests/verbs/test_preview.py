"""`prevalens preview`: the contact sheet of the policy itself."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prevalens.augmentation import presets
from prevalens.cohorts import Cohort
from prevalens.command import main
from prevalens.images import read_images


def test_the_sheet_is_that_of_the_policy(
    image_cohort: Cohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first two images of the folder, three copies each, by the seed that was given."""
    out = tmp_path / "sheet.png"
    words = ["--policy", "chest_xray", "--first", "2", "--copies", "3", "--size", "32"]
    assert main(["preview", str(image_cohort.root), *words, "--seed", "5", "-o", str(out)]) == 0

    first = sorted(image_cohort.root.glob("*.png"))[:2]
    expected = presets.chest_xray().preview(read_images(first, size=32), copies=3, seed=5)
    np.testing.assert_array_equal(np.asarray(Image.open(out)), expected)
    told = capsys.readouterr().out
    assert "2 images, 3 copies each" in told
    assert "gamma" in told


def test_another_kind_of_picture_is_refused(
    image_cohort: Cohort, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is drawn."""
    assert main(["preview", str(image_cohort.root), "-o", str(tmp_path / "sheet.jpg")]) == 2
    assert "suffix of --output" in capsys.readouterr().err
    words = ["preview", str(image_cohort.root), "--policy", "blood", "-o", str(tmp_path / "a.png")]
    assert main(words) == 2
    assert "blood_smear" in capsys.readouterr().err
