"""Which process this is, and how many a launcher announces."""

import pytest

from prevalens._processes import agreed, announced_processes, running_processes


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
        ({"TF_CONFIG": "[]"}, ("", 1)),
    ],
)
def test_a_launcher_is_recognised_by_its_variables(
    env: dict[str, str], expected: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Torchrun sets RANK and WORLD_SIZE, TensorFlow's strategies read TF_CONFIG."""
    for name in ("RANK", "WORLD_SIZE", "TF_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    assert announced_processes() == expected


def test_one_process_is_the_first_and_agrees_with_itself() -> None:
    """Where nothing is connected there is one process, and its values stay to the last bit."""
    assert running_processes() == (0, 1)
    assert agreed([0.1, 1 / 3]) == [0.1, 1 / 3]
