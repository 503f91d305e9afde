"""The one-command study on four real cohorts, beside the best of twenty runs set by hand.

Run it as `python tests/benchmarks/bench_studies.py [--data FOLDER] [--runs FOLDER] [--only NAME]`.
For each cohort it runs `prevalens study TABLE OPTIONS --weights efficientnet_lite0_notop.keras`,
then fits heads on the same features and the same folds at twenty settings (five layers, with class
weights and without, two penalties) and takes the one with the highest AUROC on the held-out images:
an optimistic choice, which no user can make. A cohort that is not there is skipped. A run that is
there is resumed.
"""

import argparse
import contextlib
import csv
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from prevalens.cohorts import Cohort
from prevalens.command import main as command
from prevalens.features import FeatureStore, fit_head
from prevalens.metrics import Estimate, auroc
from prevalens.predictions import Predictions
from prevalens.splits import PatientKFold
from prevalens.studies import StudyPlan, StudySummary
from prevalens.studies.held_out import held_out_part, training_rows
from prevalens.studies.planning import study_cost
from prevalens.studies.probe import Features
from prevalens.studies.study import network_features
from prevalens.studies.tapped_network import tap_network
from prevalens.verbs.study import add_arguments
from prevalens.verbs.study_cohort import read_cohort

DATA = Path(__file__).parents[2].parent / "shared" / "data"
WEIGHTS = "weights/efficientnet_lite0_notop.keras"
KINDS = ("logistic", "balanced_logistic")
PENALTIES = (1.0, 0.1)
WBC = ("neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil")


@dataclass(frozen=True)
class Case:
    """A cohort, the options of its study, and the AUROC to beat."""

    name: str
    table: str
    options: tuple[str, ...]
    to_beat: float


CASES = (
    Case(
        "wbc",
        "wbc/labels.csv",
        ("--positive", "lymphocyte", "--patient", "none"),
        0.993,
    ),
    Case("nih_effusion", "nih_effusion/manifest.csv", ("--positive", "effusion"), 0.752),
    Case("ham10000", "ham10000/manifest.csv", ("--positive", "mel", "--patient", "lesion"), 0.838),
    Case("malaria", "malaria/manifest.csv", ("--positive", "parasitized"), 0.962),
)


def main() -> None:
    """Print a row a cohort."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the cohorts")
    parser.add_argument("--runs", type=Path, default=Path("study-runs"), help="folder of the runs")
    parser.add_argument("--only", nargs="+", choices=[case.name for case in CASES], metavar="NAME")
    parser.add_argument("--alone", action="store_true", help="leave out the twenty by hand")
    parser.add_argument("--quick", action="store_true", help="the smallest cohort alone")
    options = parser.parse_args()
    if options.quick:
        options.only = ["wbc"]
    print(
        "| cohort | to beat | study | thumbnail | best of 20 by hand | setting "
        "| CPU, estimated / took |"
    )
    print("|---|---|---|---|---|---|---|", flush=True)
    for case in CASES:
        if options.only is not None and case.name not in options.only:
            continue
        if not (options.data / case.table).is_file():
            print(f"| {case.name} | skipped: {options.data / case.table} is not there |")
            continue
        with contextlib.redirect_stdout(sys.stderr):
            made = row(case, options.data, options.runs / case.name, by_hand_too=not options.alone)
        print(made, flush=True)


def row(case: Case, data: Path, run: Path, *, by_hand_too: bool) -> str:
    """Run the study and, where they are asked for, the settings by hand; return the row."""
    run.parent.mkdir(parents=True, exist_ok=True)
    words = [str(table_of(case, data, run)), *case.options, "--weights", str(data / WEIGHTS)]
    begun, resumed = time.process_time(), run.exists()
    if command(["study", *words, "-o", str(run), "--resume"]):
        raise SystemExit(f"The study of {case.name} was refused.")
    seconds = time.process_time() - begun
    summary = StudySummary.load(run / "study.json")
    cohort, plan = planned(words, run)
    best, setting = "left out", ""
    if by_hand_too:
        found, setting = max(by_hand(cohort, plan, run), key=lambda made: made[0].value or 0.0)
        best = text(found)
    asked = (plan.network, plan.evaluation, plan.head, plan.learning_curve)
    estimated = sum(study_cost(cohort, *asked).seconds().values())
    cells = [
        case.name,
        f"{case.to_beat:.3f}",
        text(Estimate(**summary.estimates["auroc"])),
        text(Estimate(**summary.baselines["thumbnail"])),
        best,
        setting,
        f"{estimated:.0f} / {'resumed' if resumed else f'{seconds:.0f}'} s",
    ]
    return f"| {' | '.join(cells)} |"


def table_of(case: Case, data: Path, run: Path) -> Path:
    """Return the table; of the blood cells one with the names of classes and paths in full."""
    source = data / case.table
    if case.name != "wbc":
        return source
    made = run.parent / "wbc.csv"
    with source.open(newline="", encoding="utf-8") as file, made.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["image", "label"])
        for line in csv.DictReader(file):
            number, kind = (int(cell) for cell in list(line.values())[:2])
            image = source.parent.resolve() / "images" / f"{number:03d}.bmp"
            writer.writerow([image, WBC[kind - 1]])
    return made


def planned(words: list[str], run: Path) -> tuple[Cohort, StudyPlan]:
    """Return the cohort of a study, patients joined as in its plan, and the plan."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    plan = StudyPlan.read(run / "plan.json")
    cohort = read_cohort(parser.parse_args([*words, "-o", str(run)]))
    pairs = [tuple(pair) for step in plan.audit for pair in step.patients]
    return (cohort.join_patients(pairs) if pairs else cohort), plan


def by_hand(cohort: Cohort, plan: StudyPlan, run: Path) -> Iterator[tuple[Estimate, str]]:
    """Yield the AUROC on the study's held-out images at each of twenty settings."""
    network = tap_network(plan.network.weights)
    features = network_features(cohort, network, store=FeatureStore(run / "features"))
    layers = [name for name in features if "@" not in name]
    for layer, kind, penalty in product(layers, KINDS, PENALTIES):
        settings = {"kind": kind, "penalties": [penalty]}
        made = held_out(cohort, features, layer, plan, settings)
        found = auroc(made.labels, made.scores, patients=made.patients)
        yield found, f"{layer}, {kind.replace('_', ' ')}, penalty {penalty:g}"


def held_out(
    cohort: Cohort, features: Features, layer: str, plan: StudyPlan, settings: dict[str, Any]
) -> Predictions:
    """Return held-out predictions of a head on one layer, on the folds of the plan."""
    part = held_out_part(cohort, plan.evaluation, part=None, seed=plan.seed)
    cut = (
        [part]
        if part is not None
        else PatientKFold(plan.evaluation.n_splits, seed=plan.seed).partitions(cohort)
    )
    values, scores = features[layer], np.full(len(cohort), np.nan)
    for one in cut:
        rows = training_rows(one)
        head = fit_head(values[rows], cohort.labels[rows], cohort.patients[rows], **settings)
        found = head.scores(values[one.test])
        scores[one.test] = found if cohort.classes[1] == cohort.positive else 1 - found
    rows = np.flatnonzero(~np.isnan(scores))
    return Predictions.of(cohort, rows, scores[rows])


def text(of: Estimate) -> str:
    """Write an estimate with its interval."""
    if of.value is None or of.lower is None or of.upper is None:
        return "not estimable" if of.value is None else f"{of.value:.3f}"
    return f"{of.value:.3f} ({of.lower:.3f} to {of.upper:.3f})"


if __name__ == "__main__":
    main()
