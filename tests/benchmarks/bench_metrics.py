"""How long estimates with intervals take, beside scikit-learn's point estimates."""

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy import special
from sklearn import linear_model
from sklearn import metrics as sklearn_metrics

from prevalens._seeding import generator
from prevalens.metrics import all_estimates, auroc


def draw_rows(n_rows: int, n_patients: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw labels, scores and patients; every patient has a row."""
    rng = generator(0, "rows", n_rows)
    extra = rng.integers(0, n_patients, n_rows - n_patients)
    patients = np.concatenate([np.arange(n_patients), extra])
    labels = rng.random(n_rows) < special.expit(rng.normal(-2, 1, n_patients))[patients]
    log_odds = 1.5 * labels - 2 + 0.5 * rng.normal(size=n_patients)[patients]
    return labels.astype(int), special.expit(log_odds + rng.normal(size=n_rows)), patients


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Return the shortest time of some runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def scikit_learn_estimates(labels: np.ndarray, scores: np.ndarray) -> list[float]:
    """Compute the same estimates, without intervals, as a loop over scikit-learn would."""
    calls = scores >= 0.3
    log_odds = special.logit(scores)[:, None]
    line = linear_model.LogisticRegression(C=np.inf).fit(log_odds, labels)
    shift = linear_model.LogisticRegression(C=np.inf, fit_intercept=True)
    ratios = sklearn_metrics.class_likelihood_ratios(labels, calls)
    counts = sklearn_metrics.confusion_matrix(labels, calls)
    return [
        sklearn_metrics.recall_score(labels, calls),
        sklearn_metrics.recall_score(labels, calls, pos_label=0),
        sklearn_metrics.precision_score(labels, calls),
        sklearn_metrics.precision_score(labels, calls, pos_label=0),
        *ratios,
        counts[0, 0] * counts[1, 1] / (counts[0, 1] * counts[1, 0]),
        sklearn_metrics.accuracy_score(labels, calls),
        sklearn_metrics.balanced_accuracy_score(labels, calls),
        sklearn_metrics.f1_score(labels, calls),
        sklearn_metrics.matthews_corrcoef(labels, calls),
        sklearn_metrics.cohen_kappa_score(labels, calls),
        sklearn_metrics.roc_auc_score(labels, scores),
        sklearn_metrics.average_precision_score(labels, scores),
        sklearn_metrics.brier_score_loss(labels, scores),
        sklearn_metrics.log_loss(labels, scores),
        float(line.coef_[0, 0]),
        float(shift.fit(np.zeros_like(log_odds), labels).intercept_[0]),
    ]


def loop_seconds(labels: np.ndarray, scores: np.ndarray, patients: np.ndarray, draws: int) -> float:
    """Time draws of patients with scikit-learn's estimates on the rows of each."""
    rng = generator(0, "loop")
    order = np.argsort(patients, kind="stable")
    rows_of = np.split(order, np.flatnonzero(np.diff(patients[order])) + 1)
    start = time.perf_counter()
    for _ in range(draws):
        rows = np.concatenate([rows_of[p] for p in rng.integers(0, len(rows_of), len(rows_of))])
        scikit_learn_estimates(labels[rows], scores[rows])
    return time.perf_counter() - start


def row(*cells: str) -> str:
    """Return one row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows and draws")
    share = 10 if parser.parse_args().quick else 1
    labels, scores, _ = draw_rows(1_000_000 // share, 1000)
    theirs = seconds(lambda: sklearn_metrics.roc_auc_score(labels, scores), 5)
    ours = seconds(lambda: auroc(labels, scores), 5)
    lines = [
        row(
            f"AUROC, {labels.size:,} rows",
            f"roc_auc_score, no interval: {theirs:.3f} s",
            f"DeLong with interval: {ours:.3f} s",
            f"{theirs / ours:.1f}",
        )
    ]
    labels, scores, patients = draw_rows(22_000 // share, 6_000 // share)
    draws, looped = 2000 // share, 20
    loop = loop_seconds(labels, scores, patients, looped) * draws / looped
    drawn = seconds(
        lambda: all_estimates(labels, scores, threshold=0.3, patients=patients, draws=draws), 2
    )
    closed = seconds(lambda: all_estimates(labels, scores, threshold=0.3, patients=patients), 3)
    size = f"{labels.size:,} rows, {patients.max() + 1:,} patients"
    what = f"loop over scikit-learn, from {looped} draws: {loop:.0f} s"
    lines += [
        row(
            f"all estimates, {size}, {draws:,} draws",
            what,
            f"bootstrap: {drawn:.2f} s",
            f"{loop / drawn:.0f}",
        ),
        row(
            f"all estimates, {size}",
            what,
            f"closed forms, no draws: {closed:.3f} s",
            f"{loop / closed:.0f}",
        ),
    ]
    sys.stdout.write(
        "Times of one run on one machine; the ratio is theirs over ours.\n\n"
        "| what | scikit-learn | prevalens | ratio |\n|---|---|---|---|\n" + "\n".join(lines) + "\n"
    )


if __name__ == "__main__":
    main()
