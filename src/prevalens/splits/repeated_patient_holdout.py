"""Train, validation and test parts of whole patients, drawn several times over."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from numpy.typing import ArrayLike

from prevalens._checks import check_integer, check_kind
from prevalens.cohorts.cohort import Cohort
from prevalens.splits.columns import Strata
from prevalens.splits.partition import Partition
from prevalens.splits.patient_holdout import PatientHoldout
from prevalens.splits.patient_splitter import PatientSplitter, seed_of_repeat
from prevalens.splits.units import held_out_shares, refuse_validation
from prevalens.typing import Rows


class RepeatedPatientHoldout(PatientSplitter):
    """Draw several partitions of whole patients, each anew: a stratified group shuffle split.

    Args:
        n_repeats: Number of partitions, at least 1.
        validation: Share of the images in the validation part; 0 for none.
        test: Share of the images in the test part; 0 for none.
        seed: Each repeat is a `PatientHoldout` whose own seed derives from this one.
        strata: What is balanced besides the label, as in `PatientKFold`.
        bins: Quantile bins, as in `PatientKFold`.
        balance: What is kept alike, as in `PatientKFold`.
        patient_weight: Weight of patients against images, as in `PatientKFold`.
        tolerance: As in `PatientKFold`, but larger: with few patients one partition is better
            than all others, and repeats that all find it would tell nothing.
        allow_missing_classes: Allow parts without a class, as in `PatientHoldout`.

    Examples:
        >>> from prevalens.cohorts import Cohort
        >>> cohort = Cohort(
        ...     images=[f"{k}.png" for k in range(48)], labels=["sick", "well"] * 24,
        ...     patients=[f"p{k // 4}" for k in range(48)], positive="sick",
        ... )
        >>> [len(drawn.test) for drawn in RepeatedPatientHoldout(2).partitions(cohort)]
        [8, 8]
    """

    def __init__(
        self,
        n_repeats: int = 10,
        *,
        validation: float = 0.15,
        test: float = 0.15,
        seed: int = 0,
        strata: Strata = (),
        bins: int = 4,
        balance: str = "counts",
        patient_weight: float = 0.005,
        tolerance: float = 0.02,
        allow_missing_classes: bool = False,
    ) -> None:
        self.n_repeats = check_integer("n_repeats", n_repeats, minimum=1)
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

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:  # noqa: ARG002, N803
        """Return the number of repeats; the arguments are the protocol's and change nothing."""
        return self.n_repeats

    def split(
        self,
        X: Any,  # noqa: N803
        y: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Iterator[tuple[Rows, Rows]]:
        """Yield train and test rows, repeat by repeat, as `PatientHoldout.split`.

        Raises:
            InvalidInputError: the splitter has a validation part, or no test part.
        """
        refuse_validation(validation=self.validation, test=self.test)
        for repeat in range(self.n_repeats):
            yield from self._repeat(repeat).split(X, y, groups)

    def partitions(self, cohort: Cohort) -> Iterator[Partition]:
        """Yield one partition a repeat, each a `PatientHoldout.partition`."""
        check_kind("cohort", cohort, Cohort)
        for repeat in range(self.n_repeats):
            partition = self._repeat(repeat).partition(cohort)
            settings = {**partition.settings, "repeat": repeat, "repeated_seed": self.seed}
            yield replace(partition, settings=settings)

    def _repeat(self, repeat: int) -> PatientHoldout:
        return PatientHoldout(
            validation=self.validation,
            test=self.test,
            seed=seed_of_repeat(self.seed, repeat),
            strata=self.strata,
            bins=self.bins,
            balance=self.balance,
            patient_weight=self.patient_weight,
            tolerance=self.tolerance,
            allow_missing_classes=self.allow_missing_classes,
        )
