"""A changed model is accepted where every criterion is met, on the very same rows."""

import json
from pathlib import Path

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import all_estimates, compare_models
from prevalens.predictions import Predictions
from prevalens.reports import (
    AcceptanceCriteria,
    BoundCriterion,
    NonInferiorityCriterion,
    accept_model,
    locked_set_sha256,
)

ASK = BoundCriterion(measure="sensitivity", at_least=0.6)


def criteria(
    *bounds: BoundCriterion, compared: tuple[tuple[str, float], ...] = ()
) -> AcceptanceCriteria:
    """Return criteria at a threshold of 0.5."""
    pairs = [NonInferiorityCriterion(measure=key, margin=margin) for key, margin in compared]
    return AcceptanceCriteria(
        name="Retraining", threshold=0.5, non_inferiority=pairs, bounds=list(bounds)
    )


@pytest.fixture
def worse(predictions: Predictions) -> Predictions:
    """A model with noise on its log odds, of the same rows."""
    noise = np.random.default_rng(4).normal(0, 1.5, len(predictions))
    odds = np.log(predictions.scores / (1 - predictions.scores)) + noise
    return predictions.with_scores(1 / (1 + np.exp(-odds)))


def test_the_decision_is_that_of_the_paired_interval(
    predictions: Predictions, worse: Predictions
) -> None:
    """A margin beyond the lower limit of `compare_models` is met, one within it is not."""
    made = compare_models(
        predictions.labels, worse.scores, predictions.scores, patients=predictions.patients
    ).difference
    assert made.lower is not None
    verdicts = [
        accept_model(
            worse, predictions, criteria(compared=(("auroc", -made.lower + step),))
        ).accepted
        for step in (1e-6, -1e-6)
    ]

    assert verdicts == [True, False]


def test_a_loss_is_worse_where_it_is_higher(predictions: Predictions, worse: Predictions) -> None:
    """The Brier score of the noisy model is higher: not accepted; the other way round it is."""
    rule = criteria(compared=(("brier", 0.01),))
    notes = accept_model(predictions, worse, rule).record.notes

    assert any("wider `confidence_level`" in note for note in notes)
    assert not accept_model(worse, predictions, rule).accepted
    assert accept_model(predictions, worse, rule).accepted


def test_a_floor_holds_for_every_level_of_a_subgroup(predictions: Predictions) -> None:
    """Each site is judged by its own rows; one below its floor is enough to refuse."""
    sites = sorted(set(predictions.covariates["site"].tolist()))  # type: ignore[index]
    values = {}
    for site in sites:
        rows = predictions.covariates["site"] == site  # type: ignore[index]
        held = predictions.take(rows)
        made = all_estimates(
            held.labels, held.scores, threshold=0.5, patients=held.patients, measures=["auroc"]
        )
        values[site] = made["auroc"].value or 0.0
    low = sorted(values.values())
    floor = BoundCriterion(
        measure="auroc", at_least=(low[0] + low[1]) / 2, by="site", judged_by="value"
    )
    found = accept_model(predictions, predictions, criteria(floor)).record.results

    assert {one.level: one.met for one in found} == {
        f"site: {site}": value > low[0] for site, value in values.items()
    }
    assert [one.new.value for one in found] == pytest.approx([values[site] for site in sites])


def test_the_interval_is_judged_unless_the_value_is_asked_for(predictions: Predictions) -> None:
    """A bound between the lower limit and the value is met by the value alone."""
    made = all_estimates(
        predictions.labels,
        predictions.scores,
        threshold=0.5,
        patients=predictions.patients,
        measures=["auroc"],
    )["auroc"]
    assert made.value is not None
    assert made.lower is not None
    between = (made.value + made.lower) / 2
    verdicts = [
        accept_model(
            predictions,
            predictions,
            criteria(BoundCriterion(measure="auroc", at_least=between, judged_by=by)),  # type: ignore[arg-type]
        ).record.results[0]
        for by in ("interval", "value")
    ]

    assert [one.met for one in verdicts] == [False, True]
    assert verdicts[0].reason == "the interval reaches below the bound"


def test_what_cannot_be_estimated_is_not_met(predictions: Predictions) -> None:
    """A level without positives has no sensitivity, so its floor is not met, and it says why."""
    empty = predictions.take(predictions.labels == 0)
    floor = BoundCriterion(measure="sensitivity", at_least=0.0)
    (found,) = accept_model(empty, empty, criteria(floor)).record.results

    assert not found.met
    assert "no positive" in found.reason


def test_a_model_that_never_differs_is_not_called_non_inferior_by_chance(
    predictions: Predictions,
) -> None:
    """Without a spread there is no interval, and without an interval no claim."""
    found = accept_model(predictions, predictions, criteria(compared=(("auroc", 0.05),)))

    assert not found.accepted
    assert "unseen" in found.record.results[0].reason


def test_other_rows_are_refused(predictions: Predictions) -> None:
    """Labels, patients and covariates must agree, row by row."""
    rule = criteria(BoundCriterion(measure="auroc", at_least=0.1, by="site"))
    rows = np.arange(len(predictions))
    with pytest.raises(InvalidInputError, match="same rows in the same order"):
        accept_model(predictions.take(rows[::-1]), predictions, rule)
    with pytest.raises(InvalidInputError, match="same rows in the same order"):
        accept_model(predictions.take(rows[:-1]), predictions, rule)
    columns = dict(predictions.covariates or {})
    other = Predictions(
        labels=predictions.labels,
        scores=predictions.scores,
        patients=predictions.patients,
        images=predictions.images,
        classes=predictions.classes,
        covariates=columns | {"site": np.roll(columns["site"], 9)},
    )
    with pytest.raises(InvalidInputError, match="disagree about 'site'"):
        accept_model(predictions, other, rule)


def test_criteria_are_locked_to_their_rows(predictions: Predictions) -> None:
    """The hash is of the rows, not of the scores; other rows are refused, none is noted."""
    rule = criteria(BoundCriterion(measure="auroc", at_least=0.1, by="site"))
    found = locked_set_sha256(predictions, by=["site"])
    locked = accept_model(predictions, predictions, rule.locked_to(found)).record
    fewer = predictions.take(np.arange(len(predictions) - 1))

    assert locked.locked
    assert locked.locked_set_sha256 == found
    assert any("name no locked set" in note for note in accept_model(
        predictions, predictions, rule
    ).record.notes)  # fmt: skip
    with pytest.raises(InvalidInputError, match=f"locked to the rows with SHA-256 {found}"):
        accept_model(fewer, fewer, rule.locked_to(found))


def test_an_unknown_covariate_or_level_is_named(predictions: Predictions) -> None:
    """The nearest name is given."""
    for bound, message in (
        (BoundCriterion(measure="auroc", at_least=0.1, by="sit"), "Did you mean 'site'"),
        (
            BoundCriterion(measure="auroc", at_least=0.1, by="site", levels=["nort"]),
            "Did you mean 'north'",
        ),
    ):
        with pytest.raises(InvalidInputError, match=message):
            accept_model(predictions, predictions, criteria(bound))


def test_the_record_is_written_as_json_and_as_one_page(
    predictions: Predictions, worse: Predictions, tmp_path: Path
) -> None:
    """Every format begins with the decision; text from the data is escaped."""
    rule = criteria(
        BoundCriterion(measure="sensitivity", at_least=1e-6, by="site"),
        compared=(("auroc", 0.001),),
    )
    found = accept_model(worse, predictions, rule, names=("new <b>.csv", "old.csv"))
    for suffix in (".json", ".html", ".md", ".txt"):
        found.save(tmp_path / f"record{suffix}")
    page = (tmp_path / "record.html").read_text("utf-8")

    assert json.loads((tmp_path / "record.json").read_text("utf-8")) == found.to_dict()
    assert "Not accepted: 1 of 4 criteria are not met." in page
    assert "new &lt;b&gt;.csv" in page
    assert "<img src=x" not in page
    assert "Not accepted" in (tmp_path / "record.md").read_text("utf-8")
    assert "Not accepted" in str(found)
    assert repr(found) == "Acceptance(accepted=False, 3 of 4 met)"
    with pytest.raises(InvalidInputError, match="suffix"):
        found.save(tmp_path / "record.pdf")


def test_several_criteria_say_what_they_are_worth_together(predictions: Predictions) -> None:
    """Text and record say why none is adjusted; of one criterion nothing is said."""
    one = BoundCriterion(measure="auroc", at_least=0.1)
    two = BoundCriterion(measure="accuracy", at_least=0.1)
    alone, both = (
        accept_model(predictions, predictions, criteria(*held)) for held in ((one,), (one, two))
    )

    assert "(Berger 1982)" in str(both)
    assert both.to_dict()["notes"][0].startswith("All 2 criteria must be met, so none is adjusted")
    assert "Berger" not in str(alone)


def test_more_than_two_classes_and_other_names_are_refused(
    predictions: Predictions, graded_rows: Predictions
) -> None:
    """Each with its classes and what to do."""
    with pytest.raises(InvalidInputError, match=r"`new` has \['none', 'mild', 'severe'\]. Take"):
        accept_model(graded_rows, predictions, criteria(ASK))
    other = Predictions(
        labels=predictions.labels,
        scores=predictions.scores,
        patients=predictions.patients,
        classes=("benign", "malign"),
    )
    with pytest.raises(InvalidInputError, match=r"\['well', 'sick'\] and \['benign', 'malign'\]"):
        accept_model(predictions, other, criteria(ASK))


def test_criteria_without_bounds_say_so_and_so_do_independent_images(
    predictions: Predictions,
) -> None:
    """A page for a notebook; no bounds were asked for, and no patients are known."""
    rows = Predictions(
        labels=predictions.labels, scores=predictions.scores, patients=None, classes=("a", "b")
    )
    made = accept_model(rows, rows, criteria(compared=(("auroc", 0.05),)))
    assert "No bounds were asked for." in str(made)
    assert "Images were stated to be independent, one patient each." in made.record.notes
    assert made.record.patients is None
    assert repr(made) in made._repr_html_()
