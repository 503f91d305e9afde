"""Criteria are read strictly: what would be met by anything, or by nothing, is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.reports import AcceptanceCriteria, BoundCriterion, NonInferiorityCriterion

GOOD: dict[str, Any] = {
    "format": "prevalens acceptance criteria",
    "version": 1,
    "name": "Retraining",
    "threshold": 0.5,
    "non_inferiority": [{"measure": "auroc", "margin": 0.05}],
    "bounds": [{"measure": "sensitivity", "at_least": 0.7, "by": "site"}],
}


def test_a_file_by_hand_is_read(tmp_path: Path) -> None:
    """Fields that may be left out have their defaults; covariates are named once."""
    path = tmp_path / "criteria.json"
    path.write_text(json.dumps(GOOD), "utf-8")
    made = AcceptanceCriteria.load(path)

    assert made.non_inferiority == [NonInferiorityCriterion(measure="auroc", margin=0.05)]
    assert made.bounds == [BoundCriterion(measure="sensitivity", at_least=0.7, by="site")]
    assert made.confidence_level == 0.95
    assert made.covariates == ("site",)
    assert made.locked_to("0" * 64).locked_set_sha256 == "0" * 64


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"threshold": 1.5}, "`threshold`"),
        ({"bounds": [], "non_inferiority": []}, "at least one criterion"),
        ({"bounds": [{"measure": "sensitivty", "at_least": 0.7}]}, "Did you mean 'sensitivity'"),
        ({"bounds": [{"measure": "sensitivity"}]}, "got None and None"),
        ({"bounds": [{"measure": "ppv", "at_least": 0.7, "at_most": 0.2}]}, "0.7 and 0.2"),
        ({"bounds": [{"measure": "ppv", "at_least": 0, "levels": ["a"]}]}, "covariate in by"),
        ({"bounds": [{"measure": "ppv", "atleast": 0.7}]}, "unknown field atleast"),
        ({"non_inferiority": [{"measure": "auroc", "margin": 0}]}, r"margin`: expected.*> 0"),
        ({"non_inferiority": [{"measure": "calibration_slope", "margin": 1}]}, "needs one of"),
        ({"non_inferiority": [{"measure": "auroc", "margin": 5}]}, r"margin of 5.*\[0, 1\]"),
        ({"non_inferiority": [{"measure": "youden", "margin": 2}]}, r"margin of 2.*\[-1, 1\]"),
        ({"bounds": [{"measure": "ppv", "at_least": 85}]}, r"\[0, 1\], got at_least=85"),
        ({"bounds": [{"measure": "mcc", "at_most": -1.5}]}, r"\[-1, 1\].*at_most=-1.5"),
        ({"locked_set_sha256": "abc"}, "locked_set_sha256"),
    ],
)
def test_what_is_no_criterion_is_refused(changes: dict[str, Any], message: str) -> None:
    """The message names the place and what to do."""
    with pytest.raises(InvalidInputError, match=message) as caught:
        AcceptanceCriteria.from_dict(GOOD | changes, where="criteria.json")

    assert str(caught.value).startswith("criteria.json does not hold criteria")
    assert "shows a file of criteria" in str(caught.value)


def test_bounds_that_meet_ask_for_one_value() -> None:
    """A value of exactly 1 may be asked for; a floor above its ceiling may not."""
    made = BoundCriterion(measure="calibration_slope", at_least=1.0, at_most=1.0)
    assert (made.at_least, made.at_most) == (1.0, 1.0)
    with pytest.raises(InvalidInputError, match="at_least"):
        BoundCriterion(measure="calibration_slope", at_least=1.1, at_most=1.0)
