"""A contact sheet: each image beside some of its changed copies, as one picture; pure."""

import numpy as np

from prevalens.typing import Image, Images

_GAP = 4  # white pixels between pictures
_RULE = 12  # between the image and its copies


def contact_sheet(originals: Images, copies: Images) -> Image:
    """Lay out one row per image: the image, then its copies.

    Args:
        originals: uint8, `(n, height, width, channels)` with 1 or 3 channels.
        copies: uint8, `(n * per_image, height, width, channels)`; those of one image together.

    Returns:
        The sheet, uint8, `(sheet_height, sheet_width, 3)`.
    """
    n, height, width = originals.shape[:3]
    per_image = len(copies) // n
    sheet_width = (per_image + 1) * (width + _GAP) - _GAP + _RULE
    sheet = np.full((n * (height + _GAP) - _GAP, sheet_width, 3), 255, dtype=np.uint8)
    for row in range(n):
        top = row * (height + _GAP)
        sheet[top : top + height, :width] = originals[row]
        for place in range(per_image):
            left = (place + 1) * (width + _GAP) + _RULE
            copy = copies[row * per_image + place]
            sheet[top : top + height, left : left + width] = copy
    return sheet
