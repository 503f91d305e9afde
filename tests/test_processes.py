"""Which process this is, and how many a launcher announces."""

import os

import pytest

from prevalens._processes import (
    agreed,
    announced_processes,
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
