"""Loads stages and public names on first use, so that importing one costs little."""

import importlib
import importlib.util
import os
import pkgutil
import re
import sys
from collections.abc import Callable, Mapping
from types import ModuleType

from prevalens._checks import did_you_mean
from prevalens._keras_registration import register_with_keras
from prevalens.exceptions import MissingExtraError

STAGES = (
    "images",
    "cohorts",
    "splits",
    "batches",
    "augmentation",
    "models",
    "features",
    "callbacks",
    "predictions",
    "explanations",
    "decisions",
    "metrics",
    "reports",
    "studies",
)

BACKENDS = ("tensorflow", "jax", "torch")

_EXPORT = re.compile(r"^from (\S+) import \(?\s*(\w+) as", re.MULTILINE)


def root_name(name: str) -> object:
    """Load what `prevalens` itself offers: a stage, or what it says of versions.

    Raises:
        AttributeError: the root offers no such name.
    """
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("prevalens")
    if name in {"show_versions", "versions"}:
        return getattr(importlib.import_module("prevalens._versions"), name)
    if name in STAGES:
        return importlib.import_module(f"prevalens.{name}")
    raise AttributeError(f"module 'prevalens' has no attribute {name!r}; its stages: {STAGES}")


def offer(stage: str) -> tuple[list[str], Callable[[str], object], Callable[[], list[str]]]:
    """Make `__all__`, `__getattr__` and `__dir__` of a stage from the stub beside its `__init__`.

    The stub is the one list of what a stage offers: type checkers read it as it is.

    Args:
        stage: Import name of the stage, its `__name__`.
    """
    stub = (pkgutil.get_data(stage, "__init__.pyi") or b"").decode()
    files = {name: file for file, name in _EXPORT.findall(stub)}
    return sorted(files), lazy_names(stage, files), lambda: sorted(files)


def lazy_names(stage: str, files: Mapping[str, str]) -> Callable[[str], object]:
    """Make the `__getattr__` of a stage.

    Args:
        stage: Import name of the stage, its `__name__`.
        files: Each public name and the import name of the file that holds it; a file that is
            offered whole is held by the stage.

    Returns:
        A function that imports the file of a name on first use and keeps the name.
    """

    def load(name: str) -> object:
        if name not in files:
            raise AttributeError(
                f"module {stage!r} has no attribute {name!r}; it offers {sorted(files)}"
            )
        whole = files[name] == stage
        module = _import_with_backend(f"{stage}.{name}" if whole else files[name])
        if "keras" in sys.modules:
            register_with_keras()
        value = module if whole else getattr(module, name)
        setattr(sys.modules[stage], name, value)
        return value

    return load


def _import_with_backend(module: str) -> ModuleType:
    asked = os.environ.get("KERAS_BACKEND")
    named = f"KERAS_BACKEND names {asked!r}" if asked else "no KERAS_BACKEND is set"
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name not in {*BACKENDS, asked}:
            raise
        amiss = f"{named} and `{error.name}` is not installed."
    except ValueError as error:
        # What Keras 3 says of a backend that it has never heard of.
        if not str(error).startswith("Unable to import backend"):
            raise
        amiss = f"{named} and Keras knows none of this name ({error})."
        amiss += did_you_mean(asked, BACKENDS) if asked else ""
    # Outside the handler, so that forty frames of Keras' own do not stand above the remedy.
    raise MissingExtraError(f"This needs Keras with a backend, but {amiss} {_remedy()}")


def _remedy() -> str:
    lines = [
        f"  pip install 'prevalens[{name}]' && export KERAS_BACKEND={name}" for name in BACKENDS
    ]
    there = [name for name in BACKENDS if importlib.util.find_spec(name) is not None]
    if there:
        lines.append(f"`{there[0]}` is here already: export KERAS_BACKEND={there[0]} selects it.")
    lines.append(
        "(In Python, before Keras is imported, the second half is: import os; "
        f'os.environ["KERAS_BACKEND"] = "{(*there, "jax")[0]}".)'
    )
    return "\n".join(["Install one of the three and select it:", *lines])
