"""Cross-validation over whole patients, several times over with other folds."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from numpy.typing import ArrayLike

from prevalens._checks import check_integer, check_kind
from prevalens.cohorts.cohort import Cohort
from prevalens.splits.columns import Strata
from prevalens.splits.partition import Partition
from prevalens.splits.patient_kfold import PatientKFold
from prevalens.splits.patient_splitter import PatientSplitter, seed_of_repeat
from prevalens.typing import Rows


class RepeatedPatientKFold(PatientSplitter):
    """Cut a cohort into folds of whole patients, several times, each time into other folds.

    The spread of an estimate over repeats is what the luck of the draw adds to it.

    Args:
        n_splits: Number of folds in each repeat, at least 2.
        n_repeats: Number of repeats, at least 1.
        seed: Each repeat is a `PatientKFold` whose own seed derives from this one.
        strata: What is balanced besides the label, as in `PatientKFold`.
        bins: Quantile bins, as in `PatientKFold`.
        balance: What is kept alike, as in `PatientKFold`.
        patient_weight: Weight of patients against images, as in `PatientKFold`.
        tolerance: As in `PatientKFold`, but larger: with few patients one partition is better
            than all others, and repeats that all find it would tell nothing.
        allow_missing_classes: Allow folds without a class, as in `PatientKFold`.

    Examples:
        >>> labels, patients = ["sick", "well"] * 8, [f"p{k // 2}" for k in range(16)]
        >>> folds = RepeatedPatientKFold(2, n_repeats=3).split(labels, labels, patients)
        >>> len(list(folds))
        6
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        n_repeats: int = 10,
        seed: int = 0,
        strata: Strata = (),
        bins: int = 4,
        balance: str = "counts",
        patient_weight: float = 0.005,
        tolerance: float = 0.02,
        allow_missing_classes: bool = False,
    ) -> None:
        self.n_splits = check_integer("n_splits", n_splits, minimum=2)
        self.n_repeats = check_integer("n_repeats", n_repeats, minimum=1)
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
        """Return folds times repeats; the arguments are the protocol's and change nothing."""
        return self.n_splits * self.n_repeats

    def split(
        self,
        X: Any,  # noqa: N803
        y: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Iterator[tuple[Rows, Rows]]:
        """Yield train and test rows, fold by fold, repeat by repeat, as `PatientKFold.split`."""
        for repeat in range(self.n_repeats):
            yield from self._repeat(repeat).split(X, y, groups)

    def partitions(self, cohort: Cohort, *, validation: float = 0.0) -> Iterator[Partition]:
        """Yield the partitions of `PatientKFold.partitions`, repeat by repeat."""
        check_kind("cohort", cohort, Cohort)
        for repeat in range(self.n_repeats):
            for partition in self._repeat(repeat).partitions(cohort, validation=validation):
                settings = {**partition.settings, "repeat": repeat, "repeated_seed": self.seed}
                yield replace(partition, settings=settings)

    def _repeat(self, repeat: int) -> PatientKFold:
        return PatientKFold(
            self.n_splits,
            seed=seed_of_repeat(self.seed, repeat),
            strata=self.strata,
            bins=self.bins,
            balance=self.balance,
            patient_weight=self.patient_weight,
            tolerance=self.tolerance,
            allow_missing_classes=self.allow_missing_classes,
        )
