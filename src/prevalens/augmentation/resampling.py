"""One bilinear interpolation per image, by a two-dimensional gather; pure.

Fill modes say what lies beyond the edge of a row of pixels `a b c d`:

- `"constant"`: a fixed value, `k k k | a b c d | k k k`.
- `"nearest"`: the edge goes on, `a a a | a b c d | d d d`.
- `"reflect"`: mirrored at the edge, `c b a | a b c d | d c b`.
- `"mirror"`: mirrored at the last pixel, `d c b | a b c d | c b a`.
- `"wrap"`: the picture repeats, `b c d | a b c d | a b c`.
"""

from typing import Any

from prevalens.augmentation.array_calls import cast, clip, take_rows

FILLS = ("constant", "nearest", "reflect", "mirror", "wrap")


def source_places(matrices: Any, *, height: int, width: int, xp: Any) -> tuple[Any, Any]:
    """Return the source x and y of each result pixel, each `(n, height, width)`."""
    x = xp.reshape(xp.arange(width, dtype="float32"), (1, 1, width))
    y = xp.reshape(xp.arange(height, dtype="float32"), (1, height, 1))
    m = matrices[:, :, :, None, None]
    return (
        m[:, 0, 0] * x + m[:, 0, 1] * y + m[:, 0, 2],
        m[:, 1, 0] * x + m[:, 1, 1] * y + m[:, 1, 2],
    )


def resample(images: Any, x: Any, y: Any, *, fill: str, fill_value: float, xp: Any) -> Any:
    """Read each image at fractional places, bilinearly.

    Args:
        images: Shape `(n, height, width, channels)`, any dtype.
        x: Column of each result pixel in the source, `(n, height, width)`.
        y: Row of each result pixel in the source, `(n, height, width)`.
        fill: One of `FILLS`.
        fill_value: Value beyond the edge for `fill="constant"`.
        xp: Array module, `numpy` or `keras.ops`.

    Returns:
        float32 images of the same shape.
    """
    n, (height, width, channels) = xp.shape(images)[0], images.shape[1:]
    left, right, weights_x = neighbours(fold(x, width, fill, xp), width, fill, xp)
    top, bottom, weights_y = neighbours(fold(y, height, fill, xp), height, fill, xp)
    flat = xp.reshape(images, (-1, channels))
    first = xp.reshape(xp.arange(n, dtype="int32") * (height * width), (-1, 1, 1))
    level = fill_value if fill == "constant" else 0.0

    def line(row: Any) -> Any:
        start = first + row * width
        ends = [
            cast(take_rows(flat, start + place, xp), "float32", xp) - level
            for place in (left, right)
        ]
        return ends[0] * weights_x[0][..., None] + ends[1] * weights_x[1][..., None]

    return line(top) * weights_y[0][..., None] + line(bottom) * weights_y[1][..., None] + level


def fold(places: Any, size: int, fill: str, xp: Any) -> Any:
    """Bring places beyond the edge back into the picture, as the fill mode says."""
    last = size - 1.0
    if fill == "constant":  # one pixel of margin, over which the picture fades to the fill
        return clip(places, -1.0, float(size), xp)
    if fill == "nearest" or (fill == "mirror" and size == 1):
        return clip(places, 0.0, last, xp)
    if fill == "reflect":
        turned = size - xp.abs(_modulo(places + 0.5, 2.0 * size, xp) - size)
        return clip(turned - 0.5, 0.0, last, xp)
    if fill == "mirror":
        return last - xp.abs(_modulo(places, 2 * last, xp) - last)
    return _modulo(places, float(size), xp)


def _modulo(values: Any, period: float, xp: Any) -> Any:
    # Division by hand: XLA and torch round the remainder of a negative float differently.
    return values - period * xp.floor(values / period)


def neighbours(places: Any, size: int, fill: str, xp: Any) -> tuple[Any, Any, tuple[Any, Any]]:
    """Return the pixel before folded places, the pixel after, and the weight of each."""
    before = xp.floor(places)
    share = places - before
    first = cast(before, "int32", xp)
    if fill == "wrap":
        first = xp.where(first >= size, first - size, first)
        return first, xp.where(first + 1 >= size, 0, first + 1), (1 - share, share)
    after = first + 1
    weights = (1 - share, share)
    if fill == "constant":
        weights = (
            xp.where((first >= 0) & (first < size), weights[0], 0.0),
            xp.where(after < size, weights[1], 0.0),
        )
        first = clip(first, 0, size - 1, xp)
    return first, clip(after, 0, size - 1, xp), weights
