"""Integrated gradients: how the log-odds of a class divide among the pixels."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from prevalens._checks import check_integer, check_number, name_some
from prevalens.exceptions import InvalidInputError
from prevalens.explanations.activation_map import (
    class_contrast,
    final_dense,
    images_of,
)
from prevalens.explanations.gradient import gradient_of
from prevalens.explanations.network_graph import graph_of
from prevalens.explanations.occlusion_map import level_of

# Log-odds that a map's sum may miss whatever the gain: no score moves by more than 0.00025.
_LOG_ODDS_MISSED = 1e-3
# Gradients on a piece of the way, by Gauss and Legendre's rule.
_NODES = 8


def compute_integrated_gradients(
    model: Any,
    images: ArrayLike,
    *,
    baseline: float | ArrayLike | None = None,
    steps: int = 64,
    max_steps: int = 2048,
    tolerance: float = 0.05,
    label: int | None = None,
    batch_size: int = 32,
) -> NDArray[np.float32]:
    """Divide among the pixels what the log-odds of a class gain from a baseline to the image.

    The gradient is averaged on the straight way from the baseline to the image and multiplied by
    the way. A map therefore sums to the gain ("completeness"): pieces of the way whose map misses
    their gain are halved until it does.
    Where an image equals the baseline its map is 0, whatever the model makes of that place: on
    cells cut out on black, a black baseline says nothing of the background.

    Args:
        model: A classifier that ends in a `Dense` layer, such as
            `prevalens.models.create_classifier` makes, or a loaded `Classifier` (whose network's
            own log-odds are divided, before temperature and prevalence).
        images: Images as the model takes them, shape `(batch, height, width, channels)`.
        baseline: What to compare with: a level, a colour of shape `(channels,)`, or images of the
            images' shape; by default each image's mean colour.
        steps: Number of gradients on the way to begin with, at least 2, by Gauss and Legendre's
            rule on pieces of about 8.
        max_steps: Number of gradients on the way at most, at least `steps`.
        tolerance: Share of the gain that the sum of a map may miss, at least 0. Its authors'
            share is 0.05; a larger one says aloud that maps are less complete.
        label: The class to explain; by default the last, which is the positive one.
        batch_size: Number of gradients that are taken at once.

    Returns:
        The gain in log-odds (with a softmax, of the logit minus the mean of the others') that
        falls to each pixel, summed over its channels, shape `(batch, height, width)`.

    Raises:
        InvalidInputError: the model has no known input or several outputs, does not end in a
            `Dense` layer as in `compute_activation_map` or has no such class, the images' shape is
            not the model's, the backend takes no gradients, or a map's sum still misses the gain by
            more than `tolerance` of it (and by 0.001) after `max_steps`; the text says of which
            images, and by how much.

    References:
        Sundararajan M., Taly A., Yan Q. (2017). Axiomatic attribution for deep networks. ICML.

    Examples:
        >>> import keras
        >>> from prevalens.models import create_classifier
        >>> backbone = keras.Sequential(
        ...     [keras.Input((8, 8, 3)), keras.layers.Rescaling(1 / 255), keras.layers.Conv2D(4, 3)]
        ... )
        >>> model = create_classifier(backbone, image_size=8, preprocessing="inside")
        >>> compute_integrated_gradients(model, np.full((1, 8, 8, 3), 100, np.uint8)).shape
        (1, 8, 8)
    """
    network = graph_of(model)
    log_odds = _log_odds_of(network, label)
    pixels = images_of(network, images).astype(np.float32)
    starts = level_of(pixels, baseline, name="baseline")
    check_integer("steps", steps, minimum=2)
    check_integer("max_steps", max_steps, minimum=steps)
    check_number("tolerance", tolerance, low=0)
    check_integer("batch_size", batch_size, minimum=1)
    maps, missed = [], {}
    for number, (image, start) in enumerate(zip(pixels, starts, strict=True)):
        way = _Way(log_odds, start, image, steps=steps, batch_size=batch_size)
        allowed = max(_LOG_ODDS_MISSED, tolerance * abs(way.gain))
        while not abs(way.gap) <= allowed and way.can_improve(max_steps):
            way.refine()
        # Turned round, so that nan is a miss too.
        if not abs(way.gap) <= allowed:
            missed[number] = (way.gain + way.gap, way.gain, way.steps)
        maps.append(way.heat)
    if missed:
        raise _incomplete(missed, tolerance)
    return np.stack(maps).astype(np.float32)


@dataclass
class _Piece:
    """A piece of the way, from share `first` to share `last`, and what its map misses."""

    first: float
    last: float
    heat: NDArray[np.float64]
    gap: float


class _Way:
    """The straight way from the baseline to one image, cut where its map misses the gain most.

    On each piece the gain is known from its two ends, so it is known where more gradients are
    needed: a network of rectifiers is a line but for some bends.
    """

    def __init__(
        self,
        log_odds: Callable[[Any], Any],
        start: NDArray[np.float32],
        end: NDArray[np.float32],
        *,
        steps: int,
        batch_size: int,
    ) -> None:
        self._log_odds, self._start, self._move = log_odds, start, end - start
        self._batch_size = batch_size
        count = max(1, steps // _NODES)
        self._places, self._shares = np.polynomial.legendre.leggauss(steps // count)
        self.steps = 0
        edges = np.linspace(0, 1, count + 1)
        self._pieces = self._made([*itertools.pairwise(edges.tolist())])
        before, after = self._value_of([0.0, 1.0])
        self.gain = float(after - before)

    @property
    def heat(self) -> NDArray[np.float64]:
        return np.asarray(np.sum([piece.heat for piece in self._pieces], axis=0))

    @property
    def gap(self) -> float:
        """What the map sums to beyond the gain."""
        return float(sum(piece.heat.sum() for piece in self._pieces) - self.gain)

    def can_improve(self, max_steps: int) -> bool:
        """Whether two more pieces are allowed, and gradients are there at all."""
        more = self.steps + 2 * len(self._places) <= max_steps
        return more and bool(np.isfinite(self.gap)) and any(p.heat.any() for p in self._pieces)

    def refine(self) -> None:
        """Halve the piece whose map misses most."""
        worst = max(self._pieces, key=lambda piece: abs(piece.gap))
        self._pieces.remove(worst)
        middle = (worst.first + worst.last) / 2
        self._pieces += self._made([(worst.first, middle), (middle, worst.last)])

    def _made(self, ends: list[tuple[float, float]]) -> list[_Piece]:
        shares = np.array(
            [first + (last - first) * (self._places + 1) / 2 for first, last in ends]
        ).ravel()
        heats = np.concatenate([self._slopes(some) for some in self._batches(shares)])
        heats = heats.reshape(len(ends), len(self._places), *heats.shape[1:])
        self.steps += len(shares)
        values = self._value_of([share for pair in ends for share in pair])
        pieces = []
        for place, (first, last) in enumerate(ends):
            heat = np.tensordot(self._shares * (last - first) / 2, heats[place], axes=1)
            gained = values[2 * place + 1] - values[2 * place]
            pieces.append(_Piece(first, last, heat, float(heat.sum() - gained)))
        return pieces

    def _batches(self, shares: NDArray[np.float64]) -> Iterator[NDArray[np.float32]]:
        for first in range(0, len(shares), self._batch_size):
            some = shares[first : first + self._batch_size, None, None, None]
            yield (self._start + some * self._move).astype(np.float32)

    def _slopes(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return gradient times way, summed over the channels, `(batch, height, width)`."""
        slopes = gradient_of(self._log_odds, images).astype(np.float64)
        return np.asarray((slopes * self._move).sum(axis=-1))

    def _value_of(self, shares: list[float]) -> NDArray[np.float64]:
        found = [self._log_odds(some) for some in self._batches(np.array(shares))]
        return np.concatenate([keras.ops.convert_to_numpy(each) for each in found]).astype(float)


def _incomplete(missed: dict[int, tuple[float, float, int]], tolerance: float) -> InvalidInputError:
    shares = {
        number: abs(found - gain) / abs(gain) if gain else np.inf
        for number, (found, gain, _) in missed.items()
    }
    worst = max(shares, key=shares.__getitem__)
    found, gain, steps = missed[worst]
    return InvalidInputError(
        f"The maps of {len(missed)} images do not sum to the gain ({name_some(missed)}). The worst "
        f"is that of image {worst}: it sums to {found:.4g}, but its log-odds are {gain:.4g} above "
        f"its baseline's, {shares[worst]:.0%} of the gain missed where {tolerance:.0%} may be. "
        f"After {steps} steps that are too few, or a part of the model has no gradient (rounding, "
        "whole numbers, half precision). Give more `max_steps`; take the maps as they are with a "
        "larger `tolerance`; or use `compute_occlusion_map`."
    )


def _log_odds_of(model: keras.Model, label: int | None) -> Callable[[Any], Any]:
    """Return the function from images to the log-odds of the class, shape `(batch,)`."""
    final = final_dense(model)
    weights, bias = class_contrast(final, label)
    # Not from the scores: near 0 and 1 float32 has lost what the log-odds still tell.
    features = keras.Model(model.input, final.input)

    def log_odds(pixels: Any) -> Any:
        found = keras.ops.cast(features(pixels, training=False), "float32")
        return keras.ops.matmul(found, weights[:, None])[:, 0] + bias

    return log_odds
