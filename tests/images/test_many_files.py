"""Many files: order, workers, progress and refusals."""

import io
import subprocess
import sys
from pathlib import Path

import joblib
import pytest

from prevalens.exceptions import UnreadableImageError
from prevalens.images import hash_files
from prevalens.images.many_files import map_files


def length_of(path: str, *, factor: int = 1) -> int:
    """Return the length of a path, refusing those that hold 'bad'."""
    if "bad" in path:
        raise UnreadableImageError(f"{path} is bad.")
    return len(path) * factor


def name_of(path: str | Path) -> str:
    """Return a path's last part."""
    return Path(path).name


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


@pytest.mark.parametrize("n_jobs", [None, 1, 2])
def test_results_are_in_the_order_of_the_paths(n_jobs: int | None) -> None:
    """More files than one round of workers takes come back in order, settings passed on."""
    paths = ["x" * (1 + k % 7) for k in range(1200)]

    assert map_files(length_of, paths, n_jobs=n_jobs, factor=3) == [3 * len(p) for p in paths]


def test_a_configured_backend_of_joblib_is_followed() -> None:
    """`joblib.parallel_config` chooses processes; the results stay the same."""
    with joblib.parallel_config(backend="loky", n_jobs=2):
        found = map_files(name_of, ["x/a", "x/bb", "x/ccc"])

    assert found == ["a", "bb", "ccc"]


def test_workers_left_in_another_folder_see_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes that joblib keeps from a call in one folder read the relative paths of another."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "image.bin").write_text(name)
        monkeypatch.chdir(tmp_path / name)
        with joblib.parallel_config(backend="loky", n_jobs=2):
            found = hash_files(["image.bin"] * 8)

        assert found.tolist() == hash_files([tmp_path / name / "image.bin"] * 8).tolist()


DASK = """
import sys
import joblib
from distributed import Client, LocalCluster
from prevalens.exceptions import UnreadableImageError
from prevalens.images import hash_files

if __name__ == "__main__":
    paths = sys.argv[1:]
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster), joblib.parallel_config(backend="dask"):
            print(*hash_files(paths), sep="\\n")
            try:
                hash_files([paths[0], "gone"])
            except UnreadableImageError as error:
                print(error)
"""


def test_a_dask_cluster_gives_the_same_results(tmp_path: Path) -> None:
    """Two Dask worker processes hash and refuse the same files as this process does."""
    pytest.importorskip("distributed", reason="dask[distributed] is not installed")
    paths = [tmp_path / f"{k}.bin" for k in range(40)]
    for path in paths:
        path.write_text(path.name)
    script = tmp_path / "spread.py"
    script.write_text(DASK)

    # A process of its own: the cluster opens sockets, which tests here must not.
    done = subprocess.run(
        [sys.executable, str(script), *map(str, paths)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    *hashes, refusal = done.stdout.splitlines()
    assert hashes == hash_files(paths).tolist()
    assert refusal.startswith("gone does not exist")


def test_one_refusal_is_raised_as_it_is() -> None:
    """A single bad file's own error is raised."""
    with pytest.raises(UnreadableImageError, match=r"^bad1 is bad\.$"):
        map_files(length_of, ["a", "bad1"])


def test_several_refusals_are_listed() -> None:
    """Two bad files of three are counted and both named."""
    with pytest.raises(UnreadableImageError, match=r"2 of 3 files.*\n- bad1 .*\n- bad2 "):
        map_files(length_of, ["bad1", "a", "bad2"])


def test_progress_is_shown_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On a terminal the line ends with all files; into a file nothing is written."""
    monkeypatch.setenv("TERM", "xterm")
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        monkeypatch.setattr("sys.stderr", stream)
        map_files(length_of, ["a"] * 600, progress="read")

    assert "read" in terminal.getvalue()
    assert "600 of 600 files" in terminal.getvalue()
    assert file.getvalue() == ""
