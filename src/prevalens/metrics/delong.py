"""How each image stands against those of the other class: the parts of the AUROC's variance."""

from dataclasses import dataclass

import numpy as np

from prevalens.metrics.clusters import Spread, joint_spread, per_patient
from prevalens.typing import Codes, Flags, Numbers


@dataclass(frozen=True, eq=False)
class PlacementValues:
    """Share of the other class that each image is ranked right against; ties count half.

    Args:
        positives: Share of negatives below each positive image, shape `(n_positive,)`.
        negatives: Share of positives above each negative image, shape `(n_negative,)`.

    References:
        DeLong, DeLong & Clarke-Pearson, Biometrics 1988;44:837-845.
        Sun & Xu, IEEE Signal Process Lett 2014;21:1389-1393.
    """

    positives: Numbers
    negatives: Numbers

    @property
    def auroc(self) -> float:
        """Share of pairs of a positive and a negative image that are ranked right."""
        return float(self.positives.mean())

    def variance(self) -> float:
        """Return DeLong's variance of the AUROC for independent images; nan with one of a class."""
        one, two = self.positives, self.negatives
        if min(one.size, two.size) < 2:
            return float("nan")
        return float(one.var(ddof=1) / one.size + two.var(ddof=1) / two.size)


def placement_values(labels: Flags, scores: Numbers, *, in_order: bool = True) -> PlacementValues:
    """Place each image among those of the other class, in O(n log n).

    Args:
        labels: True where the image is positive, shape `(n_rows,)`; both classes occur.
        scores: Score of the positive class, shape `(n_rows,)`.
        in_order: Whether placed keep the order of the rows; else they come sorted, which is
            several times as fast and enough where images are independent.
    """
    positive, negative = scores[labels], scores[~labels]
    up, down = np.sort(positive), np.sort(negative)
    # Looking sorted values up in sorted values stays in the cache.
    below, above = _mean_rank(down, up) / down.size, 1 - _mean_rank(up, down) / up.size
    if not in_order:
        return PlacementValues(below, above)
    return PlacementValues(_as_in(positive, below), _as_in(negative, above))


def _mean_rank(ordered: Numbers, values: Numbers) -> Numbers:
    """Count how many of `ordered` lie below each of `values`, ties half."""
    left = np.searchsorted(ordered, values, side="left")
    return (left + np.searchsorted(ordered, values, side="right")) / 2


def _as_in(values: Numbers, placed: Numbers) -> Numbers:
    """Bring what was computed on sorted `values` back to their order."""
    back = np.empty_like(placed)
    back[np.argsort(values)] = placed  # equal values are placed alike, in whatever order
    return back


def patient_influences(
    placed: PlacementValues, labels: Flags, codes: Codes
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Sum the influence values of the AUROC by patient.

    Returns:
        The influence of each patient's positive images, the number of those, the influence of
        the negative ones, and their number: four arrays of shape `(k,)`.
    """
    k, auroc = int(codes.max()) + 1, placed.auroc
    sides = []
    for rows, shares in ((labels, placed.positives), (~labels, placed.negatives)):
        counts = np.bincount(codes[rows], minlength=k).astype(float)
        sides += [per_patient((shares - auroc) / shares.size, codes[rows], k), counts]
    return sides[0], sides[1], sides[2], sides[3]


def obuchowski_variance(placed: PlacementValues, labels: Flags, codes: Codes) -> float:
    """Return Obuchowski's variance of the AUROC for images inside patients.

    Where every patient has one image it is DeLong's.

    References:
        Obuchowski, Biometrics 1997;53:567-578.
    """
    one, m, two, n = patient_influences(placed, labels, codes)
    k, k1, k0 = (int(np.count_nonzero(kind)) for kind in (m + n, m, n))
    return float(
        k1 / (k1 - 1) * (one @ one) + k0 / (k0 - 1) * (two @ two) + 2 * k / (k - 1) * (one @ two)
    )


def auroc_spread(placed: PlacementValues, labels: Flags, codes: Codes) -> Spread:
    """Compute the spread of the AUROC over patients, leaving out one at a time."""
    return joint_spread(*patient_influences(placed, labels, codes))
