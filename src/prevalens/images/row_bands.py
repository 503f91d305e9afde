"""Large pictures a band of rows at a time, so that what is made of each stays small; pure."""

from collections.abc import Iterator

_PIXELS = 2**20  # of a band: some megabytes, whatever is made of it


def row_bands(height: int, width: int) -> Iterator[slice]:
    """Give slices of rows, from top to bottom, of about a million pixels each.

    Examples:
        >>> list(row_bands(5, 2**19))
        [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, _PIXELS // max(1, width))
    for top in range(0, height, step):
        yield slice(top, min(top + step, height))
