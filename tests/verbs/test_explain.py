"""`prevalens explain`: the library's own maps, one picture an image."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from verbs.test_predict import model  # noqa: F401 - a fixture

from prevalens import explanations, models
from prevalens._tables import read_all_columns
from prevalens.cohorts import Cohort
from prevalens.command import main
from prevalens.images import read_images

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("method", ["occlusion", "grad_cam"])
def test_each_image_is_drawn_beside_its_map(
    image_cohort: Cohort,
    model: str,  # noqa: F811
    tmp_path: Path,
    method: str,
) -> None:
    """The overlay of `compute_occlusion_map` or `grad_cam`, with its score in the table."""
    paths = [str(image_cohort.path(row)) for row in (0, 5)]
    more = ["--patch", "4"] if method == "occlusion" else []
    words = ["explain", model, *paths, "--method", method, *more, "-o", str(tmp_path / "maps")]
    assert main(words) == 0

    classifier = models.load_classifier(model)
    pixels = read_images(paths, size=16)
    maps = (
        explanations.compute_occlusion_map(classifier, pixels, patch=4)
        if method == "occlusion"
        else explanations.grad_cam(classifier, pixels)
    )
    told = read_all_columns(tmp_path / "maps" / "maps.csv")
    assert told["image"] == paths
    for place, name in enumerate(told["map"]):
        drawn = np.asarray(Image.open(tmp_path / "maps" / name))
        overlay = explanations.draw_overlay(pixels[place], maps[place])
        np.testing.assert_array_equal(drawn[:, 16:], overlay)
        assert float(told["largest"][place]) == pytest.approx(maps[place].max(), rel=1e-4)
    scores = classifier(paths).scores
    np.testing.assert_allclose([float(x) for x in told["score"]], scores, rtol=1e-5)
    assert main(words) == 2  # nothing is drawn over


def test_the_other_class_turns_the_map(
    image_cohort: Cohort,
    model: str,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Named by --label; a class that is none is refused, and so is a patch without a square."""
    path = str(image_cohort.path(0))
    for label in ("sick", "well"):
        words = ["--label", label, "-o", str(tmp_path / label)]
        assert main(["explain", model, path, *words]) == 0
    sick, well = (
        float(read_all_columns(tmp_path / label / "maps.csv")["largest"][0])
        for label in ("sick", "well")
    )
    pixels = read_images([path], size=16)
    heat = explanations.compute_occlusion_map(models.load_classifier(model), pixels, patch=2)
    assert (sick, well) == pytest.approx((heat.max(), -heat.min()), rel=1e-4)
    for words, told in (
        (["--label", "il"], "one of the classes 'well', 'sick', got 'il'"),
        (["--patch", "3", "--method", "grad_cam"], "--patch is of --method occlusion"),
    ):
        assert main(["explain", model, path, *words, "-o", str(tmp_path / "x")]) == 2
        assert told in capsys.readouterr().err


def test_two_images_of_one_name_are_told_apart(
    image_cohort: Cohort,
    model: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Their place follows their name."""
    (tmp_path / "other").mkdir()
    copy = tmp_path / "other" / image_cohort.path(0).name
    copy.write_bytes(image_cohort.path(1).read_bytes())
    out = tmp_path / "maps"
    assert main(["explain", model, str(image_cohort.path(0)), str(copy), "-o", str(out)]) == 0

    assert sorted(path.name for path in out.glob("*.png")) == ["p0_0-0.png", "p0_0-1.png"]
