"""The first lines of the page of benchmarks: this library beside its peers, the slowest first.

Each line divides two speeds that the page prints further down, so no number is written twice.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from compare_pages import Speed, speeds

Place = tuple[str, str]  # row and column of a table


@dataclass(frozen=True)
class Pair:
    """Speeds of one benchmark beside a peer's.

    Args:
        what: What is done, in words.
        peer: Who else does it.
        script: The benchmark.
        ours: Rows and columns of this library's speeds, by the case they are of.
        theirs: Those of the peer's.
    """

    what: str
    peer: str
    script: str
    ours: dict[str, Place]
    theirs: dict[str, Place]

    def ratios(self, printed: dict[tuple[str, str, str], Speed]) -> list[tuple[float, str]]:
        """Return how many times as fast as the peer this library is, and in which case, rising."""
        commands = sorted({where[0] for where in printed if f"/{self.script}" in where[0]})
        found = []
        for command in commands:
            backend = command.partition("KERAS_BACKEND=")[2].partition(" ")[0]
            for case, place in self.ours.items():
                one = printed.get((command, *place))
                other = printed.get((command, *self.theirs[case]))
                if one is not None and other is not None:
                    ratio = (other.number / one.number) ** one.direction
                    found.append((ratio, case or backend))
        return sorted(found)


def _splitting(name: str) -> dict[str, Place]:
    return {
        "6 random cohorts": ("6 random cohorts, 5 folds: time, median", name),
        "C-NMC 2019": ("C-NMC 2019 (73 patients), 5 folds: time, median", name),
        "1,000,000 images": ("1,000,000 images, 50,000 patients, 5 folds: time", name),
    }


def _formats(row: str) -> dict[str, Place]:
    return {name: (row, name) for name in ("BMP", "PNG", "JPEG")}


PAIRS = (
    Pair(
        "Reading images into batches, without a cache",
        "Keras (tf.data)",
        "bench_feeding.py",
        _formats("ImageDataset, OpenCV"),
        _formats("image_dataset_from_directory (tf.data)"),
    ),
    Pair(
        "Splitting whole patients into 5 folds",
        "scikit-learn",
        "bench_splits.py",
        _splitting("prevalens"),
        _splitting("StratifiedGroupKFold"),
    ),
    Pair(
        "Augmenting on the host",
        "Albumentations, one thread",
        "bench_augmentation.py",
        {"": ("prevalens on the host, uint8", "images/s")},
        {"": ("albumentations, one thread, uint8", "images/s")},
    ),
    Pair(
        "An epoch of `fit` from a warm cache",
        "the same from arrays in memory",
        "bench_feeding.py",
        {"JPEG": ("`fit` of a small network, warm cache, s an epoch", "JPEG")},
        {"JPEG": ("the same from arrays in memory, s an epoch", "JPEG")},
    ),
    Pair(
        "Augmenting in the model",
        "Keras' layers",
        "bench_augmentation.py",
        {"": ("prevalens layer, uint8 in", "images/s")},
        {"": ("Keras' layers", "images/s")},
    ),
    Pair(
        "AUROC of 1,000,000 rows, with its interval",
        "scikit-learn's value alone",
        "bench_metrics.py",
        {"": ("AUROC, 1,000,000 rows", "prevalens")},
        {"": ("AUROC, 1,000,000 rows", "scikit-learn")},
    ),
)


def summary(page: str) -> Iterator[str]:
    """Give the lines that stand above the benchmarks of a page.

    Args:
        page: The page, or its sections.
    """
    printed = dict(speeds(page))
    found = [(pair, pair.ratios(printed)) for pair in PAIRS]
    measured = sorted(((pair, ratios) for pair, ratios in found if ratios), key=lambda one: one[1])
    if not measured:
        return
    yield "| what | beside | times as fast | lowest |"
    yield "|---|---|---|---|"
    for pair, ratios in measured:
        ends = dict.fromkeys([_told(*ratios[0]), _told(*ratios[-1])])
        slow = "**slower:** " if ratios[0][0] < 1 else ""
        yield f"| {pair.what} | {pair.peer} | {slow}{' to '.join(ends)} | {bar(ratios[0][0])} |"
    yield ""
    yield "What is slower than its peer stands first. A bar shows the lowest number of its line,"
    yield "from a tenth to a hundred times as fast; the mark is at 1."
    if absent := [pair.what for pair, ratios in found if not ratios]:
        yield ""
        yield f"Not measured here: {'; '.join(absent)}."
    yield ""


def _told(ratio: float, case: str) -> str:
    return f"{ratio:.2g}{f' ({case})' if case else ''}"


def bar(ratio: float) -> str:
    """Return a bar of a length that grows with the logarithm, from 0.1 to 100 times."""
    share = min(max((math.log10(ratio) + 1) / 3, 0.01), 1.0)
    kind = "ratio slow" if ratio < 1 else "ratio"
    return f'<span class="{kind}" aria-hidden="true"><span style="width:{share:.1%}"></span></span>'
