"""Tests of this model of several labels against another on the same rows."""

import numpy as np
import pytest

from prevalens.exceptions import InvalidInputError
from prevalens.metrics import compare_models, compare_multilabel, holm
from prevalens.predictions import Predictions
from prevalens.reports import ClinicalReport


@pytest.fixture(scope="module")
def other(finding_rows: Predictions) -> Predictions:
    """Another model of the same rows, read anew: its arrays are others, its values the same."""
    noise = np.random.default_rng(3).random(finding_rows.scores.shape)
    return Predictions(
        labels=finding_rows.labels.copy(),
        scores=0.7 * finding_rows.scores + 0.3 * noise,
        patients=list(finding_rows.patients),  # type: ignore[arg-type]
        classes=finding_rows.classes,
    )


def test_means_and_each_label_are_compared_in_pairs(
    finding_rows: Predictions, other: Predictions
) -> None:
    """Differences are those of the metrics; p values are adjusted over all six of them."""
    held = finding_rows
    found = ClinicalReport(held, compare=other)["label_comparison"]["differences"]
    mean = compare_multilabel(
        *(held.labels, held.scores, other.scores), names=held.classes, patients=held.patients
    )
    side, rival = held.one_vs_rest("mass"), other.one_vs_rest("mass")
    own = compare_models(
        *(side.labels, side.scores, rival.scores), measure="auroc", patients=side.patients
    )
    known = {key: each["p_value"] for key, each in found.items() if each["p_value"] is not None}

    assert len(found) == 6
    assert found["macro_auroc"]["difference"]["lower"] == pytest.approx(mean.difference.lower)
    assert found["auroc of mass"]["difference"]["value"] == pytest.approx(own.difference.value)
    assert found["auroc of mass"]["difference"]["lower"] == pytest.approx(own.difference.lower)
    assert found["auroc of mass"]["difference"]["patients"] == own.difference.patients
    assert found["auroc of mass"]["difference"]["n"] == len(held) - 7
    assert {key: found[key]["p_holm"] for key in known} == pytest.approx(holm(known))


def test_the_page_names_measures_and_labels(finding_rows: Predictions, other: Predictions) -> None:
    """In the words of labels, not of classes; without another model the part is named absent."""
    text = str(ClinicalReport(finding_rows, compare=other))
    assert "Macro AUROC" in text
    assert "AUROC of fluid" in text
    assert "each class" not in text
    alone = str(ClinicalReport(finding_rows))
    assert "give another model's predictions of the same rows" in " ".join(alone.split())


def test_a_model_of_other_labels_is_refused(finding_rows: Predictions, other: Predictions) -> None:
    """Unknown labels must be unknown to both."""
    labels = other.labels.copy()
    labels[3, 0] = 0
    changed = Predictions(
        labels=labels, scores=other.scores, patients=other.patients, classes=other.classes
    )
    with pytest.raises(InvalidInputError, match="but their `labels` differ"):
        ClinicalReport(finding_rows, compare=changed)
