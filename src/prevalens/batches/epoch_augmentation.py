"""A policy over the images of an epoch; pure: a function of seed, epoch and position."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from prevalens.augmentation.host_augmentation import augment_on_host
from prevalens.augmentation.policy import AugmentationPolicy, Parameters
from prevalens.augmentation.policy_argument import policy_from
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Images, Labels, Rows


class EpochAugmentation:
    """Changes image k of an epoch by row k of what the policy draws for that epoch.

    So the batch size, threads, shards and a resume leave every picture as it is.

    Args:
        policy: What to change. A chance per class is taken by the number that the batch has for
            the class: of two classes 0 for negative and 1 for positive, of more the index.
        seed: Seed of the draws, at least 0.
        labels: Number of the class of each row of the cohort, shape `(n_rows,)`.
        n_classes: Number of classes.
        image_size: `(height, width)` of the images.

    Raises:
        InvalidInputError: `policy` is no policy, has chances for another number of classes, or
            cannot be applied to images of this size.
    """

    def __init__(
        self,
        policy: AugmentationPolicy,
        *,
        seed: int,
        labels: Labels,
        n_classes: int,
        image_size: tuple[int, int],
    ) -> None:
        policy = policy_from(policy, "augmentation")
        _check_chances(policy, n_classes)
        self.policy = policy
        self._seed = seed
        self._labels = labels
        # One black image, so that what cannot be done is refused now and not in a thread.
        blank = np.zeros((1, *image_size, 3), dtype=np.uint8)
        self.apply(blank, self.draw(np.zeros(1, dtype=np.int64), epoch=0, first=0))

    def identity(self) -> str:
        """Return a hash of the policy and the seed."""
        text = json.dumps([self.policy.to_dict(), self._seed], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def draw(self, rows: Rows, *, epoch: int, first: int) -> Parameters:
        """Draw the parameters of images that stand one after another in an epoch.

        Args:
            rows: Their rows of the cohort, shape `(n,)`.
            epoch: Number of the epoch.
            first: Position in the epoch of the first of them.

        Returns:
            Each parameter by name, shape `(n,)` or `(n, size)`.
        """
        labels = self._labels[rows] if self.policy.per_class else None
        return self.policy.draw(len(rows), seed=self._seed, epoch=epoch, start=first, labels=labels)

    def apply(self, images: Images, parameters: Mapping[str, Any]) -> Images:
        """Return changed images, uint8 of the same shape, one per row of the parameters."""
        return augment_on_host(self.policy, images, parameters)


def _check_chances(policy: AugmentationPolicy, n_classes: int) -> None:
    for operation in policy.operations:
        chances = operation.probability
        if isinstance(chances, tuple) and len(chances) != n_classes:
            raise InvalidInputError(
                f"Operation {operation.name!r} has a chance for {len(chances)} classes, but the "
                f"cohort has {n_classes}. Name one chance per class, in the order of the labels "
                "that batches have."
            )
