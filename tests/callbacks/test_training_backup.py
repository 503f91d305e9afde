"""A killed run goes on as if nothing had happened, and a broken backup is said so."""

import contextlib
import copy
import json
import logging
import os
import pickle
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prevalens import callbacks
from prevalens.exceptions import InvalidInputError, PrevalensWarning

keras = pytest.importorskip("keras", exc_type=ImportError)
killed_run = pytest.importorskip("callbacks.killed_run", exc_type=ImportError)
training_backup = pytest.importorskip("prevalens.callbacks.training_backup", exc_type=ImportError)
pytestmark = pytest.mark.keras

LOG = logging.getLogger(__name__)
PROGRAM = Path(__file__).with_name("killed_run.py")
# Each kill starts the interpreter and the backend anew; `nox -s kills` asks for 20. The seed of
# the moments is in the output of a run that failed: PREVALENS_KILLS_SEED replays them.
KILLS = int(os.environ.get("PREVALENS_KILLS", "1"))
SEED = int(os.environ.get("PREVALENS_KILLS_SEED", time.time_ns() // 1000))
# 2 bytes are written at the start and 6 an epoch, so a kill comes within 5 epochs.
MOST_TICKS = 20
MOST_EPOCHS = 5


def start(images: Path, run: Path, *, epochs: int) -> subprocess.Popen[bytes]:
    """Start the program that may be killed."""
    run.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(images), str(run), str(epochs)],
        stdout=subprocess.PIPE,
        bufsize=0,
    )


def finish(program: subprocess.Popen[bytes], run: Path) -> dict[str, Any]:
    """Wait for the program and return its result."""
    program.communicate(timeout=300)
    assert program.returncode == 0
    result: dict[str, Any] = json.loads((run / "result.json").read_text())
    return result


def kill_at_random(program: subprocess.Popen[bytes], rng: np.random.Generator) -> str:
    """Kill the program past all handlers, half of the time while it saves; say when.

    The moment is a number of hooks, and a time after it that is no hook's: the saving of an
    epoch takes some 20 milliseconds, a step of four images between 1 and 50.
    """
    assert program.stdout is not None
    ticks, saving = int(rng.integers(1, MOST_TICKS + 1)), bool(rng.integers(2))
    delay = float(rng.uniform(0, 0.02))
    seen = 0
    while byte := program.stdout.read(1):
        seen += 1
        if seen >= ticks and (byte == b"s" or not saving):
            time.sleep(delay)
            break
    program.kill()
    program.communicate()
    return f"hook {seen}{' (saving)' if saving else ''} + {1000 * delay:.1f} ms"


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
    """After each SIGKILL the run goes on; its end equals the whole run's, to the last bit."""
    epochs = 6 + MOST_EPOCHS * KILLS
    whole = finish(start(images, tmp_path / "whole", epochs=epochs), tmp_path / "whole")
    run = tmp_path / "run"
    rng = np.random.default_rng(SEED)
    struck, earlier = 0, set[str]()
    LOG.info("PREVALENS_KILLS=%d PREVALENS_KILLS_SEED=%d", KILLS, SEED)
    for number in range(KILLS):
        program = start(images, run, epochs=epochs)
        moment = kill_at_random(program, rng)
        assert program.returncode == -signal.SIGKILL
        left = {file.name for file in run.glob(".*.npz")}
        struck += bool(left - earlier)
        LOG.info("kill %d: %s, left %s", number + 1, moment, sorted(left - earlier))
        earlier = left
    resumed = finish(start(images, run, epochs=epochs), run)
    LOG.info("%d of %d kills while a file was written", struck, KILLS)
    LOG.info("the last start went on after epoch %d of %d", resumed["first"], epochs)

    assert_same(tmp_path, resumed, whole)
    assert len(whole["history"]["loss"]) == epochs
    assert "lowered, restored" in whole["actions"]
    assert sum("unfreeze" in action for action in whole["actions"]) == 1
    assert sorted(file.name for file in run.iterdir()) == ["backup.npz", "best.npz", "result.json"]


def assert_same(folder: Path, run: dict[str, Any], whole: dict[str, Any]) -> None:
    """Fail unless two runs end the same: logs, acts, weights, slots, random states."""
    for part in ("history", "actions", "weights"):
        assert run[part] == whole[part], part
    with np.load(folder / "run/backup.npz") as ours, np.load(folder / "whole/backup.npz") as theirs:
        # The record beside the arrays is JSON; it tells how long each epoch took.
        assert ours.files == theirs.files
        for name in set(ours.files) - {"record"}:
            np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def leave_after(n_ticks: int) -> Any:
    """Return a tick that stands for a kill once it was called so often."""
    left = iter(range(n_ticks))

    def tick(_: bytes) -> None:
        if next(left, None) is None:
            raise killed_run.Killed

    return tick


def test_a_run_left_twice_ends_as_if_never_left(images: Path, tmp_path: Path) -> None:
    """The same within one process, left twice: in the third epoch, then before the next end."""
    (tmp_path / "whole").mkdir()
    whole = killed_run.main(images, tmp_path / "whole", epochs=6)
    (tmp_path / "run").mkdir()
    for ticks in (18, 15):
        with pytest.raises(killed_run.Killed):
            killed_run.main(images, tmp_path / "run", epochs=6, tick=leave_after(ticks))

    assert_same(tmp_path, killed_run.main(images, tmp_path / "run", epochs=6), whole)


# numpy 2.1 leaves its archive open where the disk is full, which Python tells when it is collected.
archive_left_open = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <function ZipFile:pytest.PytestUnraisableExceptionWarning"
)


@contextlib.contextmanager
def full_disk(epochs: range) -> Iterator[Any]:
    """Give a callback; the kernel refuses every write of over 256 bytes in these epochs."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(epoch: int, _: object) -> None:
        soft = 256 if epoch in epochs else hard
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    try:
        yield keras.callbacks.LambdaCallback(on_epoch_begin=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@archive_left_open
def test_a_run_left_on_a_full_disk_ends_as_if_never_left(images: Path, tmp_path: Path) -> None:
    """The disk is full in epochs 3 to 5; left in the fifth, the run goes on after the second."""
    for name in ("whole", "run"):
        (tmp_path / name).mkdir()
    whole = killed_run.main(images, tmp_path / "whole", epochs=6)
    with (
        full_disk(range(2, 5)) as disk,
        pytest.warns(PrevalensWarning) as told,
        pytest.raises(killed_run.Killed),
    ):
        killed_run.main(images, tmp_path / "run", disk, epochs=6, tick=leave_after(30))
    resumed = killed_run.main(images, tmp_path / "run", epochs=6)

    said = " ".join(str(warning.message) for warning in told)
    assert all(f"backup of epoch {epoch} could not be" in said for epoch in (3, 4))
    assert resumed["first"] == 2
    assert_same(tmp_path, resumed, whole)


@archive_left_open
def test_a_full_disk_changes_nothing_that_is_learned(images: Path, tmp_path: Path) -> None:
    """While the disk is full memory holds the best weights; the end is that of any run."""
    for name in ("whole", "run"):
        (tmp_path / name).mkdir()
    whole = killed_run.main(images, tmp_path / "whole", epochs=5)
    with full_disk(range(1, 3)) as disk, pytest.warns(PrevalensWarning) as told:
        run = killed_run.main(images, tmp_path / "run", disk, epochs=5)

    assert whole["actions"][1] == "kept"
    assert any("best weights could not be written" in str(warning.message) for warning in told)
    assert_same(tmp_path, run, whole)


def model() -> Any:
    """Return a small compiled model with dropout."""
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
    made.compile(
        keras.optimizers.Adam(0.1), loss="mse", jit_compile=keras.backend.backend() == "jax"
    )
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


@archive_left_open
def test_a_full_disk_costs_the_backup_and_not_the_training(tmp_path: Path) -> None:
    """A write refused by the kernel gives a warning; the epoch before stays whole."""
    path = tmp_path / "backup.npz"
    with (
        full_disk(range(1, 2)) as disk,
        pytest.warns(PrevalensWarning, match=r"backup of epoch 2 could not be.*Free some"),
    ):
        train(model(), disk, callbacks.TrainingBackup(path), epochs=2)

    assert [file.name for file in tmp_path.iterdir()] == ["backup.npz"]
    assert callbacks.TrainingBackup(path).restore(model(), epochs=5) == 1


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


def test_what_a_layer_learned_of_the_data_comes_back(tmp_path: Path) -> None:
    """Normalization computes with constants beside its weights; those are made anew."""
    rows = np.random.default_rng(0).normal(5, 3, size=(8, 3)).astype("float32")

    def made() -> Any:
        layers = [keras.Input((3,)), keras.layers.Normalization(), keras.layers.Dense(1)]
        built = keras.Sequential(layers)
        built.compile("sgd", "mse")
        return built

    first, again = made(), made()
    first.layers[0].adapt(rows)
    train(first, callbacks.TrainingBackup(tmp_path / "b.npz"), epochs=1)
    callbacks.TrainingBackup(tmp_path / "b.npz").restore(again, epochs=1)

    np.testing.assert_array_equal(again.predict(rows, verbose=0), first.predict(rows, verbose=0))


def test_a_model_that_has_trained_may_be_taken_back(tmp_path: Path) -> None:
    """Its optimizer is there already, and gets the momenta of the backup."""
    made = model()
    train(made, callbacks.TrainingBackup(tmp_path / "b.npz"), epochs=1)
    kept = [np.array(variable) for variable in made.optimizer.variables]
    train(made, epochs=3, first=1)
    assert int(made.optimizer.iterations) == 6
    callbacks.TrainingBackup(tmp_path / "b.npz").restore(made, epochs=3)

    for ours, theirs in zip(made.optimizer.variables, kept, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(ours), theirs)


def test_a_broken_loss_is_kept_in_json_that_every_reader_takes(tmp_path: Path) -> None:
    """A loss that is no number is written without `NaN`, which JSON lacks, and read back as nan."""
    made, follower, path = model(), adjuster(), tmp_path / "b.npz"
    made.set_weights([np.full_like(weights, np.nan) for weights in made.get_weights()])
    with pytest.warns(PrevalensWarning, match="is not a finite number in epoch 1"):
        train(made, follower, callbacks.TrainingBackup(path, follower), epochs=3)
    with np.load(path) as stored:
        record = json.loads(stored["record"].tobytes(), parse_constant=pytest.fail)
    fresh = callbacks.TrainingBackup(path, adjuster())
    fresh.restore(model(), epochs=3)

    assert record["history"]["loss"] == [{"float": "nan"}]
    assert np.isnan(fresh.history["loss"]).all()
    assert np.isnan(fresh.callbacks[0].record.rows[0].value)  # type: ignore[attr-defined]


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


def test_a_run_does_not_go_on_with_other_data_or_settings(tmp_path: Path) -> None:
    """Another array, another setting and another backend are refused; the same ones go on."""
    rows = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    path = tmp_path / "b.npz"

    def go_on(data: Any, *, rate: float = 0.1) -> None:
        made = model()
        backup = callbacks.TrainingBackup(path, settings={"rate": rate})
        first = backup.restore(made, epochs=3)
        settings = {"epochs": 3, "shuffle": False, "verbose": 0, "initial_epoch": first}
        made.fit(data, rows[:, 0], callbacks=[backup], **settings)

    made = model()
    backup = callbacks.TrainingBackup(path, settings={"rate": 0.1})
    made.fit(rows, rows[:, 0], epochs=1, shuffle=False, verbose=0, callbacks=[backup])
    with pytest.raises(InvalidInputError, match=r"other training data: content was .* and is"):
        go_on(rows + 1)
    with pytest.raises(InvalidInputError, match=r"other settings: rate was 0\.1 and is 0\.2"):
        go_on(rows, rate=0.2)
    go_on(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.backend, "backend", lambda: "another")
        with pytest.raises(InvalidInputError, match=r"written on .* and this is another"):
            callbacks.TrainingBackup(path, settings={"rate": 0.1}).restore(model(), epochs=3)


def test_another_version_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run goes on, with a warning that names the package and both versions."""
    path = tmp_path / "b.npz"
    train(model(), callbacks.TrainingBackup(path), epochs=1)
    changed = training_backup.relevant_versions(keras.backend.backend()) | {"keras": "9.9"}
    monkeypatch.setattr(training_backup, "relevant_versions", lambda _: changed)
    with pytest.warns(PrevalensWarning, match=r"other versions \(keras \S+ -> 9\.9\)"):
        assert callbacks.TrainingBackup(path).restore(model(), epochs=3) == 1


def test_a_second_process_may_not_use_the_file(tmp_path: Path) -> None:
    """While another process holds the backup, neither restoring nor training is possible."""
    program = (
        "import sys; from prevalens.callbacks import RunLock\n"
        "with RunLock(sys.argv[1]): print('held', flush=True); sys.stdin.read()"
    )
    path = tmp_path / "b.npz"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(InvalidInputError, match="in use by another run"):
            callbacks.TrainingBackup(path).restore(model(), epochs=1)
        with pytest.raises(InvalidInputError, match="in use by another run"):
            train(model(), callbacks.TrainingBackup(path), epochs=1)


def test_one_value_a_class_stands_in_the_history(tmp_path: Path) -> None:
    """A metric with several values is kept as a list an epoch."""
    path, made = tmp_path / "b.npz", model()
    several = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda _, logs: logs.update(f1=np.array([0.25, 0.5]))
    )
    train(made, several, callbacks.TrainingBackup(path), epochs=1)
    fresh = callbacks.TrainingBackup(path)
    fresh.restore(model(), epochs=1)

    assert fresh.history["f1"] == [[0.25, 0.5]]


def test_what_has_not_begun_can_be_copied(tmp_path: Path) -> None:
    """Adjuster, backup and lock go through pickle and deepcopy with their settings."""
    follower = adjuster(patience=4)
    backup = callbacks.TrainingBackup(tmp_path / "b.npz", follower)
    for again in (pickle.loads(pickle.dumps(backup)), copy.deepcopy(backup)):  # noqa: S301
        assert again.path == backup.path
        assert again.callbacks[0].rule == follower.rule
