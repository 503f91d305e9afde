"""Importing is light: stages and names load on first use."""

import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import prevalens
from prevalens._lazy import STAGES, lazy_names
from prevalens.exceptions import MissingExtraError


def test_the_root_offers_the_stages_and_the_version() -> None:
    """`dir(prevalens)` lists every stage, and each can be reached."""
    assert dir(prevalens) == sorted([*STAGES, "__version__", "show_versions", "versions"])
    assert prevalens.cohorts.Cohort.__name__ == "Cohort"


def test_importing_the_root_loads_nothing_heavy() -> None:
    """Neither numpy nor any stage is imported with the root."""
    program = (
        "import sys, prevalens\n"
        "loaded = {'numpy', 'keras', 'sklearn', 'scipy', 'PIL'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_name_is_kept_once_loaded() -> None:
    """The second look-up does not go through the loader."""
    load = lazy_names("prevalens.metrics", {"Estimate": "prevalens.metrics.estimate"})

    assert load("Estimate") is prevalens.metrics.Estimate
    with pytest.raises(AttributeError, match="offers"):
        load("Estimates")


@pytest.mark.parametrize(("asked", "said"), [("jax", "names 'jax'"), (None, "no KERAS_BACKEND")])
def test_a_missing_backend_says_which_three_commands_mend_it(
    asked: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that fails for want of a backend raises with three commands to paste."""
    (tmp_path / "wants_jax.py").write_text("raise ModuleNotFoundError('no jax', name='jax')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("importlib.import_module", _import_from(tmp_path))
    if asked:
        monkeypatch.setenv("KERAS_BACKEND", asked)
    else:
        monkeypatch.delenv("KERAS_BACKEND", raising=False)

    with pytest.raises(MissingExtraError, match=said) as caught:
        lazy_names("stage", {"Thing": "stage.wants_jax"})("Thing")
    for backend in ("tensorflow", "jax", "torch"):
        assert f"pip install 'prevalens[{backend}]'" in str(caught.value)


def test_a_backend_that_is_there_but_not_selected_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With JAX alone and nothing selected, Keras asks for TensorFlow; a line says how to select."""
    (tmp_path / "wants.py").write_text("raise ModuleNotFoundError('no', name='tensorflow')\n")
    there: dict[str, object] = {"jax": object()}
    monkeypatch.setattr("importlib.util.find_spec", there.get)
    monkeypatch.setattr("importlib.import_module", _import_from(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)

    with pytest.raises(MissingExtraError, match=r"`jax` is here .* KERAS_BACKEND=jax selects"):
        lazy_names("stage", {"Thing": "stage.wants"})("Thing")
    there.clear()
    with pytest.raises(MissingExtraError, match=r"export KERAS_BACKEND=torch\n\(In Python, before"):
        lazy_names("stage", {"Thing": "stage.wants"})("Thing")


def test_the_remedy_does_not_stand_below_the_frames_of_keras(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error has neither cause nor context, so that Python prints it alone."""
    (tmp_path / "wants.py").write_text("raise ModuleNotFoundError('no', name='tensorflow')\n")
    monkeypatch.setattr("importlib.import_module", _import_from(tmp_path))

    with pytest.raises(MissingExtraError) as caught:
        lazy_names("stage", {"Thing": "stage.wants"})("Thing")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_backend_that_keras_does_not_know_is_answered_the_same_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A misspelt KERAS_BACKEND gives the three commands; any other ValueError is let through."""
    (tmp_path / "misspelt.py").write_text("raise ValueError('Unable to import backend : jxa')\n")
    (tmp_path / "broken.py").write_text("raise ValueError('Something else')\n")
    monkeypatch.setattr("importlib.import_module", _import_from(tmp_path))
    load = lazy_names("stage", {"Misspelt": "stage.misspelt", "Broken": "stage.broken"})

    monkeypatch.setenv("KERAS_BACKEND", "jxa")
    with pytest.raises(MissingExtraError, match=r"Did you mean 'jax'\? Install one of the three"):
        load("Misspelt")
    monkeypatch.delenv("KERAS_BACKEND")
    with pytest.raises(MissingExtraError, match=r"no KERAS_BACKEND .* jxa\)\. Install one"):
        load("Misspelt")
    with pytest.raises(ValueError, match="Something else"):
        load("Broken")


def test_an_absent_backend_beyond_the_three_is_answered_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KERAS_BACKEND=openvino without OpenVINO is no backend; another absent package is its own."""
    (tmp_path / "wants.py").write_text("raise ModuleNotFoundError('none', name='openvino')\n")
    monkeypatch.setattr("importlib.import_module", _import_from(tmp_path))
    load = lazy_names("stage", {"Thing": "stage.wants"})

    monkeypatch.setenv("KERAS_BACKEND", "openvino")
    with pytest.raises(MissingExtraError, match="KERAS_BACKEND names 'openvino'"):
        load("Thing")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(ModuleNotFoundError, match="none"):
        load("Thing")


def _import_from(folder: Path) -> Callable[[str], object]:
    """Import the last part of a name from a folder."""

    def load(name: str) -> object:
        return runpy.run_path(str(folder / f"{name.rpartition('.')[2]}.py"))

    return load
