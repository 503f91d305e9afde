"""Tests of every figure in closed form."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from prevalens.metrics.closed_forms import closed_figures
from prevalens.metrics.inputs import Columns

rows = st.lists(
    st.tuples(st.booleans(), st.integers(0, 10), st.integers(0, 4)), min_size=1, max_size=40
)


@settings(deadline=None, max_examples=80)
@given(rows)
def test_no_input_gives_nan_or_unordered_limits(given_rows: list[tuple[bool, int, int]]) -> None:
    """One class, constant scores, separation, few patients: a finite value or a reason."""
    labels, tenths, patients = (np.array(column) for column in zip(*given_rows, strict=True))
    codes = np.unique(patients, return_inverse=True)[1]
    for ids in (None, codes):
        columns = Columns(labels, tenths / 10, ids)
        for name, figure in closed_figures(columns, threshold=0.5, level=0.95).items():
            if figure.value is None:
                assert figure.not_estimable, name
                continue
            assert np.isfinite(figure.value), name
            assert (figure.lower is None) == (figure.upper is None), name
            if figure.lower is None or figure.upper is None:
                assert "No interval" in str(figure.note), name
                continue
            assert figure.lower <= figure.value <= figure.upper, name
            assert np.isfinite([figure.lower, figure.upper]).all(), name


@settings(deadline=None, max_examples=25)
@given(rows)
def test_patients_with_one_image_each_change_nothing(
    given_rows: list[tuple[bool, int, int]],
) -> None:
    """Every figure equals its classical form to the last digit."""
    labels, tenths, _ = (np.array(column) for column in zip(*given_rows, strict=True))
    alone, single = (
        closed_figures(Columns(labels, tenths / 10, codes), threshold=0.5, level=0.95)
        for codes in (None, np.arange(labels.size))
    )
    for name, figure in alone.items():
        made = single[name]
        assert (figure.value, figure.lower, figure.upper) == (made.value, made.lower, made.upper)
