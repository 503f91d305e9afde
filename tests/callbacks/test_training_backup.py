"""A killed run goes on as if nothing had happened, and a broken backup is said so."""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prevalens import callbacks
from prevalens._seeding import generator
from prevalens.exceptions import InvalidInputError, PrevalensWarning

keras = pytest.importorskip("keras", exc_type=ImportError)
killed_run = pytest.importorskip("callbacks.killed_run", exc_type=ImportError)
pytestmark = pytest.mark.keras

PROGRAM = Path(__file__).with_name("killed_run.py")
# Each kill starts the interpreter and the backend anew; more of them: PREVALENS_KILLS=20.
KILLS = int(os.environ.get("PREVALENS_KILLS", "1"))


def start(images: Path, run: Path) -> subprocess.Popen[bytes]:
    """Start the program that may be killed."""
    run.mkdir(exist_ok=True)
    return subprocess.Popen([sys.executable, str(PROGRAM), str(images), str(run)])


def finish(program: subprocess.Popen[bytes], run: Path) -> dict[str, Any]:
    """Wait for the program and return its result."""
    assert program.wait(timeout=120) == 0
    result: dict[str, Any] = json.loads((run / "result.json").read_text())
    return result


def kill_after(program: subprocess.Popen[bytes], run: Path, n_ticks: int) -> None:
    """Kill the program, past all handlers, once it has left so many more bytes."""
    ticks = run / "ticks"
    before = ticks.stat().st_size if ticks.exists() else 0
    while program.poll() is None:
        if ticks.exists() and ticks.stat().st_size >= before + n_ticks:
            program.kill()
            program.wait()
            return
        time.sleep(0.0005)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Make 24 images of 16x16 pixels, 8 of them sick and brighter."""
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(4)
    for number in range(24):
        label = "sick" if number < 8 else "well"
        made = rng.integers(0, 180, (16, 16, 3)) + 60 * (number < 8)
        Image.fromarray(made.astype(np.uint8)).save(folder / f"{number:02d}_{label}.png")
    return folder


def test_a_run_killed_at_random_moments_ends_as_if_never_killed(
    images: Path, tmp_path: Path
) -> None:
    """After SIGKILL the history, the rule's acts and the weights equal the whole run's bits."""
    whole = finish(start(images, tmp_path / "whole"), tmp_path / "whole")
    rng = generator(int(time.time()), "kills")
    for _ in range(KILLS):
        # A run of 6 epochs leaves 1 + 6 * (1 + 4 + 2) + 2 bytes; 20 cover three epochs.
        kill_after(start(images, tmp_path / "run"), tmp_path / "run", int(rng.integers(1, 20)))
    resumed = finish(start(images, tmp_path / "run"), tmp_path / "run")

    assert_same(resumed, whole)
    assert len(whole["history"]["loss"]) == 6


def assert_same(run: dict[str, Any], whole: dict[str, Any]) -> None:
    """Fail unless two runs have the same logs, acts and weights, bit for bit."""
    assert run["history"] == whole["history"]
    assert run["actions"] == whole["actions"]
    assert run["weights"] == whole["weights"]


def test_a_run_left_at_any_hook_ends_as_if_never_left(images: Path, tmp_path: Path) -> None:
    """The same within one process, where it is cheap to stop at many more moments, twice each."""
    (tmp_path / "whole").mkdir()
    whole = killed_run.main(images, tmp_path / "whole")
    for first, second in ((1, 9), (8, 30), (15, 16), (40, 25)):
        run = tmp_path / f"run {first} {second}"
        run.mkdir()
        for last in (first, second):
            with pytest.raises(killed_run.Killed):
                killed_run.main(images, run, last=last)

        assert_same(killed_run.main(images, run), whole)


def model() -> Any:
    """Return a small compiled model with dropout."""
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
    made.compile(keras.optimizers.Adam(0.1), loss="mse", jit_compile=False)
    return made


def train(made: Any, *followers: Any, epochs: int, first: int = 0) -> Any:
    """Fit the model on eight rows in order."""
    rows = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    return made.fit(
        rows,
        rows[:, 0],
        epochs=epochs,
        initial_epoch=first,
        batch_size=4,
        shuffle=False,
        verbose=0,
        callbacks=list(followers),
    )


def adjuster(**settings: Any) -> Any:
    """Return a silent adjuster of the training loss."""
    return callbacks.LRA(monitor="loss", threshold=None, verbose=0, **settings)


def test_a_full_disk_costs_the_backup_and_not_the_training(tmp_path: Path) -> None:
    """A write refused by the kernel gives a warning; the epoch before stays whole."""
    path = tmp_path / "backup.npz"
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(epoch: int, _: object) -> None:
        if epoch == 1:
            resource.setrlimit(resource.RLIMIT_FSIZE, (256, hard))

    disk = keras.callbacks.LambdaCallback(on_epoch_begin=fill)
    try:
        with pytest.warns(PrevalensWarning, match=r"backup of epoch 2 could not be.*Free some"):
            train(model(), disk, callbacks.TrainingBackup(path), epochs=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))

    assert callbacks.TrainingBackup(path).restore(model(), epochs=5) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["backup.npz"]


def test_without_a_backup_the_run_starts_at_0(tmp_path: Path) -> None:
    """No file means the first epoch is 0."""
    assert callbacks.TrainingBackup(tmp_path / "none.npz").restore(model(), epochs=5) == 0


def test_a_run_that_had_stopped_trains_no_more(tmp_path: Path) -> None:
    """Restoring a run that the adjuster ended answers `epochs`; fit then gives its weights."""
    first, adjusters = model(), adjuster(min_delta=1e6)
    train(first, adjusters, callbacks.TrainingBackup(tmp_path / "b.npz", adjusters), epochs=9)
    again, fresh = model(), adjuster(min_delta=1e6)
    backup = callbacks.TrainingBackup(tmp_path / "b.npz", fresh)
    begin = backup.restore(again, epochs=9)
    train(again, fresh, backup, epochs=9, first=begin)

    assert begin == 9
    assert len(backup.history["loss"]) == len(adjusters.record) == 4
    for ours, theirs in zip(again.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_more_epochs_may_follow_a_finished_run(tmp_path: Path) -> None:
    """Two epochs, then two more from the backup, equal four in one go."""
    whole, parts = model(), model()
    parts.set_weights(whole.get_weights())
    for made, epochs in ((whole, 4), (parts, 2)):
        made.layers[0].seed_generator.state.assign([3, 4])
        keras.utils.set_random_seed(3)
        train(made, callbacks.TrainingBackup(tmp_path / f"{epochs}.npz"), epochs=epochs)
    fresh = model()
    backup = callbacks.TrainingBackup(tmp_path / "2.npz")
    train(fresh, backup, epochs=4, first=backup.restore(fresh, epochs=4))

    assert len(backup.history["loss"]) == 4
    for ours, theirs in zip(fresh.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_backup_must_come_after_what_it_saves(tmp_path: Path) -> None:
    """Listed before the adjuster, the backup would save the epoch before; it refuses."""
    follower = adjuster()
    backup = callbacks.TrainingBackup(tmp_path / "b.npz", follower)
    with pytest.raises(InvalidInputError, match=r"has not seen epoch 1 yet. List it in"):
        train(model(), backup, follower, epochs=1)


def test_a_callback_without_a_state_is_refused() -> None:
    """EarlyStopping cannot give what it remembers, so it is not taken."""
    with pytest.raises(InvalidInputError, match="EarlyStopping has no get_state"):
        callbacks.TrainingBackup("b.npz", keras.callbacks.EarlyStopping())
    with pytest.raises(InvalidInputError, match=r"must end in \.npz, got 'b\.h5'"):
        callbacks.TrainingBackup("b.h5")


def test_a_backup_of_another_model_names_the_shape(tmp_path: Path) -> None:
    """A model of another width is refused with both shapes; other callbacks by their number."""
    path = tmp_path / "b.npz"
    train(model(), callbacks.TrainingBackup(path), epochs=1)
    wide = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
    wide.compile("adam", loss="mse")
    with pytest.raises(InvalidInputError, match=r"shape \(3, 1\) where .*kernel has \(4, 1\)"):
        callbacks.TrainingBackup(path).restore(wide, epochs=1)
    deep = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    deep.compile("adam", loss="mse")
    with pytest.raises(InvalidInputError, match="is of another model"):
        callbacks.TrainingBackup(path).restore(deep, epochs=1)
    with pytest.raises(InvalidInputError, match="holds the state of 0 callbacks, got 1"):
        callbacks.TrainingBackup(path, adjuster()).restore(model(), epochs=1)


def test_a_file_of_another_kind_or_version_is_refused(tmp_path: Path) -> None:
    """Arrays of something else, a later version and a cut file are each said so."""
    path = tmp_path / "b.npz"
    np.savez(path, a=np.zeros(3))
    with pytest.raises(InvalidInputError, match="is no training backup"):
        callbacks.TrainingBackup(path).restore(model(), epochs=1)
    later = json.dumps({"format": "prevalens training backup", "version": 2}).encode()
    np.savez(path, record=np.frombuffer(later, np.uint8))
    with pytest.raises(InvalidInputError, match="has version 2; this prevalens reads 1"):
        callbacks.TrainingBackup(path).restore(model(), epochs=1)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InvalidInputError, match="is no whole file of arrays"):
        callbacks.TrainingBackup(path).restore(model(), epochs=1)
