"""What a splitter must not tear: units with their counts, and the draw of their parts."""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from prevalens._checks import check_integer, check_number, check_same_length, name_some
from prevalens._numbers import as_table
from prevalens._seeding import generator
from prevalens.exceptions import DataWarning, ImpossibleSplitError, InvalidInputError
from prevalens.splits.assignment import assign
from prevalens.splits.columns import Strata, encode, stratum_codes
from prevalens.splits.coverage import SearchLimitError, cover
from prevalens.splits.levels import count_levels
from prevalens.splits.problem import Problem
from prevalens.typing import Column, Labels, Rows

_Bools = NDArray[np.bool_]
# A patient is told of who has so many times a part's share of a class, and so many images more.
_FORCED, _FORCED_IMAGES = 1.25, 10


@dataclass(frozen=True, eq=False)
class Units:
    """Patients with the images they have of each class.

    Args:
        codes: Unit of each row, shape `(n_rows,)`.
        ids: Id of each unit.
        images: Images of each unit in each class, shape `(n_units, n_classes)`; of several
            findings, the images with each finding and, last, all images.
        carries: Whether each unit carries each class, shape `(n_units, n_classes)`.
        classes: Name of each class.
        strata: By name of a further stratum: the level of each row, shape `(n_rows,)`.
    """

    codes: Labels
    ids: Sequence[str]
    images: NDArray[np.int64]
    carries: _Bools
    classes: Sequence[str]
    strata: Mapping[str, Labels] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        labels: ArrayLike,
        patients: ArrayLike,
        *,
        strata: Strata = (),
        columns: Mapping[str, Column] | None = None,
        bins: int = 4,
    ) -> Self:
        """Count the images of each patient in each class and stratum.

        Args:
            labels: Class of each row, `(n_rows,)`, or one indicator column per finding,
                `(n_rows, n_findings)`.
            patients: Patient of each row, `(n_rows,)`.
            strata: What is balanced besides the label: names of columns, or tuples to cross.
            columns: The columns that `strata` names.
            bins: Number of quantile bins for a column of numbers.
        """
        check_integer("bins", bins, minimum=2)
        codes, ids = encode("patients", patients)
        crossed = any("label" in (name if isinstance(name, tuple) else (name,)) for name in strata)
        indicators, label_codes, classes = read_labels(labels, combined=crossed)
        check_same_length(labels=label_codes, patients=codes)
        n_units = len(ids)
        names = [name if isinstance(name, str) else " x ".join(name) for name in strata]
        levels = stratum_codes(strata, columns or {}, label_codes, bins=bins)
        by_name = dict(zip(names, levels, strict=True))
        if len(indicators) == 0:
            images = _crosstable(codes, label_codes, n_units)
            return cls(codes, ids, images, images > 0, classes, by_name)
        found = np.stack([_count(codes, column) for column in indicators], axis=1)
        images = np.concatenate([found, np.bincount(codes)[:, None]], axis=1)
        return cls(codes, ids, images, found > 0, classes, by_name)

    def renamed(self, classes: Sequence[str]) -> Self:
        """Return the units with the class names of a cohort for its label codes."""
        return replace(self, classes=[classes[int(code)] for code in self.classes])

    def draw(
        self,
        shares: Sequence[float],
        *,
        seed: int,
        purpose: Sequence[str | int],
        patient_weight: float = 0.005,
        tolerance: float = 0.0,
        allow_missing_classes: bool = False,
        balance: str = "counts",
    ) -> Labels:
        """Draw the part of each row, shape `(n_rows,)`; no unit is torn, no part is empty.

        Raises:
            ImpossibleSplitError: a part would be empty, or, unless allowed, miss a class.

        Warns:
            DataWarning: one patient has more of a class than any part is due, or a stratum cannot
                be balanced.
        """
        weight = check_number("patient_weight", patient_weight, low=0)
        required, seeds = self._covering(len(shares), allow_missing=allow_missing_classes)
        self._warn_of_forced(shares, balance)
        strata, level_weights = None, None
        if self.strata:
            least = math.ceil(1 / min(shares) - 1e-9)
            strata, level_weights = count_levels(self.codes, self.strata, least=least)
        problem = Problem(
            images=self.images,
            carries=_anyone(self.carries),
            required=required,
            shares=np.asarray(shares, dtype=np.float64),
            strata=strata,
            level_weights=level_weights,
            n_images=np.bincount(self.codes).astype(np.int64),
            balance=balance,
        )
        rng = generator(seed, *purpose)
        parts = assign(problem, seeds, rng, patient_weight=weight, tolerance=tolerance)
        return parts[self.codes]

    def take(self, rows: Rows) -> Self:
        """Return the units of the given rows; a unit is taken whole or left out whole."""
        kept, codes = np.unique(self.codes[rows], return_inverse=True)
        return replace(
            self,
            codes=codes,
            ids=[self.ids[unit] for unit in kept.tolist()],
            images=self.images[kept],
            carries=self.carries[kept],
            strata={name: levels[rows] for name, levels in self.strata.items()},
        )

    def classes_missing(self, rows: Rows) -> list[str]:
        """Return the classes that none of the given rows' units carries."""
        held = self.carries[np.unique(self.codes[rows])].sum(axis=0)
        return [name for name, count in zip(self.classes, held, strict=True) if not count]

    def _warn_of_forced(self, shares: Sequence[float], balance: str) -> None:
        """Say which patient alone has more of a class than the largest part is due, if one has."""
        held = self.images / np.maximum(self.images.sum(axis=0), 1)
        unit, column = np.unravel_index(int(held.argmax()), held.shape)
        total, due = self.images[:, column].sum(), max(shares)
        few = self.images[unit, column] - due * total < _FORCED_IMAGES
        if held[unit, column] <= _FORCED * due or few:
            return
        names = [*(f"of class {name!r}" for name in self.classes), "there are"]
        remedy = "Make fewer parts, or leave out some of those images."
        if balance == "counts":
            remedy = (
                "Make fewer parts, leave out some of those images, or pass balance='prevalence' to "
                "keep the share of each class alike instead."
            )
        warnings.warn(
            f"Patient {self.ids[int(unit)]!r} alone has {self.images[unit, column]:,} of the "
            f"{total:,} images {names[int(column)]}, more than any of the "
            f"{len(shares)} parts is due ({due:.0%}), so no draw makes them even. {remedy}",
            DataWarning,
            stacklevel=4,
        )

    def _covering(self, n_parts: int, *, allow_missing: bool) -> tuple[_Bools, list[list[int]]]:
        """Return who carries the classes that every part can hold, and kinds that bring them."""
        if len(self.ids) < n_parts:
            count = len(self.ids)
            few = "is only 1 patient" if count == 1 else f"are only {count} patients"
            raise ImpossibleSplitError(
                f"Cannot make {n_parts} parts: there {few}, and none is torn. Make at most "
                f"{count}, or add patients."
            )
        required, nobody = _anyone(self.carries), self.carries[:, :0]
        excused = self._excused(n_parts) if allow_missing else [0] * n_parts
        seeds = _cover(required, excused)
        if seeds is None and allow_missing:
            required, seeds = _anyone(nobody), _cover(_anyone(nobody), [0] * n_parts)
        if seeds is not None:
            return required, seeds
        raise self._refusal(n_parts)

    def _excused(self, n_parts: int) -> list[int]:
        """Return the classes each part may lack: the last parts those of too few patients."""
        carriers = self.carries.sum(axis=0).tolist()
        return [
            sum(2 << place for place, count in enumerate(carriers) if count <= part)
            for part in range(n_parts)
        ]

    def _refusal(self, n_parts: int) -> ImpossibleSplitError:
        works = next(
            (
                n
                for n in range(n_parts - 1, 1, -1)
                if _cover(_anyone(self.carries), [0] * n) is not None
            ),
            1,
        )
        most = f"at most {works} parts work" if works > 1 else "no number of parts works"
        carriers = self.carries.sum(axis=0)
        rarest = int(carriers.argmin())
        ids = np.flatnonzero(self.carries[:, rarest])
        named = name_some([self.ids[unit] for unit in ids[:20].tolist()], limit=20)
        why = (
            f"class {self.classes[rarest]!r} comes from only {len(ids)} patients ({named})"
            if len(ids) < n_parts
            else "patients carry several classes, and no way of keeping them whole was found; "
            f"the rarest class, {self.classes[rarest]!r}, comes from {len(ids)} ({named})"
        )
        return ImpossibleSplitError(
            f"Cannot make {n_parts} parts that each hold every class: {why}. Here {most}. Use "
            "fewer parts, merge classes, or pass `allow_missing_classes=True`."
        )


def read_labels(
    labels: ArrayLike, *, combined: bool = True
) -> tuple[list[Labels], Labels, Sequence[str]]:
    """Read labels: indicator columns (none for plain classes), label codes, class names.

    Args:
        labels: As in `Units.of`.
        combined: Whether the codes of several findings are needed: one for each combination of
            them that occurs. Otherwise they are all 0.
    """
    table = np.asarray(labels)
    if table.ndim != 2 or table.shape[1] == 1:
        if table.dtype.kind == "f" and (np.rint(table) != table)[~np.isnan(table)].any():
            raise InvalidInputError(
                "Labels must be classes, but fractions came. Name classes, and balance a "
                "continuous column through `strata`."
            )
        codes, classes = encode("labels", labels)
        return [], codes, classes
    table = np.asarray(as_table("labels", labels))
    if not ((table == 0) | (table == 1)).all():
        raise InvalidInputError(
            "Labels with several columns must be indicators, 0 or 1, but other values came. "
            "Make one indicator column for each finding."
        )
    columns = list(table.astype(np.int8).T)
    names = [str(name) for name in getattr(labels, "columns", range(len(columns)))]
    codes = np.zeros(len(table), dtype=np.int64)
    for column in columns if combined else ():
        codes = np.unique(2 * codes + column, return_inverse=True)[1].astype(np.int64)
    return columns, codes, names


def check_shares(**shares: float) -> dict[str, float]:
    """Return the named shares and what they leave, as `train`, in the order train, others."""
    checked = {
        name: check_number(name, share, low=0, high=1, open_high=True)
        for name, share in shares.items()
    }
    tiny = [name for name, share in checked.items() if 0 < share < 0.001]
    if tiny:
        raise InvalidInputError(
            f"`{tiny[0]}` must be 0 or at least 0.001, got {checked[tiny[0]]:g}. "
            "Hold nothing out, or a share that holds patients."
        )
    left = 1 - sum(checked.values())
    if left <= 1e-9:
        raise InvalidInputError(
            f"Something must be left to train on, but {' and '.join(f'`{n}`' for n in shares)} "
            f"sum to {sum(checked.values()):g}. Make them sum to less than 1."
        )
    return {"train": left, **checked}


def held_out_shares(*, validation: float, test: float) -> dict[str, float]:
    """Return the positive shares of a holdout, train first.

    Raises:
        InvalidInputError: they leave nothing to train on, or hold nothing out.
    """
    shares = check_shares(validation=validation, test=test)
    if validation == 0 and test == 0:
        raise InvalidInputError(
            "A holdout holds something out, but `validation` and `test` are both 0. Set one."
        )
    return {name: share for name, share in shares.items() if share > 0}


def refuse_validation(*, validation: float, test: float) -> None:
    """Refuse a holdout that scikit-learn's protocol of train and test rows would cut short."""
    if validation or not test:
        raise InvalidInputError(
            "`split` gives train and test rows only, but this splitter has "
            f"validation={validation:g} and test={test:g}. Set validation=0 and a test share, or "
            "call `partition(cohort)`."
        )


def _cover(required: _Bools, excused: list[int]) -> list[list[int]] | None:
    try:
        return cover(required, excused)
    except SearchLimitError:
        return None


def _anyone(carries: _Bools) -> _Bools:
    """Add the class that everyone carries: a part that holds it is not empty."""
    return np.concatenate([np.ones((len(carries), 1), dtype=np.bool_), carries], axis=1)


def _count(codes: Labels, column: Labels) -> NDArray[np.int64]:
    return np.bincount(codes, weights=column).astype(np.int64)


def _crosstable(codes: Labels, levels: Labels, n_units: int) -> NDArray[np.int64]:
    n_levels = int(levels.max()) + 1
    counts = np.bincount(codes * n_levels + levels, minlength=n_units * n_levels)
    return counts.reshape(n_units, n_levels).astype(np.int64)
