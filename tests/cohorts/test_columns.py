"""Columns: long lists of look-alike ids stay readable."""

import numpy as np
import pytest

from prevalens.cohorts.columns import warn_look_alikes
from prevalens.exceptions import DataWarning


def test_many_look_alike_ids_are_counted() -> None:
    """Five pairs are named, the other two counted."""
    ids = [name for k in range(7) for name in (f"h{k}", f"H{k}")]

    with pytest.warns(DataWarning, match="'H4' and 'h4' and 2 more"):
        warn_look_alikes(np.array(ids))
