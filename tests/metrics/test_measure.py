"""Tests of one measure: what it must be told, and what follows from its formula."""

import math

import numpy as np
import pytest
from scipy import special, stats

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import Measure, of_counts
from prevalens.metrics.inputs import Columns
from prevalens.metrics.settings import Settings

RNG = np.random.default_rng(12)
PATIENTS = np.repeat(np.arange(25), 8)
LABELS = RNG.random(200) < 0.4
SCORES = np.clip(0.3 * LABELS + 0.6 * RNG.random(200), 0, 1)


def sensitivity(**changes: object) -> Measure:
    """Make a sensitivity that knows nothing but its formula."""
    told: dict[str, object] = {
        "key": "sensitivity",
        "title": "Sensitivity",
        "group": "threshold",
        "direction": "higher",
        "references": ("Altman & Bland 1994",),
        "formula": of_counts(lambda tn, fp, fn, tp: tp / (tp + fn)),
        "low": 0.0,
        "high": 1.0,
        "needs_threshold": True,
        "needs": "positive",
    }
    return Measure(**(told | changes))  # type: ignore[arg-type]


def test_limits_follow_from_the_formula_by_hand() -> None:
    """Logit limits; the error of each patient's misses, left out in turn, with Student's t."""
    made = sensitivity().compute(Columns(LABELS, SCORES, PATIENTS), Settings(0.4, 0.95))
    hits = LABELS & (SCORES >= 0.4)
    n, value = LABELS.sum(), hits.sum() / LABELS.sum()
    m = np.bincount(PATIENTS, LABELS, 25)
    changes = (np.bincount(PATIENTS, hits, 25) - value * m) / n / (1 - m / n)
    error = math.sqrt(changes @ changes)
    reach = (special.logit(made.upper) - special.logit(made.lower)) / 2
    assert made.value == pytest.approx(value)
    df = stats.t.ppf(0.975, 24)
    assert reach >= df * error / (value * (1 - value)) * (1 - 1e-9)
    assert "logit scale" in made.method


def test_at_the_end_of_its_range_there_are_no_limits_and_no_value_without_its_class() -> None:
    """Every positive found; no positives at all."""
    perfect = sensitivity().compute(Columns(LABELS, SCORES, PATIENTS), Settings(0.0, 0.95))
    assert (perfect.value, perfect.lower) == (1.0, None)
    assert "end of its range" in str(perfect.note)
    none = sensitivity().compute(Columns(LABELS & False, SCORES, PATIENTS), Settings(0.4, 0.95))
    assert none.not_estimable == "no positive images"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"group": "treshold"}, "Did you mean 'threshold'"),
        ({"direction": "up"}, "`direction` must be one of"),
        ({"needs": "all"}, "`needs` must be one of"),
        ({"direction": "target"}, "`target` goes with direction 'target'"),
        ({"references": ()}, "needs the paper that defines it in `references`"),
        ({"formula": None}, "needs a `formula`, or an `estimate` of its own"),
        (
            {"formula": None, "estimate": lambda columns, settings: None, "comparable": True},
            "comparable only with a `formula` or an `influence`",
        ),
    ],
)
def test_what_a_measure_lacks_is_named(changes: dict[str, object], message: str) -> None:
    """At once, not where the report is made."""
    with pytest.raises(InvalidInputError, match=message):
        sensitivity(**changes)


def test_a_paper_of_your_own_is_cited_in_full() -> None:
    """A key of the table of references, or any text."""
    made = sensitivity(references=("Altman & Bland 1994", "Doe J. Misses. 2026."))
    assert made.full_references()[1] == "Doe J. Misses. 2026."
    assert made.full_references()[0].startswith("Altman DG, Bland JM.")


def test_a_share_of_no_images_has_no_value() -> None:
    """A precision where nothing is predicted positive: 0 of 0."""
    precision = sensitivity(formula=of_counts(lambda tn, fp, fn, tp: tp / (tp + fp)))
    made = precision.compute(Columns(LABELS, SCORES * 0.9, PATIENTS), Settings(1.0, 0.95))
    assert made.not_estimable == "a share of no images is part of it"


def test_a_measure_with_its_own_estimate_alone_has_no_influence_values() -> None:
    """What neither a formula nor an influence tells is refused by name."""
    rows = Columns(LABELS, SCORES, PATIENTS)
    alone = sensitivity(formula=None, estimate=sensitivity().compute)
    assert alone.compute(rows, Settings(0.4, 0.95)).value is not None
    with pytest.raises(InvalidInputError, match="'sensitivity' has no influence values"):
        alone.influence_of(rows, 0.4)
