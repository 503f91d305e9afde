"""One BLAS thread inside, as many as before outside."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from prevalens._threads import one_blas_thread


def blas_threads() -> list[int]:
    """Return the number of threads of each BLAS library that is loaded."""
    assert np.linalg.norm(np.ones(3)) > 0
    return [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]


def test_blas_has_one_thread_inside_and_its_own_number_outside() -> None:
    """Two threads before, one inside, two again afterwards."""
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        with one_blas_thread():
            assert set(blas_threads()) == {1}
        assert blas_threads() == before


def test_an_error_inside_restores_the_number_too() -> None:
    """The setting is the process's, so it must not stay at one."""
    before = blas_threads()
    with pytest.raises(ValueError, match="inside"), one_blas_thread():
        raise ValueError("inside")
    assert blas_threads() == before
