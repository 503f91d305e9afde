"""Whether a map is faithful: covering what it points at must cost more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prevalens._checks import check_integer, check_number, check_same_length
from prevalens._seeding import generator
from prevalens.exceptions import InvalidInputError
from prevalens.explanations.network_graph import network_of
from prevalens.explanations.occlusion_map import Scorer, level_of, log_odds_of
from prevalens.explanations.overlay import enlarge


@dataclass(frozen=True, eq=False)
class DeletionTest:
    """How far the log-odds fall where a map points, beside the same map laid elsewhere.

    Attributes:
        falls: Fall of the log-odds of each image, mean over the shares, shape `(n_images,)`.
        chance: The same for the map shifted at random, shape `(n_shifts, n_images)`.
        shares: Shares of the pixels that were covered.

    Examples:
        >>> import numpy as np
        >>> test = DeletionTest(falls=np.array([4.0]), chance=np.zeros((19, 1)), shares=(0.05,))
        >>> test.gain, test.p_value  # 1 / (19 + 1)
        (4.0, 0.05)
    """

    falls: NDArray[np.float64]
    chance: NDArray[np.float64]
    shares: tuple[float, ...]

    @property
    def gain(self) -> float:
        """Mean fall above that of the shifted maps, in log-odds; a faithful map's is above 0."""
        return float(self.falls.mean() - self.chance.mean())

    @property
    def p_value(self) -> float:
        """Share of the shifts (the map's own place among them) that cost as much or more."""
        means = self.chance.mean(axis=1)
        return float((1 + np.sum(means >= self.falls.mean())) / (1 + len(means)))

    def __str__(self) -> str:
        return (
            f"Covering what the map points at lowers the log-odds by {self.falls.mean():.3g}, a "
            f"shifted map by {self.chance.mean():.3g} (p = {self.p_value:.2g}, {len(self.chance)} "
            f"shifts, {len(self.falls)} images)."
        )


def compute_deletion_test(
    model: Scorer,
    images: ArrayLike,
    maps: ArrayLike,
    *,
    shares: Sequence[float] = (0.05, 0.1, 0.2, 0.3),
    fill: float | ArrayLike | None = None,
    label: int | None = None,
    n_shifts: int = 19,
    seed: int = 0,
    batch_size: int = 64,
) -> DeletionTest:
    """Cover the pixels that a map ranks highest and see how far the log-odds fall.

    The measure is the same for every kind of map, so it tells which of them is faithful for a
    model. What it is compared with keeps the map's own shape: the map shifted round the image.

    Args:
        model: As in `compute_occlusion_map`.
        images: Images as the model takes them, shape `(batch, height, width, channels)`.
        maps: One map an image, shape `(batch, map_height, map_width)`; enlarged to the images.
        shares: Shares of the pixels to cover, each in `(0, 1)`.
        fill: What covers, as in `compute_occlusion_map`.
        label: The class that the maps explain; by default the last, which is the positive one.
        n_shifts: Number of random shifts to compare with, at least 1.
        seed: Seed of the shifts.
        batch_size: Number of covered images that are scored at once.

    Raises:
        InvalidInputError: there is not one map an image, a share is out of range, or as in
            `compute_occlusion_map`.

    References:
        Petsiuk V., Das A., Saenko K. (2018). RISE: randomized input sampling for explanation of
        black-box models. BMVC.

    Examples:
        >>> import numpy as np
        >>> def model(images):  # watches the red of one pixel
        ...     return 1 / (1 + np.exp(-0.02 * images[:, 2, 5, 0].astype(float)))
        >>> images, heat = np.full((1, 6, 8, 3), 200, np.uint8), np.zeros((1, 6, 8))
        >>> heat[0, 2, 5] = 1
        >>> test = compute_deletion_test(model, images, heat, shares=(0.05,), fill=0, n_shifts=5)
        >>> test.falls.round(2).tolist()
        [4.0]
    """
    network, pixels = network_of(model), np.asarray(images)
    heats = np.asarray(maps, dtype=np.float32)
    if pixels.ndim != 4 or heats.ndim != 3 or len(pixels) == 0:
        raise InvalidInputError(
            "`images` must have the axes (batch, height, width, channels) and `maps` (batch, "
            f"map_height, map_width), got the shapes {pixels.shape} and {heats.shape}."
        )
    check_same_length(images=pixels, maps=heats)
    covered = tuple(
        check_number("shares", one, low=0, high=1, open_low=True, open_high=True) for one in shares
    )
    check_integer("n_shifts", n_shifts, minimum=1)
    check_integer("batch_size", batch_size, minimum=1)
    cover = level_of(pixels, fill, name="fill")
    whole = log_odds_of(network, pixels, label, batch_size)
    height, width = pixels.shape[1:3]
    full = np.stack([enlarge(heat, height=height, width=width) for heat in heats])

    def fall(planes: NDArray[np.float32]) -> NDArray[np.float64]:
        falls = [
            whole - log_odds_of(network, _deleted(pixels, cover, planes, one), label, batch_size)
            for one in covered
        ]
        return np.mean(falls, axis=0)

    random = generator(seed, "deletion test")
    steps = 1 + random.integers(0, (max(1, height - 1), max(1, width - 1)), size=(n_shifts, 2))
    chance = [fall(np.roll(full, tuple(step), axis=(1, 2))) for step in steps.tolist()]
    return DeletionTest(fall(full), np.stack(chance), covered)


def _deleted(
    pixels: NDArray[np.generic],
    cover: NDArray[np.generic],
    planes: NDArray[np.float32],
    share: float,
) -> NDArray[np.generic]:
    """Return the images with the pixels that rank highest covered, as many as the share says."""
    flat = planes.reshape(len(planes), -1)
    count = max(1, round(share * flat.shape[1]))
    order = np.argsort(-flat, axis=1, kind="stable")[:, :count]
    mask = np.zeros(flat.shape, dtype=bool)
    np.put_along_axis(mask, order, True, axis=1)
    return np.where(mask.reshape(planes.shape)[..., None], cover, pixels)
