"""Cross-validation that keeps patients whole and every stratum's share in every fold."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_integer, check_kind
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import ImpossibleSplitError
from prevalens.splits.columns import Strata
from prevalens.splits.partition import Partition
from prevalens.splits.patient_splitter import PatientSplitter
from prevalens.splits.units import Units, check_shares
from prevalens.typing import Labels, Rows


class PatientKFold(PatientSplitter):
    """Cut a cohort into folds of whole patients.

    Each patient is in one fold. Images of each class (and of each further stratum) are spread
    over the folds as evenly as whole patients allow, patients of each class too; every fold
    holds every class. Follows scikit-learn's protocol, `groups` being the patients.

    Args:
        n_splits: Number of folds, at least 2.
        seed: Different seeds give different, equally good folds.
        strata: What is balanced besides the label: names of covariates (of the cohort, or
            columns of `X`), each by itself; a tuple of names is balanced crossed, and `"label"`
            in it names the label, as in `("label", "site")`.
        bins: Quantile bins for a covariate of numbers with more different values than that.
        balance: "counts" spreads the images of each class in the parts' shares: it protects the
            number of images that every estimate has. "prevalence" keeps the share of each class
            alike in all parts, and their sizes as even as that allows: it protects thresholds,
            predictive values and calibration. They differ where few patients have most images.
        patient_weight: What the typical relative deviation in patients of a class counts against
            the worst one in images of a class; 0 balances images alone, 1 weighs both alike.
        tolerance: Draws whose sum of the two is this close to the best found count as equally
            good. Raise it for more variety between seeds where patients are few.
        allow_missing_classes: Allow folds without a class where patients of it are too few;
            partitions record which.

    Examples:
        >>> labels = ["sick", "sick", "well", "well", "well", "well"]
        >>> patients = ["a", "b", "c", "c", "d", "d"]
        >>> for train, test in PatientKFold(2, seed=0).split(labels, labels, patients):
        ...     print(sorted(labels[row] for row in test))
        ['sick', 'well', 'well']
        ['sick', 'well', 'well']
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        seed: int = 0,
        strata: Strata = (),
        bins: int = 4,
        balance: str = "counts",
        patient_weight: float = 0.005,
        tolerance: float = 0.0,
        allow_missing_classes: bool = False,
    ) -> None:
        self.n_splits = check_integer("n_splits", n_splits, minimum=2)
        self._keep(
            seed=seed,
            strata=strata,
            bins=bins,
            balance=balance,
            patient_weight=patient_weight,
            tolerance=tolerance,
            allow_missing_classes=allow_missing_classes,
        )

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:  # noqa: ARG002, N803
        """Return the number of folds; the arguments are the protocol's and change nothing."""
        return self.n_splits

    def split(
        self,
        X: Any,  # noqa: N803
        y: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Iterator[tuple[Rows, Rows]]:
        """Yield the rows to train on and the rows to test on, fold by fold.

        Args:
            X: Anything with one entry per row; a data frame where `strata` names its columns.
            y: Class of each row, `(n_rows,)`, or indicator columns, `(n_rows, n_findings)`.
            groups: Patient of each row, `(n_rows,)`; required.

        Raises:
            InvalidInputError: `y` or `groups` is missing, or lengths differ.
            ImpossibleSplitError: some fold would have no patient of a class.
        """
        folds = self._folds(self._units_from(X, y, groups))
        for fold in range(self.n_splits):
            yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)

    def partitions(self, cohort: Cohort, *, validation: float = 0.0) -> Iterator[Partition]:
        """Yield one partition for each fold; the fold is its test part.

        Args:
            cohort: The cohort to cut.
            validation: Share of the whole cohort that becomes the validation part, drawn in each
                fold from the patients outside it; less than `1 - 1 / n_splits`.

        Raises:
            InvalidInputError: `validation` leaves nothing to train on.
            ImpossibleSplitError: some part would have no patient of a class.
        """
        check_kind("cohort", cohort, Cohort)
        check_shares(validation=validation, test=1 / self.n_splits)
        units = self._units_of(cohort)
        folds = self._folds(units)
        for fold in range(self.n_splits):
            rows = {"test": np.flatnonzero(folds == fold), "train": np.flatnonzero(folds != fold)}
            if validation:
                rows |= self._set_aside(units, rows["train"], validation, fold)
            yield self._partition(cohort, units, rows, fold=fold, validation=validation)

    def _set_aside(
        self, units: Units, outside: Rows, validation: float, fold: int
    ) -> dict[str, Rows]:
        """Draw the validation part from the patients outside a fold."""
        inner, left = validation / (1 - 1 / self.n_splits), units.take(outside)
        try:
            parts = self._draw(left, [1 - inner, inner], "validation", fold)
        except ImpossibleSplitError as error:
            raise ImpossibleSplitError(
                f"Fold {fold + 1} of {self.n_splits} leaves {len(left.ids)} of {len(units.ids)} "
                f"patients for training and validation. {error} With more folds each leaves more "
                "patients; with validation=0 none is set aside."
            ) from error
        return {"train": outside[parts == 0], "validation": outside[parts == 1]}

    def _folds(self, units: Units) -> Labels:
        return self._draw(units, [1 / self.n_splits] * self.n_splits, "folds")
