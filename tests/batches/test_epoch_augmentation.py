"""A policy over the images of an epoch."""

from typing import Any

import numpy as np
import pytest

from prevalens.augmentation import AugmentationPolicy, Flip, Jpeg, QuarterTurn, Rotation, presets
from prevalens.batches.epoch_augmentation import EpochAugmentation
from prevalens.exceptions import InvalidInputError

LABELS = np.array([1, 0, 0, 1, 0])


def make(policy: Any, **settings: Any) -> EpochAugmentation:
    """Return the augmentation of five rows, the first and the fourth positive."""
    return EpochAugmentation(
        policy,
        **{"seed": 3, "labels": LABELS, "n_classes": 2, "image_size": (6, 6), **settings},
    )


def test_image_k_of_an_epoch_is_changed_by_row_k_of_the_draw() -> None:
    """Positions 4 to 6 of epoch 2 are rows 4 to 6 of the draw of a whole epoch, and no others."""
    policy = AugmentationPolicy([Flip(), Rotation(degrees=30)])
    drawn = make(policy).draw(np.array([4, 0, 2]), epoch=2, first=4)
    whole = policy.draw(9, seed=3, epoch=2)
    assert {name: values.tolist() for name, values in drawn.items()} == {
        name: values[4:7].tolist() for name, values in whole.items()
    }


def test_a_chance_per_class_goes_by_the_label_of_the_row() -> None:
    """Of rows 3, 1 and 0 with labels 1, 0 and 1, those of label 1 are turned by 90 degrees."""
    turned = make(AugmentationPolicy([Rotation(degrees=(90, 90), probability=(0, 1))]))
    assert turned.draw(np.array([3, 1, 0]), epoch=0, first=0)["rotation"].tolist() == [90, 0, 90]


def test_parameters_are_applied_to_bytes() -> None:
    """A flip from left to right of one row of pixels, by hand."""
    flip = make(AugmentationPolicy([Flip(vertical=False, probability=1)]), image_size=(1, 3))
    images = np.arange(9, dtype=np.uint8).reshape(1, 1, 3, 3)
    flipped = flip.apply(images, flip.draw(np.array([0]), epoch=0, first=0))
    assert flipped.tolist() == [[[[6, 7, 8], [3, 4, 5], [0, 1, 2]]]]


@pytest.mark.parametrize(
    ("policy", "settings", "text"),
    [
        (Rotation(), {}, r"`augmentation` must be .*AugmentationPolicy\(\[Rotation\(\)\]\)"),
        (presets.blood_smear, {}, r"Call it: presets\.blood_smear\(\)"),
        (
            AugmentationPolicy([Jpeg(probability=(0.1, 0.2, 0.3))]),
            {},
            "'jpeg' has a chance for 3 classes, but the cohort has 2",
        ),
        (
            AugmentationPolicy([QuarterTurn()]),
            {"image_size": (4, 6)},
            "height 4 and width 6",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_before_an_image_is_read(
    policy: Any, settings: dict[str, Any], text: str
) -> None:
    """No policy, chances that do not fit the classes, and turns of oblong images."""
    with pytest.raises(InvalidInputError, match=text):
        make(policy, **settings)
