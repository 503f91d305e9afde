"""The order of an epoch in which every batch has the classes in the epoch's shares; pure."""

import numpy as np

from prevalens._seeding import generator
from prevalens.batches.recent_epochs import RecentEpochs
from prevalens.batches.undersampling import EpochPlan
from prevalens.typing import Labels, Rows


class BalancedOrder:
    """Shows the rows of another plan, each class spread evenly over the epoch.

    Of any `B` rows that stand one after another, whatever the size of a batch, a class whose share
    of the epoch is `s` among `k` classes has `B s` to within `1 + k s`: of two classes at a half
    each to within 2. Which image of a class comes where is as the plan has shuffled them; where two
    classes would stand in one place, the seed and the epoch decide which comes first.

    Args:
        plan: Says which rows an epoch shows.
        labels: Class of each row of the cohort, shape `(n_rows,)`.
        seed: Seed of the whole run.
    """

    def __init__(self, plan: EpochPlan, *, labels: Labels, seed: int) -> None:
        self._plan = plan
        self._labels = labels
        self._seed = seed
        self._recent = RecentEpochs(self._make)

    def rows(self, epoch: int) -> Rows:
        """Return the rows that `epoch` shows, in order, shape `(n_shown,)`."""
        return self._recent.rows(epoch)

    def _make(self, epoch: int) -> Rows:
        rows = self._plan.rows(epoch)
        ties = generator(self._seed, "balanced order", epoch).permutation(len(rows))
        labels = self._labels[rows]
        by_class = np.argsort(labels, kind="stable")
        counts = np.bincount(labels)
        firsts = np.repeat(np.cumsum(counts) - counts, counts)
        # Row i of a class of n stands at (i + 1/2) / n of the epoch (Webster's rule).
        places = np.empty(len(rows))
        places[by_class] = (np.arange(len(rows)) - firsts + 0.5) / np.repeat(counts, counts)
        ordered: Rows = rows[np.lexsort((ties, places))]
        return ordered
