"""Loads stages and public names on first use, so that importing one costs little."""

import importlib
import sys
from collections.abc import Callable, Mapping

STAGES = (
    "images",
    "cohorts",
    "splits",
    "batches",
    "augmentation",
    "models",
    "callbacks",
    "predictions",
    "explanations",
    "decisions",
    "metrics",
    "reports",
)


def lazy_version() -> str:
    """Return the installed version of prevalens, from its metadata."""
    return importlib.import_module("importlib.metadata").version("prevalens")


def stages(name: str) -> object:
    """Import the stage called `name`.

    Raises:
        AttributeError: no stage has that name.
    """
    if name in STAGES:
        return importlib.import_module(f"prevalens.{name}")
    raise AttributeError(f"module 'prevalens' has no attribute {name!r}; its stages: {STAGES}")


def lazy_names(stage: str, files: Mapping[str, str]) -> Callable[[str], object]:
    """Make the `__getattr__` of a stage.

    Args:
        stage: Import name of the stage, its `__name__`.
        files: Each public name and the file of the stage that holds it.

    Returns:
        A function that imports the file of a name on first use and keeps the name.
    """

    def load(name: str) -> object:
        if name not in files:
            raise AttributeError(
                f"module {stage!r} has no attribute {name!r}; it offers {sorted(files)}"
            )
        value = getattr(importlib.import_module(f"{stage}.{files[name]}"), name)
        setattr(sys.modules[stage], name, value)
        return value

    return load
