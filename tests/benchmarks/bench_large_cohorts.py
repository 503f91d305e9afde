"""What a cohort of millions of rows takes: memory held, and CPU seconds of each step.

Run with `python tests/benchmarks/bench_large_cohorts.py`, or `--quick` for 100,000 rows; `--rows`
takes any number. The columns are given as a table would give them, a text a cell; what is held is
counted once they are gone. Times are CPU seconds.
"""

import argparse
import gc
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from prevalens.cohorts import Cohort
from prevalens.splits import PatientHoldout

PER_PATIENT = 20


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 rows")
    parser.add_argument("--rows", type=int, default=2_000_000, help="number of rows (2,000,000)")
    given = parser.parse_args()
    n_rows = 100_000 if given.quick else given.rows
    sys.stdout.write(
        f"{n_rows:,} rows of {n_rows // PER_PATIENT:,} patients, {os.cpu_count()} cores.\n\n"
        "| step | CPU seconds | held, GB | peak of the process, GB |\n|---|---:|---:|---:|\n"
    )
    empty = held()
    cohort = step("cohort of text columns", lambda: make(n_rows), empty)
    step("its fingerprint", lambda: cohort.fingerprint, empty)
    step("patients split 70/15/15", lambda: PatientHoldout(seed=0).partition(cohort), empty)
    step("rows of one patient in a hundred", lambda: cohort.take(np.arange(0, n_rows, 100)), empty)


def make(n_rows: int) -> Cohort:
    """Make a cohort of columns such as a table holds."""
    rng = np.random.default_rng(0)
    owners = rng.integers(0, n_rows // PER_PATIENT, n_rows)
    ill = rng.random(n_rows) < 0.1
    return Cohort(
        images=[f"site-{row % 12}/{row // 1000:05d}/{row:09d}.png" for row in range(n_rows)],
        labels=np.where(ill, "ill", "well"),
        patients=[f"patient-{owner:07d}" for owner in owners.tolist()],
        positive="ill",
    )


def step(name: str, work: Callable[[], Any], empty: float) -> Any:
    """Run one step and print its row."""
    started = time.process_time()
    found = work()
    took = time.process_time() - started
    # Linux counts kilobytes, macOS bytes.
    unit = 1e9 if sys.platform == "darwin" else 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    sys.stdout.write(f"| {name} | {took:.2f} | {held() - empty:.2f} | {peak:.2f} |\n")
    sys.stdout.flush()
    return found


def held() -> float:
    """Return the memory that the process holds now, in GB; 0 where the system does not tell."""
    gc.collect()
    told = Path("/proc/self/statm")
    if not told.exists():
        return 0.0
    pages = int(told.read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e9


if __name__ == "__main__":
    main()
