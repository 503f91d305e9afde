"""The levels of covariates in the record: estimates and differences, small cells kept back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prevalens._checks import did_you_mean
from prevalens._records import Count, Part
from prevalens.exceptions import InvalidInputError
from prevalens.metrics.clusters import count_held
from prevalens.metrics.contrast import Contrast, holm
from prevalens.reports.record_parts import (
    ContrastPart,
    EstimatePart,
    contrast_part,
    estimate_part,
)
from prevalens.reports.subgroup_levels import levels_of
from prevalens.typing import Column, Flags

SMALLEST = 5  # patients; below it a cell could point at a person
_MOST_LEVELS = 50


class Level(Part, frozen=True, kw_only=True):
    """One level; of a suppressed one nothing but its name is told."""

    level: str
    suppressed: bool
    images: Count | None
    patients: Count | None
    estimates: dict[str, EstimatePart]
    differences: dict[str, ContrastPart]


class Subgroups(Part, frozen=True, kw_only=True):
    """The levels of one covariate."""

    by: str
    levels: list[Level]


class OneOfMany(Part, frozen=True, kw_only=True):
    """The levels of each covariate for one class, or one label."""

    name: str
    groups: list[Subgroups]


@dataclass(frozen=True, kw_only=True)
class Side:
    """What is estimated in each level: a model, one of its classes, or one of its labels.

    Args:
        differences: Compares the rows of a mask with all others, by measure; what has fewer
            than five patients is left out.
        estimates: Computes the estimates of the rows of a mask, likewise.
        rows: Rows that count, shape `(n_rows,)`; None for all.
    """

    differences: Callable[[Flags], dict[str, Contrast]]
    estimates: Callable[[Flags], dict[str, EstimatePart]]
    rows: Flags | None = None


def subgroups_of(
    request: Any,
    *,
    differences: Callable[[Flags], dict[str, Contrast]],
    estimates: Callable[[Flags], dict[str, EstimatePart]],
) -> list[Subgroups] | None:
    """Compute the levels of each covariate that was asked for; None where none was.

    Args:
        request: What the author asked.
        differences: As in `Side`.
        estimates: As in `Side`.
    """
    found = subgroups_of_each(request, {"": Side(differences=differences, estimates=estimates)})
    return None if found is None else found[""]


def subgroups_of_each(request: Any, sides: Mapping[str, Side]) -> dict[str, list[Subgroups]] | None:
    """Compute the levels of each covariate for each side; p values are adjusted over all of them.

    Args:
        request: What the author asked.
        sides: By name what is estimated.
    """
    if not request.by:
        return None
    found = {name: levels_of(covariate_of(request, name)) for name in request.by}
    for name, (_, levels) in found.items():
        _refuse_many(name, levels)
    cells: dict[tuple[str, str, str], _Cell] = {}
    for what, side in sides.items():
        for name, (values, levels) in found.items():
            hidden = hidden_levels(request, values, levels)
            if side.rows is not None:
                hidden |= hidden_levels(request, values, levels, side.rows)
            for level in levels:
                rows = values == level
                cells[what, name, level] = _Cell(rows, side, hidden=level in hidden)
    contrasts = {
        (*where, key): contrast
        for where, cell in cells.items()
        for key, contrast in cell.contrasts().items()
    }
    adjusted = _holm(contrasts)

    def level_of(where: tuple[str, str, str]) -> Level:
        differences = {
            place[3]: contrast_part(contrast, adjusted.get(place))
            for place, contrast in contrasts.items()
            if place[:3] == where
        }
        return cells[where].level(request, where[2], differences)

    return {
        what: [
            Subgroups(by=name, levels=[level_of((what, name, level)) for level in levels])
            for name, (_, levels) in found.items()
        ]
        for what in sides
    }


def of_many(request: Any, sides: Mapping[str, Side]) -> list[OneOfMany] | None:
    """Compute the same as a list of the record; None where no covariate was asked for."""
    found = subgroups_of_each(request, sides)
    if found is None:
        return None
    return [OneOfMany(name=name, groups=groups) for name, groups in found.items()]


@dataclass(frozen=True)
class _Cell:
    """A level of a side."""

    rows: Flags
    side: Side
    hidden: bool

    @property
    def counted(self) -> Flags:
        """Rows of the level that count."""
        return self.rows if self.side.rows is None else self.rows & self.side.rows

    def contrasts(self) -> dict[str, Contrast]:
        """Compare the level with all other rows."""
        others = ~self.rows if self.side.rows is None else ~self.rows & self.side.rows
        if self.hidden or not others.any():
            return {}
        return kept_back(self.side.differences, self.rows)

    def level(self, request: Any, name: str, differences: dict[str, ContrastPart]) -> Level:
        """Return the part of the record."""
        if self.hidden:
            return Level(
                level=name,
                suppressed=True,
                images=None,
                patients=None,
                estimates={},
                differences={},
            )
        codes, rows = request.codes, self.counted
        estimates = self.side.estimates(self.rows)
        return Level(
            level=name,
            suppressed=False,
            images=int(rows.sum()),
            patients=None if codes is None else count_held(codes[rows]),
            estimates={key: each for key, each in estimates.items() if not _is_small(each)},
            differences=differences,
        )


def covariate_of(request: Any, name: str) -> Column:
    """Return a covariate of the predictions, shape `(n_rows,)`.

    Raises:
        InvalidInputError: there is none of that name.
    """
    covariates = request.predictions.covariates or {}
    if name not in covariates:
        raise InvalidInputError(
            f"The predictions have no covariate {name!r}; they have {sorted(covariates)}."
            + did_you_mean(name, covariates)
        )
    column: Column = covariates[name]
    return column


def _refuse_many(name: str, levels: Sequence[str]) -> None:
    if len(levels) > _MOST_LEVELS:
        raise InvalidInputError(
            f"Covariate {name!r} has {len(levels)} levels, which is no grouping. Merge levels, or "
            "leave it out of `by`."
        )


def hidden_levels(
    request: Any, values: Column, levels: Sequence[str], counted: Flags | None = None
) -> set[str]:
    """Return the levels of fewer than five patients.

    Where a single level is suppressed, the next smallest is too, because subtraction from the
    total would give the first away.

    Args:
        request: What the author asked.
        values: Level of each row, shape `(n_rows,)`.
        levels: The levels.
        counted: Rows that count, shape `(n_rows,)`; None for all.
    """
    sizes = {level: _units(request, values == level, counted) for level in levels}
    hidden = {level for level, size in sizes.items() if size < SMALLEST}
    if len(hidden) == 1 and len(sizes) > 1:
        others = [level for level in levels if level not in hidden]
        hidden.add(min(others, key=lambda level: sizes[level]))
    return hidden


def _units(request: Any, rows: Flags, counted: Flags | None) -> int:
    kept = rows if counted is None else rows & counted
    return int(kept.sum()) if request.codes is None else count_held(request.codes[kept])


_Place = tuple[str, str, str, str]


def _holm(contrasts: Mapping[_Place, Contrast]) -> dict[_Place, float]:
    given = {key: each.p_value for key, each in contrasts.items() if each.p_value is not None}
    if not given:
        return {}
    named = {str(number): p for number, p in enumerate(given.values())}
    return dict(zip(given, holm(named).values(), strict=True))


def kept_back(
    differences: Callable[[Flags], dict[str, Contrast]], inside: Flags
) -> dict[str, Contrast]:
    """Compare a level with all other rows, where either has enough patients."""
    if inside.all():
        return {}
    return {
        name: contrast
        for name, contrast in differences(inside).items()
        if not _is_small(estimate_part(contrast.first))
        and not _is_small(estimate_part(contrast.second))
    }


def _is_small(estimate: EstimatePart) -> bool:
    units = estimate.n if estimate.patients is None else estimate.patients
    return units < SMALLEST
