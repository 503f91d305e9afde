"""What every splitter of patients shares: its settings, and the way from rows to parts."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.model_selection import BaseCrossValidator

from prevalens._checks import check_choice, check_integer, check_number
from prevalens._columns import check_same_index, warn_of_lookalikes
from prevalens._seeding import generator
from prevalens.cohorts.cohort import Cohort
from prevalens.cohorts.multilabel_cohort import MultilabelCohort
from prevalens.exceptions import InvalidInputError
from prevalens.splits.columns import Strata
from prevalens.splits.partition import NO_ROWS, Partition, count_crossing
from prevalens.splits.problem import BALANCES
from prevalens.splits.units import Units
from prevalens.typing import Column, Labels, Rows


class PatientSplitter(BaseCrossValidator):
    """Keeps patients whole and every stratum's share; the splitters say into which parts."""

    # scikit-learn's way to say that `split` takes `groups` wherever metadata is routed.
    __metadata_request__split: ClassVar[dict[str, bool]] = {"groups": True}

    seed: int
    strata: Strata
    bins: int
    balance: str
    patient_weight: float
    tolerance: float
    allow_missing_classes: bool

    def _keep(
        self,
        *,
        seed: int,
        bins: int,
        balance: str,
        patient_weight: float,
        tolerance: float,
        **settings: Any,
    ) -> None:
        """Check and keep the settings under their names, as scikit-learn's protocol asks."""
        self.seed = check_integer("seed", seed, minimum=0)
        self.bins = check_integer("bins", bins, minimum=2)
        self.balance = check_choice("balance", balance, BALANCES)
        self.patient_weight = check_number("patient_weight", patient_weight, low=0, high=1e6)
        self.tolerance = check_number("tolerance", tolerance, low=0, high=1)
        if isinstance(settings["strata"], str):
            raise InvalidInputError(
                f"`strata` must be a sequence of names, got the text {settings['strata']!r}. "
                f"Write strata=({settings['strata']!r},)."
            )
        for name, value in settings.items():
            setattr(self, name, value)

    def _settings(self) -> dict[str, Any]:
        """Return the settings as plain values, for the record in a partition."""
        strata = [name if isinstance(name, str) else list(name) for name in self.strata]
        return {**vars(self), "strata": strata}

    def _units_of(self, cohort: Cohort) -> Units:
        labels, classes = _labels_of(cohort)
        units = Units.of(
            labels,
            cohort.patients,
            strata=self.strata,
            columns=cohort.covariates,
            bins=self.bins,
        )
        return units.renamed(classes)

    def _units_from(self, X: Any, y: ArrayLike | None, groups: ArrayLike | None) -> Units:  # noqa: N803
        """Read what scikit-learn's protocol hands over."""
        if y is None or groups is None:
            lacking, what = ("y", "class") if y is None else ("groups", "patient")
            raise InvalidInputError(
                f"{type(self).__name__} needs `{lacking}`, the {what} of each row, got None. "
                f"Pass `{lacking}`"
                + ("; to split images alone, use ImageKFold." if y is not None else ".")
            )
        check_same_index(y=y, groups=groups)
        units = Units.of(
            y, groups, strata=self.strata, columns=_columns_of(X, self.strata), bins=self.bins
        )
        check_rows(X, len(units.codes))
        warn_of_lookalikes("Patient ids", units.ids)
        return units

    def _draw(self, units: Units, shares: Sequence[float], *purpose: str | int) -> Labels:
        return units.draw(
            shares,
            seed=self.seed,
            purpose=purpose,
            balance=self.balance,
            patient_weight=self.patient_weight,
            tolerance=self.tolerance,
            allow_missing_classes=self.allow_missing_classes,
        )

    def _partition(
        self, cohort: Cohort, units: Units, rows: Mapping[str, Rows], **settings: Any
    ) -> Partition:
        """Make the record, with the classes that parts lack where that was allowed."""
        missing = {name: units.classes_missing(rows[name]) for name in rows if len(rows[name])}
        missing = {name: classes for name, classes in missing.items() if classes}
        if missing:
            settings["missing_classes"] = missing
        return Partition(
            train=rows["train"],
            validation=rows.get("validation", NO_ROWS),
            test=rows.get("test", NO_ROWS),
            cohort_fingerprint=cohort.fingerprint,
            n_rows=len(cohort),
            method=type(self).__name__,
            settings={**self._settings(), **settings},
            patients_crossing=count_crossing(units.codes, list(rows.values())),
        )


def _labels_of(cohort: Cohort) -> tuple[Labels, Sequence[str]]:
    """Return the class of each row; of several labels a column for each, and all names.

    The absence of a label is a column too where that is the rarer; a label that is not known
    counts for neither.
    """
    if not isinstance(cohort, MultilabelCohort):
        return cohort.labels, cohort.classes
    columns, names = list[Any](), list[str]()
    for name, values in zip(cohort.names, cohort.targets.T, strict=True):
        columns.append(values == 1)
        names.append(name)
        if (values == 0).sum() < (values == 1).sum():
            columns.append(values == 0)
            names.append(f"not {name}")
    return np.column_stack(columns).astype(np.int64), names


def check_rows(X: Any, n_rows: int) -> None:  # noqa: N803
    """Refuse an `X` that has not one entry per row."""
    if X is None:
        return
    first = next(iter(X.values()), ()) if isinstance(X, Mapping) else X
    shape = getattr(first, "shape", None)
    length = shape[0] if shape else len(first)
    if length != n_rows:
        raise InvalidInputError(
            f"One entry per row: `X` has {length}, `y` and `groups` have {n_rows}. "
            "Give all of the same rows."
        )


def _columns_of(X: Any, strata: Strata) -> Mapping[str, Column]:  # noqa: N803
    """Return the columns of a data frame, or of a dict, that `strata` may name."""
    if not strata:
        return {}
    if isinstance(X, Mapping):
        return X
    names = getattr(X, "columns", None)
    return {} if names is None else {str(name): np.asarray(X[name]) for name in names}


def seed_of_repeat(seed: int, repeat: int) -> int:
    """Return the seed of one repeat: a whole number below 2**32, different in each."""
    return int(generator(seed, "repeat", repeat).bit_generator.random_raw() >> 32)
