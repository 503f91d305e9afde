"""Tests of a figure by its name."""

import numpy as np
import pytest

from prevalens.metrics import all_figures, net_benefit
from prevalens.metrics.influences import COMPARABLE
from prevalens.metrics.inputs import check_columns
from prevalens.metrics.single_figure import single_figure


@pytest.mark.parametrize("name", COMPARABLE)
def test_each_name_gives_the_figure_of_the_table(name: str) -> None:
    """The same as `all_figures`, and net benefit as its own function."""
    rng = np.random.default_rng(0)
    labels, scores, patients = rng.random(60) < 0.4, rng.random(60), np.arange(60) // 6
    columns = check_columns(labels, scores, patients)
    at = None if name in {"auroc", "average_precision", "brier"} else 0.3
    made = single_figure(name, columns, threshold=at, level=0.95)
    if name == "net_benefit":
        assert made == net_benefit(labels, scores, 0.3, patients=patients).model[0]
    else:
        assert made == all_figures(labels, scores, threshold=0.3, patients=patients)[name]
