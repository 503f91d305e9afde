"""The layout of a preview."""

import numpy as np

from prevalens.augmentation.contact_sheet import contact_sheet


def test_each_row_is_an_image_and_its_copies() -> None:
    """Two images of 3x5 with two copies each: 2*3 + 4 rows, 3*5 + 2*4 + 12 columns."""
    originals = np.asarray([10, 20], np.uint8).reshape(2, 1, 1, 1) * np.ones((1, 3, 5, 1), np.uint8)
    copies = (
        np.repeat(originals, 2, axis=0) + np.asarray([1, 2, 1, 2], np.uint8)[:, None, None, None]
    )
    sheet = contact_sheet(originals, copies)

    assert sheet.shape == (10, 35, 3)
    assert sheet[0, [0, 5, 21, 30], 0].tolist() == [10, 255, 11, 12]
    assert sheet[7, [0, 21, 30], 2].tolist() == [20, 21, 22]
