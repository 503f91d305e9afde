"""Tests of what the splitters of images share."""

import numpy as np
import pytest

from prevalens._seeding import generator
from prevalens.exceptions import ImpossibleSplitError
from prevalens.splits.image_splitter import deal_images


def test_each_class_keeps_its_shares() -> None:
    """Of 100 and 20 images 70, 15 and 15 % are 70, 15, 15 and 14, 3, 3."""
    labels = np.repeat([0, 1], [100, 20])

    parts = deal_images(labels, "sw", [0.7, 0.15, 0.15], generator(0))

    assert np.bincount(parts[:100]).tolist() == [70, 15, 15]
    assert np.bincount(parts[100:]).tolist() == [14, 3, 3]


def test_left_over_images_even_out_over_the_classes() -> None:
    """Two classes of three images in two parts make three and three, not four and two."""
    parts = deal_images(np.repeat([0, 1], 3), "sw", [0.5, 0.5], generator(0))

    assert np.bincount(parts).tolist() == [3, 3]


def test_a_small_share_still_gets_one_image_of_each_class() -> None:
    """Five per cent of four images is one image, not none."""
    parts = deal_images(np.zeros(4, dtype=np.int64), "sw", [0.95, 0.05], generator(0))

    assert np.bincount(parts).tolist() == [3, 1]


def test_a_class_of_fewer_images_than_parts_is_refused() -> None:
    """Two images cannot stand in three parts."""
    with pytest.raises(ImpossibleSplitError, match=r"class 'w' has only 2 images.*at most 2 parts"):
        deal_images(np.array([0, 0, 0, 1, 1]), "sw", [0.4, 0.3, 0.3], generator(0))
