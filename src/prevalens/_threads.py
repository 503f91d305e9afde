"""One BLAS thread for small matrix products, where starting threads costs more than it gains."""

import functools
from contextlib import AbstractContextManager

from threadpoolctl import ThreadpoolController


@functools.cache
def _controller() -> ThreadpoolController:
    # Finding the loaded BLAS libraries takes milliseconds; they do not change afterwards.
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[object]:
    """Return a context in which BLAS uses one thread, and that restores the setting at its end.

    Many small products in a loop are slower with several threads than with one, and take the
    processors from others meanwhile.

    Examples:
        >>> import numpy as np
        >>> with one_blas_thread():
        ...     float(np.ones((2, 2)) @ np.ones(2) @ np.ones(2))
        4.0
    """
    limit: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limit
