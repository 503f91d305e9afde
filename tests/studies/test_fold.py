"""A fold knows its name and what a model is."""

import numpy as np

from prevalens.splits import Partition
from prevalens.studies.fold import Fold, FoldModel


def test_a_fold_is_named_after_repeat_and_number() -> None:
    """The name is that of its folder."""
    none = np.empty(0, dtype=np.int64)
    partition = Partition(
        train=np.arange(2), validation=none, test=np.arange(2, 4), cohort_fingerprint="", n_rows=4
    )

    assert Fold(3, 1, 7, partition, None).name == "repeat-1-fold-3"


def test_whatever_predicts_is_a_model() -> None:
    """An object with `predict` is one, a number is none."""

    class Constant:
        def predict(self, cohort: object, rows: object) -> list[float]:
            """Return a score."""
            return [0.5]

    assert isinstance(Constant(), FoldModel)
    assert not isinstance(3, FoldModel)
