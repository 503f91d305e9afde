"""Sums of products over rows that no BLAS computes: the same to the bit however many cores are.

BLAS cuts a long sum into as many parts as it has threads, so that its last digits depend on the
machine, and its threads spin while others need the cores.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens.typing import Numbers


def dot(one: NDArray[Any], two: NDArray[Any]) -> float:
    """Return the sum of the products of two columns.

    Examples:
        >>> dot(np.array([1.0, 2.0]), np.array([True, True]))
        3.0
    """
    return float(np.einsum("i,i->", one, two, dtype=np.float64))


def times(matrix: NDArray[Any], column: NDArray[Any]) -> Numbers:
    """Return the product of a matrix and a column.

    Examples:
        >>> times(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 1.0])).tolist()
        [3.0, 7.0]
    """
    product: Numbers = np.einsum("ij,j->i", matrix, column, dtype=np.float64)
    return product
