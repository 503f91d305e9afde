"""A study that is killed at any moment goes on, and ends with the same bytes."""

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from studies.small_network import save_network

from prevalens.cohorts import Cohort
from prevalens.studies.study import FILES

pytestmark = pytest.mark.keras

LOG = logging.getLogger(__name__)
# As in tests/callbacks/test_training_backup.py: `nox -s kills` asks for 20, of any seed.
KILLS = int(os.environ.get("PREVALENS_KILLS", "1"))
SEED = int(os.environ.get("PREVALENS_KILLS_SEED", time.time_ns() // 1000))
_STEPS = 4  # at least; lines that begin with dots: features, held-out scores, baselines, the model
_LONGEST = 1.5  # seconds past a line: on a free core a step takes less


def start(cohort: Cohort, weights: Path, run: Path, *words: str) -> subprocess.Popen[str]:
    """Start the study, or go on with it."""
    table = cohort.root / "images.csv"
    odd = [str(int(patient.encode()[-1]) % 2) for patient in cohort.patients]
    names = cohort.label_names
    sick = [str(int(name == "sick")) for name in names]
    rows = zip(cohort.images, names, cohort.patients, sick, odd, strict=True)
    head = "image,label,patient,is_sick,is_odd"
    table.write_text("\n".join([head, *map(",".join, rows)]) + "\n", "utf-8")
    command = ["study", str(table), *words, "--weights", str(weights), "--resume"]
    return subprocess.Popen(
        [sys.executable, "-m", "prevalens", *command, "-o", str(run)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        bufsize=1,
    )


def kill_at_random(program: subprocess.Popen[str], rng: np.random.Generator) -> str:
    """Kill it past all handlers, some time after a line of its progress; say when."""
    assert program.stdout is not None
    asked, delay = int(rng.integers(1, _STEPS + 1)), float(rng.uniform(0, _LONGEST))
    seen = 0
    for line in program.stdout:
        seen += line.startswith("...")
        if seen == asked:
            break
    time.sleep(delay)
    program.send_signal(signal.SIGKILL)
    program.communicate()
    return f"step {seen} + {delay:.2f} s, code {program.returncode}"


@pytest.mark.parametrize(
    "words", [("--positive", "sick"), ("--labels", "is_*", "--patient", "patient")]
)
def test_a_study_killed_at_random_moments_ends_with_the_same_bytes(
    image_cohort: Cohort, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """After each SIGKILL the same command goes on; every file equals that of a whole run.

    The same holds of two labels that an image may have both of.
    """
    weights = save_network(tmp_path / "net.keras")
    whole, run = tmp_path / "whole", tmp_path / "run"
    program = start(image_cohort, weights, whole, *words)
    program.communicate(timeout=300)
    assert program.returncode == 0
    rng = np.random.default_rng(SEED)
    LOG.info("PREVALENS_KILLS=%d PREVALENS_KILLS_SEED=%d", KILLS, SEED)
    for number in range(KILLS):
        LOG.info(
            "kill %d: %s, left %s",
            number + 1,
            kill_at_random(start(image_cohort, weights, run, *words), rng),
            sorted(file.name for file in run.glob("*")),
        )
    program = start(image_cohort, weights, run, *words)
    program.communicate(timeout=300)
    assert program.returncode == 0

    for name in FILES:
        if name != "model.keras":  # an archive holds the time at which it was written
            assert (run / name).read_bytes() == (whole / name).read_bytes(), name
    assert {file.name for file in run.iterdir()} == {file.name for file in whole.iterdir()}
