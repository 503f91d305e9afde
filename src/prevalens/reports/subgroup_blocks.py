"""Subgroups as a reader sees them: forest plots and tables, and how many tests were made."""

from collections.abc import Mapping, Sequence

from prevalens.reports.document import Block, Details, Forest, Paragraph, Table
from prevalens.reports.estimate_tables import estimate_row, notes_of
from prevalens.reports.estimate_text import count_text, estimate_text, name_of, p_text
from prevalens.reports.record_parts import ContrastPart, EstimatePart
from prevalens.reports.subgroup_parts import OneOfMany, Subgroups


def group_blocks(
    groups: Sequence[Subgroups],
    drawn: Sequence[str],
    whole: Mapping[str, EstimatePart],
    *,
    address: str = "subgroups",
    of: str = "",
) -> list[Block]:
    """Return a forest plot of each measure of `drawn`, and a table, for each covariate.

    Args:
        groups: The covariates.
        drawn: Keys of the measures.
        whole: Estimates of all rows, for the line of each plot.
        address: Where the record holds `groups`.
        of: What is estimated, where a report has several.
    """
    shown: list[Block] = []
    for number, group in enumerate(groups):
        mark = f"{address.replace('.', '-')}-{number}" if of else f"{number}"
        shown += _forests(group, drawn, whole, mark=mark, of=of)
        shown.append(_table(group, f"{address}.{number}", of=of))
        shown += notes_of(
            [
                (f"{level.level}: {name_of(key)}", estimate)
                for level in group.levels
                for key, estimate in level.estimates.items()
            ]
        )
    return shown


def blocks_of_many(
    part: Sequence[OneOfMany],
    drawn: Sequence[str],
    whole: Mapping[str, Mapping[str, EstimatePart]],
    *,
    address: str,
) -> list[Block]:
    """Return a folded part for each class or label, and how many differences were tested.

    Args:
        part: What was computed of each.
        drawn: Keys of the measures that are drawn.
        whole: By name, the estimates of all rows.
        address: Where the record holds `part`.
    """
    shown: list[Block] = []
    for number, each in enumerate(part):
        where, of = f"{address}.{number}.groups", each.name
        blocks = group_blocks(each.groups, drawn, whole[of], address=where, of=of)
        shown.append(Details(f"Subgroups of {of}", blocks))
    tests = number_of_tests([group for each in part for group in each.groups])
    return [*shown, tests] if shown else []


def number_of_tests(groups: Sequence[Subgroups], more: str = "") -> Paragraph:
    """Say how many differences were tested, and what that means.

    Args:
        groups: Every covariate of whatever is estimated.
        more: What is said besides, beginning with a blank.
    """
    tests = sum(len(level.differences) for group in groups for level in group.levels)
    return Paragraph(
        f"{count_text(tests, 'difference')} between a level and all other rows were tested: by "
        "chance alone one in twenty has p below 0.05. The p value adjusted by Holm's method "
        f"holds for all of them together.{more}"
    )


def _forests(
    group: Subgroups,
    drawn: Sequence[str],
    whole: Mapping[str, EstimatePart],
    *,
    mark: str,
    of: str,
) -> list[Forest]:
    found = []
    for key in drawn:
        rows = [
            (level.level, counts(key, level.estimates[key]), level.estimates[key])
            for level in group.levels
            if key in level.estimates and level.estimates[key].value is not None
        ]
        if len(rows) > 1:
            title = f"{name_of(key)}{_whose(of)} by {group.by}"
            found.append(Forest(f"forest-{mark}-{key}", title, rows, whole[key].value))
    return found


def _whose(of: str) -> str:
    return f" of {of}" if of else ""


def counts(key: str, estimate: EstimatePart) -> str:
    """Write what a row of a forest plot is counted on."""
    if key in {"sensitivity", "specificity"} and estimate.events is not None:
        return f"{estimate.events}/{estimate.n}"
    return f"n {estimate.n}"


def _table(group: Subgroups, address: str, *, of: str) -> Table:
    rows: list[tuple[str, ...]] = []
    keys = []
    for place, level in enumerate(group.levels):
        if level.suppressed:
            rows.append(
                (level.level, "suppressed", "fewer than 5, or to protect those", "", "", "")
            )
            keys.append("")
        for key, estimate in level.estimates.items():
            name, *cells = estimate_row(key, estimate)
            contrast = level.differences.get(key)
            told, p_value = ("", "") if contrast is None else _difference(contrast)
            rows.append((f"{level.level}: {name}", *cells, told, p_value))
            keys.append(f"{address}.levels.{place}.estimates.{key}")
    header = ("Level and measure", "Value", "Interval", "n", "Minus all other rows", "p (Holm)")
    return Table(f"Estimates{_whose(of)} by {group.by}", header, rows, keys)


def _difference(contrast: ContrastPart) -> tuple[str, str]:
    p_value = contrast.p_value
    told = "" if p_value is None else f"{p_text(p_value)} ({p_text(contrast.p_holm)})"
    return estimate_text(contrast.difference), told
