"""Tests of what the splitters of patients share."""

import numpy as np
import pandas as pd
import pytest

from prevalens.exceptions import DataWarning, InvalidInputError
from prevalens.splits import PatientHoldout, PatientKFold


def test_strata_is_no_single_text() -> None:
    """A text would be read letter by letter."""
    with pytest.raises(InvalidInputError, match=r"Write strata=\('site',\)"):
        PatientKFold(strata="site")


def test_strata_name_columns_of_a_data_frame_or_a_dict() -> None:
    """A stratum is found in `X`, and each fold gets its half of each level."""
    site = np.repeat(["a", "b"], 4)
    labels = np.tile([0, 1], 4)
    patients = np.arange(8)
    splitter = PatientKFold(2, strata=("site", ("label", "site")))
    for table in (pd.DataFrame({"site": site}), {"site": site}):
        for _, test in splitter.split(table, labels, patients):
            assert sorted(zip(labels[test], site[test], strict=True)) == [
                (0, "a"),
                (0, "b"),
                (1, "a"),
                (1, "b"),
            ]


def test_lookalike_patients_are_named_in_a_warning() -> None:
    """H3 and h3 stay two patients, and the user is told."""
    with pytest.warns(DataWarning, match="'H3', 'h3'"):
        next(PatientKFold(2).split(np.zeros(4), [0, 1, 0, 1], ["H3", "h3", "a", "b"]))


@pytest.mark.parametrize(
    ("setting", "value"),
    [("seed", -1), ("bins", 1), ("patient_weight", -0.1)],
)
def test_settings_out_of_range_are_refused_by_name(setting: str, value: float) -> None:
    """The error names the setting."""
    with pytest.raises(InvalidInputError, match=f"`{setting}`"):
        PatientHoldout(**{setting: value})


def test_x_may_be_left_out_but_not_be_of_other_length() -> None:
    """None says that labels and patients are all there is."""
    labels, patients = [0, 1, 0, 1], list("abcd")
    alone, beside = (next(PatientKFold(2).split(x, labels, patients)) for x in (None, labels))
    assert alone[1].tolist() == beside[1].tolist()
    with pytest.raises(InvalidInputError, match="`X` has 3, `y` and `groups` have 4"):
        next(PatientKFold(2).split([1, 2, 3], labels, patients))
