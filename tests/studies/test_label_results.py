"""What a study of several labels found, from its held-out scores."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from studies.test_label_probe import NAMES, films
from studies.test_study_runner import HEAD, plan_of

from prevalens.metrics import auroc
from prevalens.studies.label_results import label_results
from prevalens.studies.plan_choices import Evaluation
from prevalens.studies.study_runner import StudyRunner


@pytest.mark.filterwarnings("ignore:.*The threshold")  # of the noise, near chance
def test_estimates_are_means_over_labels_where_they_are_known(tmp_path: Path) -> None:
    """Macro AUROC and sensitivity by hand; decisions by the threshold of the image's own fold."""
    cohort, features = films(unknown=0.1)
    runner = StudyRunner(cohort, plan_of(cohort), None, 1)
    held = runner.run(features, tmp_path, HEAD)
    noise = runner.run({"early": features["early"]}, tmp_path / "noise", HEAD).predictions
    found = label_results(runner, held, {"noise": noise})
    rows, folds = held.predictions, held.folds
    ranks, caught = list[float](), list[float]()
    for place, name in enumerate(NAMES):
        truth = cohort.targets[:, place]
        known, score = ~np.isnan(truth), rows.scores[:, place]
        bounds = np.array([each.labels[name].threshold for each in held.label_records])
        decided = score >= bounds[folds]
        ranks.append(auroc(truth[known], score[known]).value or 0.0)
        caught.append(float(decided[truth == 1].mean()))
        assert found.labels is not None
        assert found.labels[name]["auroc"].value == pytest.approx(ranks[-1])
        assert found.labels[name]["sensitivity"].value == pytest.approx(caught[-1])
        assert found.labels[name]["specificity"].n == int((truth == 0).sum())
        assert found.report["settings"]["thresholds"][place] == pytest.approx(np.median(bounds))
        rule = found.report["settings"]["threshold_rules"][name]
        assert rule.startswith(f"median of the thresholds of {len(bounds)} folds ({bounds[0]:.4g}")
        assert f"Threshold of {name}: median of the thresholds" in found.report.page(".txt")

    assert found.estimates["macro_auroc"].value == pytest.approx(np.mean(ranks))
    assert found.estimates["macro_sensitivity"].value == pytest.approx(np.mean(caught))
    assert found.estimates["macro_auroc_within_folds"].value is not None
    assert found.baselines["noise"].value is not None
    assert found.baselines["noise"].value < 0.65 < np.mean(ranks)
    assert found.report.record.title == "3 labels: held-out images"
    assert rows.train_prevalence == pytest.approx(np.nanmean(cohort.targets, axis=0))


def test_a_test_part_is_decided_by_the_one_model(tmp_path: Path) -> None:
    """Its thresholds are the report's; every label is there, and no patient is trained on."""
    cohort, features = films()
    plan = msgspec.structs.replace(
        plan_of(cohort), evaluation=Evaluation(kind="test part", test=0.3, reason="")
    )
    runner = StudyRunner(cohort, plan, None, 1)
    held = runner.run(features, tmp_path, HEAD)
    found = label_results(runner, held, {})
    (record,) = held.label_records

    assert found.report["settings"]["thresholds"] == record.thresholds
    assert "3 labels: held-out images" in found.report.page(".txt")
    assert (held.predictions.labels == 1).any(axis=0).all()
    assert held.predictions.patients is not None
    assert not set(held.predictions.patients) & set(cohort.patients[runner.trained_rows()])
    assert "macro_auroc_within_folds" not in found.estimates
