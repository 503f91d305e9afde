"""Importing is light: stages and names load on first use."""

import subprocess
import sys

import pytest

import prevalens
from prevalens._lazy import STAGES, lazy_names


def test_the_root_offers_the_stages_and_the_version() -> None:
    """`dir(prevalens)` lists every stage, and each can be reached."""
    assert dir(prevalens) == sorted([*STAGES, "__version__"])
    assert prevalens.cohorts.Cohort.__name__ == "Cohort"


def test_importing_the_root_loads_nothing_heavy() -> None:
    """Neither numpy nor any stage is imported with the root."""
    program = (
        "import sys, prevalens\n"
        "loaded = {n for n in sys.modules if n.partition('.')[0] in ('numpy', 'keras', 'sklearn')}\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_name_is_kept_once_loaded() -> None:
    """The second look-up does not go through the loader."""
    load = lazy_names("prevalens.metrics", {"Figure": "figure"})

    assert load("Figure") is prevalens.metrics.Figure
    with pytest.raises(AttributeError, match="offers"):
        load("Figures")
