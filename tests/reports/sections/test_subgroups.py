"""Subgroups: the estimates of each part, with small cells kept back."""

import numpy as np
import pytest

from prevalens.decisions import correct_prior_shift
from prevalens.exceptions import InvalidInputError
from prevalens.metrics import all_estimates, compare_groups, holm
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Forest, Paragraph, Table
from prevalens.reports.record_parts import estimate_part
from prevalens.reports.sections.subgroups import SECTION
from prevalens.reports.subgroup_parts import Level


def with_sites(sizes: dict[str, int], **covariates: np.ndarray) -> Predictions:
    """As many patients at each site as asked, of two images each, every other one positive."""
    sites = np.repeat(list(sizes), list(sizes.values()))
    n = len(sites)
    return Predictions(
        labels=np.repeat(np.arange(n) % 2, 2),
        scores=np.random.default_rng(3).random(2 * n),
        patients=np.repeat([f"p{k}" for k in range(n)], 2),
        covariates={"site": np.repeat(sites, 2), "dose": np.repeat(np.arange(n) / 7, 2)}
        | covariates,
    )


def levels(held: Predictions, by: str = "site") -> list[Level]:
    """Return the levels of a covariate."""
    (group,) = SECTION.of(ClinicalReport(held, threshold=0.5, by=by).record)
    return group.levels


def hidden(held: Predictions, by: str = "site") -> dict[str, bool]:
    """Which levels are suppressed."""
    return {level.level: level.suppressed for level in levels(held, by)}


def test_each_level_has_its_own_estimates() -> None:
    """A level's estimates are those of its rows alone."""
    held = with_sites({"a": 20, "b": 30})
    rows = held.covariates["site"] == "b"
    alone = all_estimates(
        held.labels[rows], held.scores[rows], threshold=0.5, patients=held.patients[rows]
    )
    first, second = levels(held)

    assert (first.level, second.level) == ("a", "b")
    assert second.estimates["auroc"] == estimate_part(alone["auroc"])
    assert (second.images, second.patients) == (60, 30)


def test_calibration_is_that_of_corrected_scores() -> None:
    """Trained at 20 %, half of the rows positive: the intercept is of scores moved to 50 %."""
    held = with_sites({"a": 20, "b": 30})
    held = held.with_scores(held.scores, train_prevalence=0.2)
    rows = held.covariates["site"] == "b"
    moved = correct_prior_shift(held.scores, train_prevalence=0.2, target_prevalence=0.5)
    direct = all_estimates(
        held.labels[rows], moved[rows], threshold=0.5, patients=held.patients[rows]
    )

    found = levels(held)[1].estimates["calibration_intercept"]
    assert found.value == pytest.approx(direct["calibration_intercept"].value)


def test_small_levels_tell_nothing() -> None:
    """Four patients are suppressed, and so is the next smallest, or they would follow from it."""
    held = with_sites({"a": 4, "b": 12, "c": 30})
    first = levels(held)[0]

    assert hidden(held) == {"a": True, "b": True, "c": False}
    assert (first.images, first.patients) == (None, None)
    assert first.estimates == first.differences == {}


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"a": 3, "b": 3, "c": 30, "d": 30}, {"a": True, "b": True, "c": False, "d": False}),
        ({"a": 1, "b": 30}, {"a": True, "b": True}),
    ],
)
def test_small_levels_hide_each_other(sizes: dict[str, int], expected: dict[str, bool]) -> None:
    """With two suppressed levels the total gives neither away; the rest is shown."""
    assert hidden(with_sites(sizes)) == expected


def test_an_estimate_on_few_patients_is_left_out() -> None:
    """Six patients of whom three are positive have no sensitivity to show."""
    first, second = levels(with_sites({"a": 6, "b": 30}))

    assert "sensitivity" not in first.estimates
    assert "sensitivity" in second.estimates
    # A difference would tell the small side's from the other's.
    for level in (first, second):
        assert "sensitivity" not in level.differences
        assert "auroc" in level.differences


def test_a_number_is_cut_into_thirds() -> None:
    """Thirty doses become three levels of ten patients each."""
    found = levels(with_sites({"a": 30}), "dose")

    assert [level.patients for level in found] == [10, 10, 10]
    assert found[0].level.startswith("up to")


def test_what_is_no_grouping_is_refused() -> None:
    """A misspelt covariate is answered with the nearest; an id is no covariate."""
    held = with_sites({"a": 60}, code=np.repeat([f"c{k}" for k in range(60)], 2))
    with pytest.raises(InvalidInputError, match="Did you mean 'site'"):
        levels(held, "sites")
    with pytest.raises(InvalidInputError, match="60 levels"):
        levels(held, "code")


def test_differences_are_against_all_other_rows() -> None:
    """A level minus the rest, by the metrics' own contrast; two levels mirror each other."""
    held = with_sites({"a": 20, "b": 30})
    direct = compare_groups(
        held.labels, held.scores, held.covariates["site"] == "a", patients=held.patients
    )
    first, second = (level.differences for level in levels(held))

    assert first["auroc"].difference == estimate_part(direct.difference)
    assert first["auroc"].p_value == direct.p_value
    mirrored = -second["sensitivity"].difference.value
    assert first["sensitivity"].difference.value == pytest.approx(mirrored)
    assert levels(with_sites({"a": 20}))[0].differences == {}


def test_p_values_are_adjusted_for_all_differences_of_the_report() -> None:
    """Holm's method over every level, covariate and measure; the text says how many."""
    sex = np.repeat(np.arange(50) // 2 % 2, 2)
    held = with_sites({"a": 20, "b": 30}, sex=sex)
    report = ClinicalReport(held, threshold=0.5, by=("site", "sex"))
    made = [
        contrast
        for group in SECTION.of(report.record)
        for level in group.levels
        for contrast in level.differences.values()
        if contrast.p_value is not None
    ]
    expected = holm({str(k): contrast.p_value for k, contrast in enumerate(made)})
    texts = [b.text for b in SECTION.show(report.record) if isinstance(b, Paragraph)]

    assert len(made) == 12
    assert [contrast.p_holm for contrast in made] == pytest.approx(list(expected.values()))
    assert any(text.startswith("12 differences") and "Holm" in text for text in texts)


def test_suppressed_levels_show_no_number_and_others_a_forest() -> None:
    """A hidden level is one row of words; the shown ones have a mark on the forest plot."""
    report = ClinicalReport(
        with_sites({"a": 4, "b": 4, "c": 30, "d": 30}), threshold=0.5, by="site"
    )
    blocks = SECTION.show(report.record)
    (table,) = [block for block in blocks if isinstance(block, Table)]
    forests = [block for block in blocks if isinstance(block, Forest)]

    assert table.rows[0] == ("a", "suppressed", "fewer than 5, or to protect those", "", "", "")
    assert table.keys[0] == ""
    assert [row[0] for row in forests[0].rows] == ["c", "d"]
    assert forests[0].reference == report.record.estimates["sensitivity"].value
