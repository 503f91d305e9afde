"""A fold's model of several labels: for each what a study of this label alone would fit."""

from typing import Any

import numpy as np
import pytest

from prevalens.cohorts import Cohort, MultilabelCohort
from prevalens.exceptions import DataWarning
from prevalens.studies.label_probe import LabelProbeRecord, fit_label_probe
from prevalens.studies.plan_choices import HeadChoice, ThresholdChoice
from prevalens.studies.probe import fit_probe

HEAD = HeadChoice(
    kinds=["logistic", "balanced_logistic"], penalties=[0.1, 0.01], inner_folds=2, reason=""
)
RULE = ThresholdChoice(sensitivity=0.9, reason="")
NAMES = ("effusion", "mass", "nodule")


def films(n_patients: int = 60, *, unknown: float = 0.0) -> tuple[MultilabelCohort, dict[str, Any]]:
    """Return two images a patient with three labels that go together, and features that tell."""
    rng = np.random.default_rng(7)
    shared = rng.normal(size=(n_patients, 1))
    drawn = shared + rng.normal(size=(n_patients, 3)) > [0.3, 0.8, 1.2]
    targets = np.repeat(drawn.astype(float), 2, axis=0)
    count = 2 * n_patients
    late = rng.normal(size=(count, 6)).astype(np.float32)
    late[:, :3] += 1.5 * targets.astype(np.float32)
    early = rng.normal(size=(count, 3)).astype(np.float32)
    targets[rng.random(targets.shape) < unknown] = np.nan
    cohort = MultilabelCohort(
        images=[f"{k}.png" for k in range(count)],
        patients=[f"p{k // 2}" for k in range(count)],
        names=NAMES,
        targets=targets,
    )
    return cohort, {"early": early, "late": late}


@pytest.mark.parametrize("name", NAMES)
def test_a_column_is_what_a_study_of_this_label_alone_gives(name: str) -> None:
    """A cohort of two classes made by hand, the same rows and seed: scores and record are equal."""
    cohort, features = films()
    rows = np.arange(20, 120)
    place = NAMES.index(name)
    single = Cohort(
        images=cohort.images,
        labels=np.where(cohort.targets[:, place] == 1, "yes", "no"),
        patients=cohort.patients,
        positive="yes",
    )
    probe = fit_label_probe(features, cohort, rows, head=HEAD, threshold=RULE, seed=3)
    alone = fit_probe(features, single, rows, head=HEAD, threshold=RULE, seed=3)

    np.testing.assert_array_equal(probe.scores(features)[:, place], alone.scores(features))
    assert probe.record.labels[name] == alone.record
    assert probe.record.thresholds[place] == alone.record.threshold
    assert probe.record.shares[name] == pytest.approx((single.labels[rows] == 1).mean())


@pytest.mark.filterwarnings("ignore:.*The threshold")  # of the labels that are spoilt
def test_rows_on_which_a_label_is_not_known_and_rows_outside_change_nothing() -> None:
    """Their features can be anything: the label's scores elsewhere stay to the bit."""
    cohort, features = films(unknown=0.2)
    rows = np.arange(100)
    probe = fit_label_probe(features, cohort, rows, head=HEAD, threshold=RULE, seed=3)
    for place, name in enumerate(NAMES):
        spoilt = {layer: values.copy() for layer, values in features.items()}
        known = np.isin(np.arange(120), cohort.known(name)) & (np.arange(120) < 100)
        for values in spoilt.values():
            values[~known] = 1e3
        other = fit_label_probe(spoilt, cohort, rows, head=HEAD, threshold=RULE, seed=3)
        np.testing.assert_array_equal(
            probe.scores(features)[:, place], other.scores(features)[:, place]
        )
        held = cohort.targets[rows, place]
        assert probe.record.shares[name] == pytest.approx(np.nanmean(held))


def test_the_record_goes_through_json() -> None:
    """So that a study that was killed reads what its folds chose."""
    cohort, features = films()
    record = fit_label_probe(
        features, cohort, np.arange(120), head=HEAD, threshold=RULE, seed=3
    ).record

    assert LabelProbeRecord.from_dict(record.to_dict()) == record
    assert list(record.labels) == list(NAMES)


def test_a_warning_names_its_label() -> None:
    """Of several thresholds nobody could tell which one decides nothing."""
    cohort, features = films()
    noise = {"early": features["early"][:, :1] * 0}
    rule = ThresholdChoice(sensitivity=0.99, reason="")
    with pytest.warns(DataWarning) as caught:
        fit_label_probe(noise, cohort, np.arange(120), head=HEAD, threshold=rule, seed=3)

    told = [str(each.message).partition(": The threshold")[0] for each in caught]
    assert told == [f"Label {name!r}" for name in NAMES]
