"""McNemar's test: two sets of predictions on the same rows, by the rows on which they part."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from prevalens._checks import check_same_length
from prevalens.metrics.clusters import per_patient, ratio_spread
from prevalens.metrics.contrast import two_sided
from prevalens.metrics.inputs import check_labels, check_patients, one_image_each


@dataclass(frozen=True)
class McNemar:
    """How two sets of predictions part, and how far chance explains it.

    Args:
        first_only: Number of rows that only the first predictions right.
        second_only: Number of rows that only the second predictions right.
        n: Number of rows.
        exact: Exact two-sided p value; None where the predictions never differ, or rows share
            patients.
        mid_p: Mid-p value, less conservative; None as `exact`.
        clustered: p value over patients; None where images are independent.
        not_estimable: Why there is no p value.
        method: How the p values were computed, with the references.

    Examples:
        >>> made = mcnemar_test([1] * 4, [1, 1, 1, 0], [1, 0, 0, 0])
        >>> made.first_only, made.second_only, made.exact  # 2 * (1/2)**2
        (2, 0, 0.5)
    """

    first_only: int
    second_only: int
    n: int
    exact: float | None
    mid_p: float | None
    clustered: float | None
    not_estimable: str | None
    method: str


def mcnemar_test(
    labels: ArrayLike, first: ArrayLike, second: ArrayLike, *, patients: ArrayLike | None = None
) -> McNemar:
    """Test whether two sets of predictions are right equally often.

    Args:
        labels: 1 or True where the image is positive, shape `(n_rows,)`. For sensitivity, pass
            positive rows only.
        first: Calls of the first model, 0/1, shape `(n_rows,)`.
        second: Calls of the second model, 0/1, shape `(n_rows,)`.
        patients: Patient id of each row, shape `(n_rows,)`; None: images are independent.

    Returns:
        Exact and mid-p values for independent images; for images inside patients, which break
        the binomial law of both, the p value over patients.

    Raises:
        InvalidInputError: a column is empty, of another length, or neither 0 nor 1.

    References:
        Fagerland, Lydersen & Laake, BMC Med Res Methodol 2013;13:91.
        Obuchowski, Stat Med 1998;17:1495-1507.

    Examples:
        >>> made = mcnemar_test([1] * 10, [1] * 8 + [0, 0], [0] * 7 + [1] * 3)
        >>> made.first_only, made.second_only, round(made.mid_p, 4)
        (7, 2, 0.1094)
    """
    truth, one, two = (
        check_labels(column, name=name)
        for name, column in (("labels", labels), ("first", first), ("second", second))
    )
    check_same_length(labels=truth, first=one, second=two)
    one, two = one == truth, two == truth
    codes = check_patients(patients, truth.size)
    b, c = int(np.count_nonzero(one & ~two)), int(np.count_nonzero(two & ~one))
    if codes is None or one_image_each(codes):
        exact, mid_p = mcnemar_p_values(b, c)
        reason = None if b + c else "the predictions never differ"
        method = "exact and mid-p McNemar, images independent (Fagerland 2013)"
        return McNemar(b, c, truth.size, exact, mid_p, None, reason, method)
    method = "difference over patients (Obuchowski 1998), jackknife and Student's t"
    k = int(codes.max()) + 1
    sizes = np.bincount(codes, minlength=k).astype(float)
    net = per_patient(one.astype(float) - two, codes, k)
    spread = ratio_spread(net, sizes)
    if k < 2 or not spread.variance > 0:
        reason = "all images come from one patient" if k < 2 else "no patient differs from the rest"
        return McNemar(b, c, truth.size, None, None, None, reason, method)
    p_value = two_sided((b - c) / truth.size, spread.error, spread.df)
    return McNemar(b, c, truth.size, None, None, p_value, None, method)


def mcnemar_p_values(first_only: int, second_only: int) -> tuple[float | None, float | None]:
    """Return the exact and the mid-p value of two discordant counts; None where both are 0.

    The mid-p value is the exact one less the chance of the counts seen, and 1 - f/2 where the two
    are equal (Fagerland 2013).
    """
    n = first_only + second_only
    if n == 0:
        return None, None
    least = min(first_only, second_only)
    seen = float(special.betainc(n - least, least + 1, 0.5))
    below = float(special.betainc(n - least + 1, least, 0.5)) if least else 0.0
    exact, chance = min(2 * seen, 1.0), seen - below
    return exact, 1 - chance / 2 if first_only == second_only else exact - chance
