"""Which process this is, and how many a launcher announces."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from prevalens._processes import (
    agreed,
    announced_processes,
    leave_with,
    possible_processes,
    running_processes,
)


def without_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what started these tests."""
    for name in list(os.environ):
        if name in {"RANK", "WORLD_SIZE", "TF_CONFIG"} or name.startswith(
            ("OMPI_", "PMI_", "SLURM_")
        ):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, ("", 1)),
        ({"RANK": "1", "WORLD_SIZE": "4"}, ("WORLD_SIZE", 4)),
        ({"RANK": "0", "WORLD_SIZE": "1"}, ("", 1)),
        ({"WORLD_SIZE": "4"}, ("", 1)),
        ({"RANK": "0", "WORLD_SIZE": "many"}, ("", 1)),
        ({"TF_CONFIG": '{"cluster": {"worker": ["a:1", "b:1"]}}'}, ("TF_CONFIG", 2)),
        ({"TF_CONFIG": '{"cluster": {"chief": ["a:1"], "worker": ["b:1"]}}'}, ("TF_CONFIG", 2)),
        ({"TF_CONFIG": "no json"}, ("", 1)),
        (
            {"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"},
            ("OMPI_COMM_WORLD_SIZE", 2),
        ),
        ({"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1"}, ("", 1)),
        ({"PMI_RANK": "0", "PMI_SIZE": "3"}, ("PMI_SIZE", 3)),
        # Started by srun, as one of four; as one of its own; and a batch script before any srun.
        (
            {"SLURM_PROCID": "2", "SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "4"},
            ("SLURM_STEP_NUM_TASKS", 4),
        ),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "1"}, ("", 1)),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4"}, ("", 1)),
        ({"TF_CONFIG": "[]"}, ("", 1)),
    ],
)
def test_a_launcher_is_recognised_by_its_variables(
    env: dict[str, str], expected: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Torchrun sets RANK and WORLD_SIZE, TensorFlow's strategies read TF_CONFIG."""
    without_launcher(monkeypatch)
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    assert announced_processes() == expected


@pytest.mark.parametrize(
    ("env", "tasks"),
    [
        ({}, 1),
        ({"SLURM_NTASKS": "4", "SLURM_PROCID": "0"}, 4),
        ({"SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"}, 1),
        ({"SLURM_NTASKS": "4", "RANK": "0", "WORLD_SIZE": "4"}, 1),
    ],
)
def test_tasks_of_a_batch_script_may_run_or_not(
    env: dict[str, str], tasks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where neither srun nor another launcher says how many there are."""
    without_launcher(monkeypatch)
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    assert possible_processes() == tasks


def test_one_process_is_the_first_and_agrees_with_itself() -> None:
    """Where nothing is connected there is one process, and its values stay to the last bit."""
    assert running_processes() == (0, 1)
    assert agreed([0.1, 1 / 3]) == [0.1, 1 / 3]


# A lock is gone with its process, also where nobody has asked yet how that ended.
WORKERS = """
import fcntl, os, sys, time
import joblib
from prevalens.cohorts import Cohort
from prevalens.studies import cross_predict

def build(cohort, fold):
    held = open(f"{sys.argv[1]}/{os.getpid()}", "w")
    fcntl.lockf(held, fcntl.LOCK_EX)
    open(f"{sys.argv[1]}/{os.getpid()}.held", "w").close()
    time.sleep(300)

if __name__ == "__main__":
    names = [str(k) for k in range(8)]
    labels = ["well", "ill"] * 4
    cohort = Cohort(images=names, labels=labels, patients=names, positive="ill")
    cross_predict(cohort, build, n_splits=2, n_jobs=2)
"""


def wait_for(done: Callable[[], bool], *, seconds: float) -> bool:
    """Ask until it is so; return whether it was in time."""
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.1)
    return done()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell that a parent ended")
def test_workers_end_with_the_process_that_was_killed(tmp_path: Path) -> None:
    """Two workers in the middle of a fold: seconds after SIGKILL neither is there any more."""
    fcntl = pytest.importorskip("fcntl", exc_type=ImportError)
    (tmp_path / "program.py").write_text(WORKERS, encoding="utf-8")
    (tmp_path / "workers").mkdir()
    workers = tmp_path / "workers"
    parent = subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py"), str(workers)], stderr=subprocess.DEVNULL
    )

    def is_free(path: Path) -> bool:
        with path.open("w") as opened:
            try:
                fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
        return True

    try:
        assert wait_for(lambda: len(list(workers.glob("*.held"))) == 2, seconds=120)
        held = [path.with_suffix("") for path in workers.glob("*.held")]
        assert not any(map(is_free, held))
    finally:
        parent.kill()
        parent.wait()
    assert wait_for(lambda: all(map(is_free, held)), seconds=15)


def test_a_process_that_is_no_worker_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work that is done in the process that hands it out, or far from it, starts no watch."""
    monkeypatch.setattr("prevalens._processes.threading.Thread", None)
    leave_with(os.getpid())
