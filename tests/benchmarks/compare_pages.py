"""What got slower since a page of benchmarks was printed, beyond what machines differ by.

A time or a speed is known by its unit: in its cell, its column's head or its row's name. Every one
that stands on both pages gives a ratio, worse above 1. Machines differ by a factor that is alike
for all, so ratios are taken relative to the median of their benchmark where it has enough of them,
and of the page elsewhere.
"""

import re
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

NOISE = 1.35  # a choice: shared machines differ by a third from one run to the next
ENOUGH = 5  # speeds of a benchmark of which its own median says something
_NUMBER = re.compile(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)\s*(images/s|ms|s|MB|GB)?(?![\w.])")
_UNITS = ("images/s", "ms", "seconds", "s")


@dataclass(frozen=True)
class Slower:
    """One line that got slower.

    Args:
        where: Command, row and column.
        before: The cell of the printed page.
        now: The cell of the new one.
        ratio: How many times slower, machines taken out.
    """

    where: tuple[str, str, str]
    before: str
    now: str
    ratio: float


@dataclass(frozen=True)
class Speed:
    """A time or a speed as it is printed.

    Args:
        cell: The cell.
        number: Its number.
        rounding: The most it can be off by because it is rounded, relative to the number.
        direction: 1 where more is slower, -1 where more is faster.
    """

    cell: str
    number: float
    rounding: float
    direction: int


def slower(before: str, now: str) -> list[Slower]:
    """List what got slower from one page to another, worst first."""
    old, new = dict(speeds(before)), dict(speeds(now))
    ratios = {
        where: (new[where].number / old[where].number) ** new[where].direction
        for where in old
        if where in new and old[where].direction == new[where].direction
    }
    found = [
        Slower(
            where,
            old[where].cell,
            new[where].cell,
            ratio / typical(where[0], ratios) / (1 + old[where].rounding + new[where].rounding),
        )
        for where, ratio in ratios.items()
    ]
    return sorted((one for one in found if one.ratio > NOISE), key=lambda one: -one.ratio)


def typical(command: str, ratios: Mapping[tuple[str, str, str], float]) -> float:
    """Return how much slower this machine is than that of the page."""
    own = [ratio for where, ratio in ratios.items() if where[0] == command]
    return statistics.median(own if len(own) >= ENOUGH else ratios.values())


def speeds(page: str) -> Iterator[tuple[tuple[str, str, str], Speed]]:
    """Give each time or speed of a page, and where it stands."""
    command, told = "", ""
    heads: list[str] = []
    for line in page.splitlines():
        if line.startswith("`") and "bench_" in line:
            command, told = line[1:].partition("`")[0], ""
        if not line.startswith("|"):
            heads = []
            told += line
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if set("".join(cells)) <= set("-: "):
            continue
        if not heads:
            heads = cells
            continue
        for head, cell in zip(heads[1:], cells[1:], strict=False):
            read = speed(cell, head, cells[0], told)
            if command and read is not None:
                yield (command, cells[0], head), read


def speed(cell: str, head: str, row: str, told: str) -> Speed | None:
    """Read a cell as a time or a speed; None where it is something else."""
    match = _NUMBER.search(cell)
    if match is None or cell.endswith("%"):
        return None
    unit = match[2] or next((unit for unit in _UNITS if _names(unit, row)), None)
    unit = unit or next((unit for unit in _UNITS if _names(unit, head)), None)
    if (
        unit is None
        and "images per second where nothing else is said" in told
        and not row.endswith(" MB")
    ):
        unit = "images/s"
    number = float(match[1].replace(",", ""))
    if unit not in _UNITS or number == 0:
        return None
    step = 10.0 ** -len(match[1].partition(".")[2])
    return Speed(cell, number, step / 2 / number, -1 if unit == "images/s" else 1)


def _names(unit: str, words: str) -> bool:
    return re.search(rf"(?<![\w/]){re.escape(unit)}(?![\w/])", words) is not None


def sentences(found: list[Slower]) -> Iterator[str]:
    """Say it, a line each."""
    if not found:
        yield f"Nothing got slower beyond noise ({NOISE:g}x, machines taken out)."
    for one in found:
        command, row, head = one.where
        yield f"{one.ratio:.1f}x slower: {row} ({head}): {one.before}, now {one.now}. `{command}`"
