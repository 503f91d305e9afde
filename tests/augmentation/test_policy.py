"""AugmentationPolicy: draws, records, warnings."""

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from prevalens.augmentation import (
    AugmentationPolicy,
    Elastic,
    Exposure,
    Flip,
    QuarterTurn,
    Rotation,
    Shift,
    Zoom,
)
from prevalens.augmentation.operation import PixelOperation
from prevalens.augmentation.ranges import Parameter
from prevalens.exceptions import InvalidInputError, NoEffectWarning, SaturationWarning

POLICY = AugmentationPolicy([Flip(), Rotation(degrees=15), Shift(fraction=0.1)])


@given(
    n=st.integers(0, 40), more=st.integers(0, 40), seed=st.integers(0, 2**31), epoch=st.integers(0)
)
@settings(max_examples=25, deadline=None)
def test_row_i_depends_on_seed_epoch_and_i(n: int, more: int, seed: int, epoch: int) -> None:
    """The first rows of a longer draw are the shorter draw."""
    short = POLICY.draw(n, seed=seed, epoch=epoch)
    long = POLICY.draw(n + more, seed=seed, epoch=epoch)

    for name, values in short.items():
        np.testing.assert_array_equal(values, long[name][:n])


@given(start=st.integers(0, 300), n=st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_rows_can_be_drawn_from_the_middle(start: int, n: int) -> None:
    """Rows `start` and after are those of a draw from 0, for odd and even numbers a row."""
    policy = AugmentationPolicy([Flip(), Rotation(degrees=15), Elastic(), Zoom()])
    middle = policy.draw(n, seed=4, epoch=1, start=start)
    for name, values in policy.draw(start + n, seed=4, epoch=1).items():
        np.testing.assert_array_equal(middle[name], values[start:])


def test_epochs_and_seeds_differ_and_repeat() -> None:
    """Another epoch or seed gives other angles; the same gives the same."""
    first = POLICY.draw(50, seed=1, epoch=0)["rotation"]

    assert (first == POLICY.draw(50, seed=1, epoch=0)["rotation"]).all()
    assert (first != POLICY.draw(50, seed=1, epoch=1)["rotation"]).any()
    assert (first != POLICY.draw(50, seed=2, epoch=0)["rotation"]).any()


def test_an_added_operation_leaves_the_other_draws() -> None:
    """Each operation has a stream of its own."""
    wider = AugmentationPolicy([Zoom(), *POLICY.operations])

    np.testing.assert_array_equal(
        POLICY.draw(9, seed=3, epoch=2)["shift_y"], wider.draw(9, seed=3, epoch=2)["shift_y"]
    )


def test_draws_have_the_asked_distribution() -> None:
    """Of 4,000 draws half flip on each axis, independently, and angles fill their range evenly.

    Tolerances are five standard errors: 5 * sqrt(0.25 / 4000) = 0.04.
    """
    drawn = POLICY.draw(4000, seed=5, epoch=0)
    both = drawn["flip_horizontal"] * drawn["flip_vertical"]

    assert abs(drawn["flip_horizontal"].mean() - 0.5) < 0.04
    assert abs(both.mean() - 0.25) < 0.035
    quartiles = np.quantile(drawn["rotation"], [0.25, 0.5, 0.75])
    np.testing.assert_allclose(quartiles, [-7.5, 0, 7.5], atol=1.2)
    assert np.abs(drawn["shift_x"]).max() <= 0.1


def test_a_chance_per_class() -> None:
    """Class 0 is never turned and class 1 always."""
    policy = AugmentationPolicy([Rotation(degrees=(10, 10), probability=(0, 1))])
    labels = np.asarray([0, 1, 1, 0])

    assert policy.draw(4, seed=0, epoch=0, labels=labels)["rotation"].tolist() == [0, 10, 10, 0]


def test_labels_are_wanted_or_refused_never_ignored() -> None:
    """A policy with a chance per class needs labels within its classes; others refuse them."""
    policy = AugmentationPolicy([Rotation(probability=(0.5, 1))])

    with pytest.raises(InvalidInputError, match="must give the class"):
        policy.draw(2, seed=0, epoch=0)
    with pytest.raises(InvalidInputError, match="go from 0 to 2"):
        policy.draw(2, seed=0, epoch=0, labels=[0, 2])
    with pytest.raises(InvalidInputError, match="2 class indices, got 3"):
        policy.draw(2, seed=0, epoch=0, labels=[0, 1, 1])
    with pytest.raises(InvalidInputError, match="Leave `labels` out"):
        POLICY.draw(2, seed=0, epoch=0, labels=[0, 1])


def test_a_policy_survives_json() -> None:
    """to_dict, JSON and from_dict give an equal policy with equal draws."""
    policy = AugmentationPolicy(
        [Flip(vertical=False), QuarterTurn(probability=(0.2, 0.3)), Zoom(factor=(0.5, 1.5))],
        fill="constant",
        fill_value=7,
        name="mine",
        reference="none",
    )
    again = AugmentationPolicy.from_dict(json.loads(json.dumps(policy.to_dict())))

    assert again == policy


def changed(**changes: object) -> dict[str, object]:
    """Return the record of POLICY with some keys changed."""
    return {**POLICY.to_dict(), **changes}


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (changed(version=99), "has version 99; this prevalens reads 1"),
        ({}, "its `format` is None"),
        ([], "its `format` is 'list'"),
        (changed(operations=[{"operation": "rotatoin"}]), "Did you mean 'rotation'"),
        (changed(operations=[{"operation": "flip", "horisontal": True}]), "field horisontal"),
        (changed(fill="edge"), "`fill`"),
        (changed(fill_value="black"), "`fill_value`: expected float, got str"),
        (changed(colour=1), "unknown field colour"),
        ({k: v for k, v in changed().items() if k != "operations"}, "missing.* operations"),
    ],
)
def test_unknown_records_are_refused(record: dict[str, object], text: str) -> None:
    """Another version, operation or setting names itself and what there is."""
    with pytest.raises(InvalidInputError, match=text):
        AugmentationPolicy.from_dict(record)


def test_an_operation_stands_once() -> None:
    """Two rotations are refused with the remedy; so is what is no operation."""
    with pytest.raises(InvalidInputError, match="Widen the range"):
        AugmentationPolicy([Rotation(degrees=5), Rotation(degrees=10)])
    with pytest.raises(InvalidInputError, match="got 'flip'"):
        AugmentationPolicy(["flip"])  # type: ignore[list-item]


def test_what_changes_nothing_warns() -> None:
    """An empty policy, and an idle operation among others, say so."""
    with pytest.warns(NoEffectWarning, match="policy changes nothing"):
        empty = AugmentationPolicy([])
    with pytest.warns(NoEffectWarning, match="'rotation'"):
        AugmentationPolicy([Flip(), Rotation(degrees=0)])

    assert empty.draw(3, seed=0, epoch=0) == {}


def test_what_loses_the_picture_warns() -> None:
    """A shift by 90 % says what it does and what to do."""
    with pytest.warns(SaturationWarning, match=r"0\.9.*Narrow"):
        AugmentationPolicy([Shift(fraction=0.9)])


def test_without_drops_by_name() -> None:
    """The rest of the policy stays; a misspelt name is answered with the nearest."""
    assert [each.name for each in POLICY.without("flip").operations] == ["rotation", "shift"]
    with pytest.raises(InvalidInputError, match="Did you mean 'shift'"):
        POLICY.without("shft")


def test_a_preview_is_written_as_png(tmp_path: Path) -> None:
    """The file holds the sheet that is returned: the image first, then its copies."""
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3)).astype(np.uint8)
    sheet = POLICY.preview(images, tmp_path / "sheet.png", copies=3, seed=1)
    per_class = AugmentationPolicy([Rotation(degrees=(90, 90), probability=(0, 1))])
    turned = per_class.preview(images, copies=1, labels=[0, 1])

    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "sheet.png")), sheet)
    np.testing.assert_array_equal(sheet[:8, :8], images[0])
    np.testing.assert_array_equal(turned[:8, 24:32], images[0])
    assert (turned[12:20, 24:32] != images[1]).any()


@pytest.mark.parametrize("bad", [{"n": -1}, {"epoch": -1}, {"start": -1}, {"seed": 1.5}])
def test_draw_takes_whole_numbers(bad: dict[str, object]) -> None:
    """Negative or fractional counts, epochs and seeds are refused by name."""
    settings_: dict[str, Any] = {"n": 1, "seed": 0, "epoch": 0, **bad}
    with pytest.raises(InvalidInputError, match=f"`{next(iter(bad))}`"):
        POLICY.draw(settings_.pop("n"), **settings_)


def test_two_operations_never_share_a_parameter() -> None:
    """One would overwrite the other's numbers: refused by both names."""

    class Twin(PixelOperation, frozen=True, kw_only=True):
        order: ClassVar[float] = 1

        def parameters(self) -> tuple[Parameter, ...]:
            return (Parameter("rotation", 0, 1),)

    with pytest.raises(InvalidInputError, match="'rotation' and 'twin' both sample"):
        AugmentationPolicy([Rotation(), Twin()])


def test_the_fill_value_is_a_level_where_levels_count() -> None:
    """Geometry takes any number; a policy that changes pixel values takes 0 to 255."""
    assert AugmentationPolicy([Shift()], fill="constant", fill_value=-1000).fill_value == -1000
    with pytest.raises(InvalidInputError, match=r"`fill_value` must lie in \[0, 255\]"):
        AugmentationPolicy([Shift(), Exposure()], fill="constant", fill_value=-1)
    with pytest.raises(InvalidInputError, match="`name` must be a text"):
        AugmentationPolicy([Shift()], name=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(0, 8, 8, 3), (2, 8, 8, 4), (8, 8, 3)])
def test_a_preview_is_of_images_that_can_be_shown(shape: tuple[int, ...]) -> None:
    """No images, transparency, and a single image without its batch are refused."""
    with pytest.raises(InvalidInputError, match="A preview is of at least one image"):
        POLICY.preview(np.zeros(shape, np.uint8))
