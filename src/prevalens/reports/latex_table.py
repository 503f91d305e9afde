"""A report's estimates as a LaTeX table; text is escaped here and nowhere else."""

from collections.abc import Mapping, Sequence

from prevalens.reports.estimate_tables import estimate_row
from prevalens.reports.record_parts import EstimatePart
from prevalens.reports.text_page import one_line

_MARKS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
}


def latex_table(estimates: Mapping[str, EstimatePart], *, caption: str, label: str) -> str:
    r"""Return estimates as a LaTeX table with booktabs rules.

    Args:
        estimates: Each estimate by its key, as in the report's record.
        caption: Caption of the table.
        label: What `\ref` calls it.
    """
    levels = sorted({f"{estimate.confidence_level * 100:g}" for estimate in estimates.values()})
    rows = [estimate_row(key, estimate) for key, estimate in estimates.items()]
    interval = f"{' / '.join(levels)}\N{NARROW NO-BREAK SPACE}% interval"
    return latex_rows(("Measure", "Value", interval, "n"), rows, caption=caption, label=label)


def latex_rows(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str, label: str
) -> str:
    r"""Return rows of text as a LaTeX table with booktabs rules.

    Args:
        header: Name of each column.
        rows: The cells of each row.
        caption: Caption of the table.
        label: What `\ref` calls it.
    """
    titles = [_escaped(name).replace("\N{NARROW NO-BREAK SPACE}", r"\,") for name in header]
    return "\n".join(
        [
            r"% Needs \usepackage{booktabs}.",
            r"\begin{table}",
            rf"\caption{{{_escaped(caption)}}}",
            rf"\label{{{label}}}",
            rf"\begin{{tabular}}{{{'l' * len(header)}}}",
            r"\toprule",
            " & ".join(titles) + r" \\",
            r"\midrule",
            *(" & ".join(map(_escaped, row)) + r" \\" for row in rows),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _escaped(text: str) -> str:
    return "".join(_MARKS.get(character, character) for character in one_line(text))
