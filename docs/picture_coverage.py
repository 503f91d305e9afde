"""Draw the table of coverage as a dot plot: a row a measure, a dot a process.

    python docs/picture_coverage.py

Reads the table on `docs/explanation/why-these-intervals.md`, whose numbers
`tests/benchmarks/bench_coverage.py` printed, and writes `coverage.svg` beside it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).parent / "explanation" / "why-these-intervals.md"
OUTPUT = PAGE.with_name("coverage.svg")
LEFT, RIGHT, TOP, STEP = 190, 600, 30, 22
LOW, HIGH = 88.0, 100.0  # % at both ends of the axis
AIM = (93.0, 96.5)


def coverage() -> tuple[list[str], dict[str, list[float]]]:
    """Return the processes, and each measure's coverage under them in %."""
    lines = PAGE.read_text(encoding="utf-8").split("## Coverage")[1].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| measure"))
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows[0][1:], {row[0]: [float(cell) for cell in row[1:]] for row in rows[2:]}


def place(percent: float) -> float:
    """Return where a coverage lies on the axis; what is below its end lies at its end."""
    share = (min(max(percent, LOW), HIGH) - LOW) / (HIGH - LOW)
    return LEFT + share * (RIGHT - LEFT)


def parts() -> Iterator[str]:
    """Yield the elements of the drawing."""
    processes, table = coverage()
    bottom = TOP + STEP * len(table)
    yield (
        f'<svg class="diagram" viewBox="0 0 {RIGHT + 20} {bottom + 44}" role="img" '
        'aria-labelledby="coverage-title coverage-text">'
    )
    cells = [value for values in table.values() for value in values]
    within = sum(AIM[0] <= value <= AIM[1] for value in cells)
    yield '  <title id="coverage-title">Coverage of 95 % intervals by measure</title>'
    yield (
        f'  <desc id="coverage-text">A row for each of {len(table)} measures, a dot for each of '
        f"{len(processes)} processes: {within} of {len(cells)} dots lie from {AIM[0]:g} to "
        f"{AIM[1]:g} %, the lowest at {min(cells):g} %. The numbers are in the table.</desc>"
    )
    wide = place(AIM[1]) - place(AIM[0])
    yield (
        f'  <rect x="{place(AIM[0]):.1f}" y="{TOP - 14}" width="{wide:.1f}" '
        f'height="{bottom - TOP + 8}" fill="currentColor" opacity="0.08"/>'
    )
    for tick in range(int(LOW), int(HIGH) + 1, 2):
        yield (
            f'  <text x="{place(tick):.1f}" y="{bottom + 16}" font-size="12" '
            f'text-anchor="middle" fill="currentColor">{tick}</text>'
        )
    yield (
        f'  <line x1="{place(95):.1f}" x2="{place(95):.1f}" y1="{TOP - 14}" y2="{bottom - 6}" '
        'stroke="currentColor" stroke-dasharray="4 3"/>'
    )
    for number, (measure, values) in enumerate(table.items()):
        y = TOP + STEP * number
        yield (
            f'  <text x="{LEFT - 12}" y="{y + 4}" font-size="12" text-anchor="end" '
            f'fill="currentColor">{measure}</text>'
        )
        for process, value in zip(processes, values, strict=True):
            yield (
                f'  <circle cx="{place(value):.1f}" cy="{y}" r="4" fill="currentColor" '
                f'opacity="0.45"><title>{measure}, {process}: {value:g} %</title></circle>'
            )
    yield (
        f'  <text x="{(LEFT + RIGHT) / 2:g}" y="{bottom + 36}" font-size="12" '
        'text-anchor="middle" fill="currentColor">Coverage in %; shaded: 93 to 96.5</text>'
    )
    yield "</svg>"


def drawing() -> str:
    """Return the dot plot as SVG."""
    return "\n".join(parts()) + "\n"


def main() -> int:
    """Write the drawing; return 0."""
    OUTPUT.write_text(drawing(), encoding="utf-8")
    sys.stdout.write(f"wrote {OUTPUT}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
