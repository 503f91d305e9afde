"""A policy in a notebook: its contact sheet on drawn pictures, and its operations."""

from typing import TYPE_CHECKING

import numpy as np

from prevalens._notebook import card, note, pictures, table
from prevalens.augmentation.operation import Operation
from prevalens.exceptions import PrevalensError
from prevalens.typing import Images

if TYPE_CHECKING:
    from prevalens.augmentation.policy import AugmentationPolicy

_SIDE = 64  # pixels


def policy_html(policy: "AugmentationPolicy") -> str:
    """Return what a notebook shows of a policy."""
    rows = [(each.name, each.probability, _settings(each)) for each in policy.operations]
    originals = drawn_pictures()
    labels = np.zeros(len(originals), dtype=np.int64) if policy.per_class else None
    try:
        sheet = policy.preview(originals, copies=8, labels=labels)
        shown = [pictures([("Two drawn pictures, each beside 8 copies", sheet)], side=140)]
    except PrevalensError as error:
        shown = [note(f"No contact sheet: {error}")]
    told = f"Fill: {policy.fill}. Show your own images with policy.preview(images)."
    return card(
        f"AugmentationPolicy {policy.name!r}, {len(rows)} operations",
        *shown,
        table(("Operation", "Probability", "Settings"), rows),
        note(told),
    )


def _settings(operation: Operation) -> str:
    names = [name for name in operation.__struct_fields__ if name != "probability"]
    return ", ".join(f"{name}={getattr(operation, name)!r}" for name in names)


def drawn_pictures() -> Images:
    """Return two stained cells off the centre, uint8 `(2, 64, 64, 3)`: every turn shows."""
    y, x = np.mgrid[:_SIDE, :_SIDE] / _SIDE
    made = np.empty((2, _SIDE, _SIDE, 3))
    for place, (left, top) in enumerate(((0.45, 0.4), (0.55, 0.6))):
        made[place] = np.array([236, 222, 230]) - 20 * x[..., None]
        for reach, colour in ((0.3, (200, 150, 190)), (0.17 + 0.05 * place, (96, 48, 140))):
            inside = np.hypot(x - left, (y - top) * 1.25) < reach
            made[place][inside] = colour
        made[place][np.hypot(x - 0.8, y - 0.25) < 0.07] = (190, 90, 100)
    return made.astype(np.uint8)
