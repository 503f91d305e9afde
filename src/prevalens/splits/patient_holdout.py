"""One train, validation and test part of whole patients."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from prevalens._checks import check_kind
from prevalens.cohorts.cohort import Cohort
from prevalens.splits.columns import Strata
from prevalens.splits.partition import Partition
from prevalens.splits.patient_splitter import PatientSplitter
from prevalens.splits.units import Units, held_out_shares, refuse_validation
from prevalens.typing import Rows


class PatientHoldout(PatientSplitter):
    """Cut a cohort once into train, validation and test parts of whole patients.

    Args:
        validation: Share of the images in the validation part; 0 for none.
        test: Share of the images in the test part; 0 for none.
        seed: Different seeds give different, equally good partitions.
        strata: What is balanced besides the label, as in `PatientKFold`.
        bins: Quantile bins for a covariate of numbers with more different values than that.
        balance: "counts" spreads the images of each class in the parts' shares: it protects the
            number of images that every estimate has. "prevalence" keeps the share of each class
            alike in all parts, and their sizes as even as that allows: it protects thresholds,
            predictive values and calibration. They differ where few patients have most images.
        patient_weight: What the typical relative deviation in patients of a class counts against
            the worst one in images of a class; 0 balances images alone, 1 weighs both alike.
        tolerance: Draws whose sum of the two is this close to the best found count as equally
            good. Raise it for more variety between seeds where patients are few.
        allow_missing_classes: Allow parts without a class where patients of it are too few; the
            partition records which.

    Raises:
        InvalidInputError: the shares leave nothing to train on, or hold nothing out.

    Examples:
        >>> from prevalens.cohorts import Cohort
        >>> cohort = Cohort(
        ...     images=[f"{k}.png" for k in range(48)], labels=["sick", "well"] * 24,
        ...     patients=[f"p{k // 4}" for k in range(48)], positive="sick",
        ... )
        >>> PatientHoldout(seed=0).partition(cohort)
        Partition(train 32, validation 8, test 8 of 48 rows, by PatientHoldout)
    """

    def __init__(
        self,
        *,
        validation: float = 0.15,
        test: float = 0.15,
        seed: int = 0,
        strata: Strata = (),
        bins: int = 4,
        balance: str = "counts",
        patient_weight: float = 0.005,
        tolerance: float = 0.0,
        allow_missing_classes: bool = False,
    ) -> None:
        held_out_shares(validation=validation, test=test)
        self.validation = validation
        self.test = test
        self._keep(
            seed=seed,
            strata=strata,
            bins=bins,
            balance=balance,
            patient_weight=patient_weight,
            tolerance=tolerance,
            allow_missing_classes=allow_missing_classes,
        )

    def partition(self, cohort: Cohort) -> Partition:
        """Draw the partition of a cohort.

        Raises:
            ImpossibleSplitError: some part would have no patient of a class.
        """
        check_kind("cohort", cohort, Cohort)
        units = self._units_of(cohort)
        return self._partition(cohort, units, self._rows(units))

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:  # noqa: ARG002, N803
        """Return 1; the arguments are the protocol's and change nothing."""
        return 1

    def split(
        self,
        X: Any,  # noqa: N803
        y: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Iterator[tuple[Rows, Rows]]:
        """Yield train and test rows once, for scikit-learn, which knows no validation part.

        Args:
            X: Anything with one entry per row; a data frame where `strata` names its columns.
            y: Class of each row, `(n_rows,)`, or indicator columns, `(n_rows, n_findings)`.
            groups: Patient of each row, `(n_rows,)`; required.

        Raises:
            InvalidInputError: the splitter has a validation part, or no test part.
            ImpossibleSplitError: some part would have no patient of a class.
        """
        refuse_validation(validation=self.validation, test=self.test)
        rows = self._rows(self._units_from(X, y, groups))
        yield rows["train"], rows["test"]

    def _rows(self, units: Units) -> dict[str, Rows]:
        shares = held_out_shares(validation=self.validation, test=self.test)
        parts = self._draw(units, list(shares.values()), "holdout")
        return {name: np.flatnonzero(parts == number) for number, name in enumerate(shares)}
