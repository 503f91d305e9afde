"""What the datasets share whose epochs differ."""

import numpy as np
import pytest

from prevalens.batches import UndersampledDataset
from prevalens.batches.epoch_dataset import first_batch
from prevalens.cohorts import Cohort
from prevalens.exceptions import InvalidInputError

pytestmark = pytest.mark.keras


@pytest.mark.parametrize(
    ("epoch", "steps", "length", "expected"),
    [(3, 5, 5, 15), (3, 2, 4, 6), (2, 4, 10, 8), (3, 4, 10, 10), (2, 9, 5, 10)],
)
def test_first_batch_counts_what_keras_has_shown(
    epoch: int, steps: int, length: int, expected: int
) -> None:
    """With 10 batches, 4 a Keras epoch: 4, 4 and then the 2 left, so epoch 3 starts at 10."""
    assert first_batch(epoch, steps, length) == expected


def test_a_misspelt_setting_is_refused(coded_cohort: Cohort) -> None:
    """What is not a setting is named, with the nearest that is."""
    with pytest.raises(InvalidInputError, match=r"no setting 'covariate'.*'covariates'"):
        UndersampledDataset(
            coded_cohort,
            np.arange(31),
            image_size=4,
            batch_size=7,
            seed=0,
            covariate=["age"],  # type: ignore[call-arg]
        )


def test_a_loader_must_be_told_the_epoch(coded_cohort: Cohort) -> None:
    """Looped without one it would show one draw for ever, as `fit` without following would."""
    made = UndersampledDataset(coded_cohort, np.arange(31), image_size=4, batch_size=7, seed=0)
    for ask in (made.as_torch_dataset, made.grain_source):
        with pytest.raises(InvalidInputError, match="must be told which epoch it is"):
            ask()
        assert len(ask(3)) == 14


def test_balanced_batches_hold_both_classes_alike(coded_cohort: Cohort) -> None:
    """Seven of each class an epoch, in batches of four: two and two, and one and one at last."""
    made = UndersampledDataset(
        coded_cohort, np.arange(31), image_size=4, batch_size=4, seed=0, balanced_batches=True
    )
    for epoch in range(3):
        assert [batch[1].sum() for batch in made.batches_of(epoch)] == [2, 2, 2, 1]
