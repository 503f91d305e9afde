"""Whole sites, scanners or periods held out, patients still whole."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prevalens._checks import check_choice, check_integer, check_kind, did_you_mean, name_some
from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import ImpossibleSplitError, InvalidInputError
from prevalens.splits.columns import encode
from prevalens.splits.partition import NO_ROWS, Partition, count_crossing
from prevalens.splits.units import Units, check_shares
from prevalens.typing import Rows, Texts

_CROSSING = ("refuse", "hold_out", "leave_out")


class CovariateHoldout:
    """Hold out every image of some sites, scanners or periods, and keep patients whole.

    Answers whether a model does as well where it was not trained. The validation part is drawn
    from the patients that are left: it tells how the model does where it was trained.

    Args:
        by: Name of the covariate.
        validation: Share of the whole cohort in the validation part; 0 for none. Where the
            patients that remain are fewer than that share and more, this is refused.
        crossing: What becomes of a patient with images both inside and outside the held-out
            values: "refuse" raises an error that names them; "hold_out" puts all their images
            into the test part; "leave_out" tests on those inside and leaves those outside out of
            every part, which the partition records as `rows_left_out`.
        seed: Seed of the validation draw.
        allow_missing_classes: Allow parts without a class; the partition records which.

    Examples:
        >>> from prevalens.cohorts import Cohort
        >>> cohort = Cohort(
        ...     images=[f"{k}.png" for k in range(48)], labels=["sick", "well"] * 24,
        ...     patients=[f"p{k // 4}" for k in range(48)], positive="sick",
        ...     covariates={"site": ["north"] * 32 + ["south"] * 16},
        ... )
        >>> len(CovariateHoldout("site").partition(cohort, test=["south"]).test)
        16
    """

    def __init__(
        self,
        by: str,
        *,
        validation: float = 0.15,
        crossing: str = "refuse",
        seed: int = 0,
        allow_missing_classes: bool = False,
    ) -> None:
        self.by = by
        check_shares(validation=validation)
        self.validation = validation
        self.crossing = check_choice("crossing", crossing, _CROSSING)
        self.seed = check_integer("seed", seed, minimum=0)
        self.allow_missing_classes = allow_missing_classes

    def partition(self, cohort: Cohort, test: Sequence[object]) -> Partition:
        """Hold out the given values of the covariate.

        Args:
            cohort: The cohort to cut.
            test: The values whose images make the test part, at least one but not all of them.

        Raises:
            InvalidInputError: the cohort has no such covariate or value, a value is missing, or
                a patient crosses and that is refused.
            ImpossibleSplitError: a part would lack a class.
        """
        check_kind("cohort", cohort, Cohort)
        values, names = self._values(cohort)
        if isinstance(test, str):
            raise InvalidInputError(f"`test` must be a sequence of values. Write test=({test!r},).")
        wanted = [str(value) for value in test]
        unknown = [value for value in wanted if value not in names]
        if unknown or not 0 < len(set(wanted)) < len(names):
            raise InvalidInputError(
                f"`test` must name some, not all, of the values of {self.by!r}, "
                f"{name_some(names, limit=20)}; got {wanted}."
                + (did_you_mean(unknown[0], names) if unknown else "")
            )
        return self._hold_out(cohort, np.isin(values, wanted), wanted)

    def partitions(self, cohort: Cohort) -> Iterator[Partition]:
        """Yield one partition for each value of the covariate, that value being its test part.

        Raises:
            InvalidInputError: the cohort has no such covariate, or only one value of it.
            ImpossibleSplitError: a part would lack a class.
        """
        check_kind("cohort", cohort, Cohort)
        for name in self._values(cohort)[1]:
            yield self.partition(cohort, [name])

    def _values(self, cohort: Cohort) -> tuple[Texts, list[str]]:
        codes, names = encode(self.by, cohort.covariate(self.by))
        return np.array(names)[codes], names

    def _hold_out(self, cohort: Cohort, inside: NDArray[np.bool_], wanted: list[str]) -> Partition:
        patients = encode("patients", cohort.patients)[0]
        crossing = np.intersect1d(patients[inside], patients[~inside])
        outside_too = np.isin(patients, crossing) & ~inside
        if len(crossing) and self.crossing == "refuse":
            raise InvalidInputError(
                f"{len(crossing)} patients have images both inside and outside {wanted} of "
                f"{self.by!r}: {name_some(np.unique(cohort.patients[outside_too]).tolist())}. "
                "Pass crossing='hold_out' to test on all their images, or 'leave_out' to drop "
                "those outside."
            )
        held = inside | outside_too if self.crossing == "hold_out" else inside
        left = np.flatnonzero(~(inside | outside_too))
        rows = {"train": left, "test": np.flatnonzero(held)}
        if self.validation:
            rows |= self._draw_validation(cohort, left)
        self._check_classes(cohort, rows)
        return Partition(
            train=rows["train"],
            validation=rows.get("validation", NO_ROWS),
            test=rows["test"],
            cohort_fingerprint=cohort.fingerprint,
            n_rows=len(cohort),
            method=type(self).__name__,
            settings=self._settings(cohort, rows, wanted),
            patients_crossing=count_crossing(cohort.patients, list(rows.values())),
        )

    def _draw_validation(self, cohort: Cohort, left: Rows) -> dict[str, Rows]:
        asked = self.validation * len(cohort)
        if asked >= len(left):
            raise InvalidInputError(
                f"validation={self.validation:g} of the cohort leaves nothing to train on of the "
                f"{len(left)} of {len(cohort)} images that are left. Make it smaller, or hold out "
                "fewer values."
            )
        share = asked / len(left)
        units = Units.of(cohort.labels[left], cohort.patients[left]).renamed(cohort.classes)
        parts = units.draw(
            [1 - share, share],
            seed=self.seed,
            purpose=["covariate", "validation"],
            allow_missing_classes=self.allow_missing_classes,
        )
        return {"train": left[parts == 0], "validation": left[parts == 1]}

    def _missing(self, cohort: Cohort, rows: dict[str, Rows]) -> dict[str, list[str]]:
        found = {name: np.unique(cohort.labels[part]) for name, part in rows.items()}
        every = np.unique(cohort.labels)
        lacking = {name: np.setdiff1d(every, held).tolist() for name, held in found.items()}
        return {
            name: [cohort.classes[c] for c in codes] for name, codes in lacking.items() if codes
        }

    def _check_classes(self, cohort: Cohort, rows: dict[str, Rows]) -> None:
        missing = self._missing(cohort, rows)
        if missing and not self.allow_missing_classes:
            name, classes = next(iter(missing.items()))
            raise ImpossibleSplitError(
                f"Cannot make this holdout: its {name} part has no image of {classes}. Hold out "
                "other values, or pass `allow_missing_classes=True`."
            )

    def _settings(self, cohort: Cohort, rows: dict[str, Rows], wanted: list[str]) -> dict[str, Any]:
        left_out = len(cohort) - sum(map(len, rows.values()))
        missing = self._missing(cohort, rows)
        return {
            **vars(self),
            "test": wanted,
            **({"rows_left_out": left_out} if left_out else {}),
            **({"missing_classes": missing} if missing else {}),
        }
