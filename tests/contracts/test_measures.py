"""What every entry of the table of measures must satisfy; a forgotten one fails by its name."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import ScoredRows, columns_of, scored_rows

from prevalens.metrics import all_estimates, all_measures
from prevalens.metrics.inputs import check_columns
from prevalens.metrics.measure import GROUPS, Measure
from prevalens.metrics.references import REFERENCES, cited_in
from prevalens.metrics.registry import estimate_of
from prevalens.metrics.settings import Settings
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport
from prevalens.reports.document import Table
from prevalens.reports.report_record import document_of

RNG = np.random.default_rng(8)
PATIENTS = np.repeat(np.arange(30), 6)
LABELS = RNG.random(180) < 0.35
SCORES = np.clip(0.25 * LABELS + 0.6 * RNG.random(180), 0.02, 0.98)
COLUMNS = {
    "over patients": check_columns(LABELS, SCORES, PATIENTS),
    "independent": check_columns(LABELS, SCORES, None),
}
every = pytest.mark.parametrize("measure", all_measures(), ids=lambda measure: measure.key)


@pytest.fixture(scope="module")
def rows_of_a_report() -> set[str]:
    """Return the address of every row in the tables of a report."""
    told = Predictions(labels=LABELS.astype(int), scores=SCORES, patients=PATIENTS.astype(str))
    passages = document_of(ClinicalReport(told, threshold=0.4).record).passages
    blocks = [block for passage in passages for block in passage.blocks]
    return {key for block in blocks if isinstance(block, Table) for key in block.keys}


@every
def test_it_has_one_row_in_a_report(measure: Measure, rows_of_a_report: set[str]) -> None:
    """In the section of its group; the prevalence stands in a sentence."""
    where = "usefulness.estimates" if measure.group == "utility" else "estimates"
    assert measure.group in GROUPS
    assert f"{where}.{measure.key}" in rows_of_a_report or measure.group == "flow", measure.key


@every
def test_what_it_cites_is_listed_in_full(measure: Measure) -> None:
    """Its own references, and every paper in the words of its methods."""
    for cited in measure.references:
        assert cited in REFERENCES, f"{measure.key} cites {cited}"
    for columns in COLUMNS.values():
        method = estimate_of(measure.key, columns, Settings(0.4, 0.95, 100)).method
        for cited in cited_in(method):
            assert cited in REFERENCES, f"{measure.key}: {method}"


@every
def test_it_has_limits_inside_its_range_that_hold_the_value(measure: Measure) -> None:
    """On ordinary rows, over patients and of independent images."""
    for columns in COLUMNS.values():
        made = estimate_of(measure.key, columns, Settings(0.4, 0.95, 100))
        assert made.lower is not None, measure.key
        assert measure.low <= made.lower <= made.value <= made.upper <= measure.high, measure.key
        assert made.lower < made.upper


@every
def test_a_formula_gives_the_value_of_the_estimate(measure: Measure) -> None:
    """What bootstrap and comparisons take is what the table states."""
    if measure.formula is None and measure.influence is None:
        assert not measure.comparable, measure.key
        return
    for columns in COLUMNS.values():
        value = measure.influence_of(columns, 0.4).value
        made = estimate_of(measure.key, columns, Settings(0.4, 0.95))
        assert value == pytest.approx(made.value), measure.key


@settings(max_examples=30, deadline=None)
@given(
    rows=scored_rows(most=24),
    threshold=st.floats(0, 1),
)
def test_no_rows_give_a_value_outside_its_range(rows: ScoredRows, threshold: float) -> None:
    """Whatever the table: a value in the range of its measure, or a reason."""
    labels, scores, patients = columns_of(rows)
    made = all_estimates(labels, scores, threshold=threshold, patients=patients)
    for measure in all_measures():
        value = made[measure.key].value
        assert value is None or measure.low - 1e-12 <= value <= measure.high + 1e-12, measure.key
