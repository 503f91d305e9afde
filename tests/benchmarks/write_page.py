"""Runs every benchmark and writes what they print, with machine and date, as one page.

    python tests/benchmarks/write_page.py [--quick] [--output PAGE] [--compare]

The page is written whole, once every benchmark has ended. One that cannot run, because a package
is missing or it failed, says so in its section. With `--quick` each runs its short form, and the
page is printed unless `--output` names a file: short forms are no estimates. With `--compare`
nothing is written: what got slower than the printed page is said, and the exit code is 1.
"""

import argparse
import ast
import datetime as dt
import importlib.util
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from compare_pages import sentences, slower
from summarise_page import summary

from prevalens._writing import write_text

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DOCS = ROOT / "docs"
PAGE = DOCS / "explanation" / "benchmarks.md"
BACKENDS = ("tensorflow", "jax", "torch")
PACKAGES = (
    "prevalens", "numpy", "scipy", "scikit-learn", "imbalanced-learn", "pillow", "keras",
    "tensorflow-cpu", "tensorflow", "jax", "torch", "opencv-python-headless", "cykooz-resizer",
    "grain", "kornia", "albumentations",
)  # fmt: skip
LIMIT = 1200  # seconds; no benchmark takes that long on two cores


@dataclass(frozen=True)
class Run:
    """One benchmark as it is run.

    Args:
        script: Name of the file.
        backends: Keras backends to run it on, each in a process of its own; none where it does
            not use Keras.
        arguments: What makes the long form fit the page's time; none for the script's defaults.
        page: Page of the documentation, below `docs`, on which its table stands: it is not run
            for this page unless it is asked for by `--only`, and nothing is written twice.
    """

    script: str
    backends: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    page: str = ""


RUNS = (
    Run("bench_feeding.py", ("tensorflow",)),
    Run("bench_augmentation.py", BACKENDS),
    Run("bench_several_processes.py"),
    Run("bench_cluster.py"),
    Run("bench_large_cohorts.py"),
    Run("bench_metrics.py"),
    Run("bench_report.py"),
    Run("bench_calibration.py"),
    Run("bench_splits.py", arguments=("--cohorts", "6")),
    Run("bench_images.py"),
    Run("bench_near_duplicates.py"),
    Run("bench_synthetic.py", ("tensorflow",)),
    Run("bench_leakage.py", ("tensorflow",), page="explanation/the-cnmc-protocol.md"),
    Run("bench_cells.py", page="explanation/the-synthetic-cohort.md"),
    Run("bench_threshold.py"),
    Run("bench_referral.py", page="how-to/choose-a-threshold.md"),
    Run("bench_coverage.py", page="explanation/why-these-intervals.md"),
    Run("bench_degrees.py", page="explanation/why-these-intervals.md"),
    Run("bench_class_coverage.py", arguments=("--runs", "600")),
    Run("bench_difference_coverage.py", page="explanation/why-these-intervals.md"),
    Run("bench_type_one_error.py", page="explanation/why-these-intervals.md"),
    Run("bench_site_pooling.py", page="explanation/why-these-intervals.md"),
    Run("bench_acceptance.py", page="how-to/accept-a-changed-model.md"),
    Run("bench_studies.py", ("tensorflow",), page="how-to/run-a-whole-study.md"),
    Run("bench_gpu.py", ("jax", "torch")),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run them, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short forms, for a first look")
    parser.add_argument("--only", nargs="*", metavar="SCRIPT", help="run these alone, and print")
    parser.add_argument("--compare", action="store_true", help="say what got slower since the page")
    parser.add_argument("--output", type=Path, help=f"file to write ({PAGE.name})")
    given = parser.parse_args(arguments)
    runs = [run for run in RUNS if not given.only or run.script in given.only]
    if given.only:
        runs = [replace(run, page="") for run in runs]
    told = "\n".join(sections(runs, quick=given.quick))
    page = "\n".join([*heading(quick=given.quick), *summary(told), *machine(), told])
    if given.compare:
        found = slower(PAGE.read_text(encoding="utf-8"), page)
        print("\n".join(sentences(found)))
        sys.exit(1 if found else 0)
    output = given.output or (None if given.quick or given.only else PAGE)
    if output is None:
        print(page)
    else:
        write_text(output, page)


def heading(*, quick: bool) -> Iterator[str]:
    """Say what the page is."""
    yield "# Benchmarks"
    yield ""
    yield "Written by `nox -s bench`, whole, from what the scripts in `tests/benchmarks` printed."
    if quick:
        yield "**These are short forms: no estimates.**"
    yield "Times are of one machine, so read them as ratios; shares and deviations hold anywhere."
    yield ""


def machine() -> Iterator[str]:
    """Say where and when the benchmarks were run, and with what."""
    now = dt.datetime.now(dt.UTC)
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    yield "| what | on this page |"
    yield "|---|---|"
    yield f"| date | {now:%Y-%m-%d %H:%M} UTC |"
    yield f"| processor | {processor()}, {cores} cores |"
    yield f"| memory | {memory:.0f} GiB |"
    yield f"| busy before | {os.getloadavg()[0]:.1f} processes, the minute before the first began |"
    yield f"| system | {system} |"
    yield f"| packages | {', '.join(installed())} |"
    yield ""


def processor() -> str:
    """Name the processor, where the system tells."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "not named by the system"


def installed() -> Iterator[str]:
    """Give the versions of what is measured and compared with."""
    for package in PACKAGES:
        try:
            yield f"{package} {metadata.version(package)}"
        except metadata.PackageNotFoundError:
            continue


def sections(runs: Sequence[Run], *, quick: bool) -> Iterator[str]:
    """Run each benchmark and give its section."""
    for run in runs:
        docstring = ast.get_docstring(ast.parse((HERE / run.script).read_text(encoding="utf-8")))
        yield f"## {(docstring or run.script).splitlines()[0].rstrip('.')}"
        yield ""
        if run.page:
            yield from elsewhere(run)
            continue
        arguments = ("--quick",) if quick else run.arguments
        for backend in run.backends or (None,):
            yield from section(run.script, backend, arguments)


def elsewhere(run: Run) -> Iterator[str]:
    """Name the page on which the table of a benchmark stands."""
    title = (DOCS / run.page).read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
    link = os.path.relpath(DOCS / run.page, PAGE.parent)
    yield f"The table of `python tests/benchmarks/{run.script}` stands on [{title}]({link})."
    yield ""


def section(script: str, backend: str | None, arguments: Sequence[str]) -> Iterator[str]:
    """Run one benchmark on one backend; give its command, its time and what it printed."""
    command = " ".join(["python", f"tests/benchmarks/{script}", *arguments])
    shown = command if backend is None else f"KERAS_BACKEND={backend} {command}"
    print(shown, file=sys.stderr, flush=True)
    if backend is not None and importlib.util.find_spec(backend) is None:
        yield f"`{shown}`: not run, because {backend} is not installed here."
        yield ""
        return
    began = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, HERE / script, *arguments],
            cwd=ROOT,
            env={**os.environ, **({"KERAS_BACKEND": backend} if backend else {})},
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip() or "no reason given").splitlines()[-1]
        yield f"`{shown}`: not run to its end: {reason}"
    except subprocess.TimeoutExpired:
        yield f"`{shown}`: stopped after {LIMIT} s."
    else:
        # Shown as it comes: the page is written last, and takes a while.
        print(done.stdout, file=sys.stderr, flush=True)
        yield f"`{shown}`, {time.monotonic() - began:.0f} s:"
        yield ""
        yield from folded(done.stdout.strip())
    yield ""


def folded(printed: str) -> Iterator[str]:
    """Give what a benchmark printed, closed until a reader opens it."""
    yield "<details>"
    yield "<summary>What it printed</summary>"
    yield ""
    yield printed
    yield ""
    yield "</details>"


if __name__ == "__main__":
    main()
