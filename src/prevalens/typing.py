"""Array types, with their axes in the names' comments."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Rows: TypeAlias = NDArray[np.int64]  # (n_kept,) positions in a cohort
Labels: TypeAlias = NDArray[np.int64]  # (n_rows,) index into the classes
Scores: TypeAlias = NDArray[np.float64]  # (n_rows,) or (n_rows, n_classes), in [0, 1]
Texts: TypeAlias = NDArray[Any]  # (n_rows,), each a str; of objects, so that rows share one
Column: TypeAlias = NDArray[Any]  # (n_rows,) text or number
Image: TypeAlias = NDArray[np.uint8]  # (height, width, channels), 0 to 255
Images: TypeAlias = NDArray[np.uint8]  # (batch, height, width, channels), 0 to 255
Flags: TypeAlias = NDArray[np.bool_]  # (n_rows,)
Numbers: TypeAlias = NDArray[np.float64]  # any shape that the text names
Codes: TypeAlias = NDArray[np.int64]  # (n_rows,) number of each row's patient, from 0
