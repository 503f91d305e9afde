"""The confusion matrix of several classes as inline SVG."""

from markupsafe import Markup

from prevalens.reports.document import ClassMatrix
from prevalens.reports.svg_charts import drawing, text

_NAMES = 118  # room for the labels on the left
_TOP = 44
_LETTERS = 16
_MOST = 0.5  # opacity of a whole row in one cell: text stays readable on it, light or dark


def svg_matrix(matrix: ClassMatrix) -> Markup:
    """Draw the matrix: a row for each label, darker where more of the row lies.

    Cells hold the number of images and its share of the row; empty cells are left empty.
    """
    k = len(matrix.classes)
    side = max(44.0, min(84.0, 620 / k))
    parts = [
        text(0, 14, "Label", kind="tick"),
        text(_NAMES + side * k / 2, 14, "Prediction", kind="tick", anchor="middle"),
    ]
    fits = max(3, int(side / 7))
    told = []
    for row, name in enumerate(matrix.classes):
        counts, y = matrix.counts[row], _TOP + side * row
        total = sum(counts)
        parts.append(
            text(_NAMES - 8, y + side / 2 + 4, _short(name, _LETTERS), kind="label", anchor="end")
        )
        parts.append(
            text(
                _NAMES + side * (row + 0.5),
                _TOP - 8,
                _short(name, fits),
                kind="label",
                anchor="middle",
            )
        )
        for column, count in enumerate(counts):
            share = count / total if total else 0.0
            said = f"{name}, predicted {matrix.classes[column]}: {count:,} ({share:.1%})"
            told += [said] if count else []
            kind = "right" if row == column else "wrong"
            parts.append(_cell((_NAMES + side * column, y), side, share, kind, said))
            if count:
                x = _NAMES + side * (column + 0.5)
                parts.append(text(x, y + side / 2, f"{count:,}", kind="count", anchor="middle"))
                parts.append(
                    text(x, y + side / 2 + 15, f"{share:.0%}", kind="share", anchor="middle")
                )
    size = (_NAMES + side * k + 4, _TOP + side * k + 4)
    return drawing(matrix.name, matrix.caption, "; ".join(told), size, parts)


def _cell(at: tuple[float, float], side: float, share: float, kind: str, said: str) -> Markup:
    return Markup(
        '<rect class="cell {}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="4" '
        'fill-opacity="{:.3f}"><title>{}</title></rect>'
    ).format(kind, at[0] + 1.5, at[1] + 1.5, side - 3, side - 3, 0.05 + _MOST * share, said)


def _short(name: str, letters: int) -> str:
    return name if len(name) <= letters else f"{name[: letters - 1]}…"
