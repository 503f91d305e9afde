"""Time and memory of calibration: every measure, the test and the smooth curve, by rows.

Images come in patients of 50, whose effects on the labels the scores do not know.
"""

import argparse
import resource
import sys
import time

import numpy as np
from scipy import special

from prevalens._threads import one_blas_thread
from prevalens.metrics import all_estimates, all_measures, calibration_curve, calibration_test


def study(rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw labels, scores and patients."""
    rng = np.random.default_rng(0)
    patients = np.arange(rows) // 50
    odds = rng.normal(-2, 1.3, rows) + 0.5 * rng.normal(size=rows // 50 + 1)[patients]
    return rng.random(rows) < special.expit(odds), special.expit(1.2 * odds), patients


def main() -> None:
    """Print one line for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--quick", action="store_true", help="1,000 rows")
    given = parser.parse_args()
    rows = [1_000] if given.quick else given.rows
    keys = [measure.key for measure in all_measures() if measure.group == "calibration"]
    sys.stdout.write(f"{len(keys)} measures, the test and the curve, 1,000 draws, one thread.\n\n")
    sys.stdout.write("| rows | CPU s | peak MB |\n|---|---|---|\n")
    for n in rows:
        labels, scores, patients = study(n)
        began = time.process_time()
        with one_blas_thread():
            all_estimates(labels, scores, threshold=0.2, patients=patients, measures=keys)
            calibration_test(labels, scores, patients=patients)
            calibration_curve(labels, scores, patients=patients)
        spent = time.process_time() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sys.stdout.write(f"| {n:,} | {spent:.1f} | {peak:.0f} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
