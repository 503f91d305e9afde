"""Measures of several labels against scikit-learn, by hand, and by how often limits hold."""

import numpy as np
import pytest
from sklearn import metrics

from prevalens.metrics.label_columns import LabelColumns, check_label_columns
from prevalens.metrics.label_measures import LABEL_TABLE, label_estimates
from prevalens.metrics.settings import Settings

AT = Settings(None, 0.95)
NAMES = ("a", "b", "c", "d")


def drawn(n_patients: int, seed: int, *, missing: float = 0.0, images: int = 3) -> LabelColumns:
    """Draw patients with like images: a common severity, four labels at 10 to 40 %."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(n_patients), images)
    severe = rng.normal(0, 0.8, n_patients)[owner]
    logits = np.array([-2.0, -1.5, -1.0, -0.5]) + severe[:, None]
    labels = (rng.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(float)
    seen = logits + 1.5 * (labels - 0.5) + rng.normal(0, 1, logits.shape)
    labels[rng.random(labels.shape) < missing] = np.nan
    scores = 1 / (1 + np.exp(-seen))
    return check_label_columns(labels, scores, owner, names=NAMES, thresholds=0.4)


def test_every_measure_is_scikit_learns() -> None:
    """Where every label is known; label ranking on the rows that have something to rank."""
    held = drawn(60, 1)
    truth, scores = held.labels.astype(int), held.scores
    flags = scores >= 0.4
    has = truth.any(axis=1) & ~truth.all(axis=1)
    made = {key: estimate.value for key, estimate in label_estimates(held, AT).items()}

    assert made == {
        "macro_auroc": pytest.approx(metrics.roc_auc_score(truth, scores)),
        "micro_auroc": pytest.approx(metrics.roc_auc_score(truth, scores, average="micro")),
        "macro_average_precision": pytest.approx(metrics.average_precision_score(truth, scores)),
        "micro_average_precision": pytest.approx(
            metrics.average_precision_score(truth, scores, average="micro")
        ),
        "macro_brier": pytest.approx(np.mean((truth - scores) ** 2)),
        "label_ranking_average_precision": pytest.approx(
            metrics.label_ranking_average_precision_score(truth[has], scores[has])
        ),
        "macro_sensitivity": pytest.approx(metrics.recall_score(truth, flags, average="macro")),
        "macro_specificity": pytest.approx(
            metrics.recall_score(1 - truth, ~flags, average="macro")
        ),
        "macro_f1": pytest.approx(metrics.f1_score(truth, flags, average="macro")),
        "micro_f1": pytest.approx(metrics.f1_score(truth, flags, average="micro")),
        "subset_accuracy": pytest.approx(metrics.accuracy_score(truth, flags)),
        "hamming_loss": pytest.approx(metrics.hamming_loss(truth, flags)),
    }


def test_labels_that_are_not_known_are_left_out_and_counted() -> None:
    """Each label on its own rows, pooled cells, and whole rows, by hand; the note says how many."""
    held = drawn(60, 2, missing=0.1)
    made, known = label_estimates(held, AT), held.known
    own = [
        metrics.roc_auc_score(held.labels[rows, which], held.scores[rows, which])
        for which, rows in enumerate(known.T)
    ]
    wrong = (held.predicted != (held.labels == 1))[known]
    whole = known.all(axis=1)

    assert made["macro_auroc"].value == pytest.approx(np.mean(own))
    assert made["hamming_loss"].value == pytest.approx(wrong.mean())
    assert made["hamming_loss"].n == int(known.sum())
    right = (held.predicted == (held.labels == 1)).all(axis=1)[whole]
    assert made["subset_accuracy"].value == pytest.approx(right.mean())
    assert f"{int((~whole).sum())} rows of which a label is not known" in str(
        made["subset_accuracy"].note
    )


def test_the_label_ranking_of_a_row_with_an_unknown_label_is_by_hand() -> None:
    """Of known labels alone: ranks 1 and 3 of three give (1 / 1 + 2 / 3) / 2 = 5 / 6."""
    labels = [[1, 0, 1, np.nan], [0, 0, 0, 0]]
    scores = [[0.9, 0.5, 0.2, 0.7], [0.1, 0.2, 0.3, 0.4]]
    held = check_label_columns(labels, scores, None, names=NAMES)
    made = label_estimates(held, AT)["label_ranking_average_precision"]

    assert made.value == pytest.approx(5 / 6)
    assert made.n == 1
    assert "1 row without a label" in str(made.note)


def test_without_thresholds_nothing_is_said_of_predictions() -> None:
    """The measures of rankings and probabilities stay."""
    held = check_label_columns(drawn(30, 3).labels, drawn(30, 3).scores, None, names=NAMES)

    assert list(label_estimates(held, AT)) == [each.key for each in LABEL_TABLE if not each.decided]


def test_a_rare_label_is_named_and_an_absent_one_refuses_the_mean() -> None:
    """One image has label d: the mean says so; none has: no mean, and the label is named."""
    held = drawn(60, 4)
    labels = held.labels.copy()
    labels[:, 3] = 0
    none = check_label_columns(labels, held.scores, held.codes, names=NAMES)
    labels = labels.copy()
    labels[0, 3] = 1
    one = check_label_columns(labels, held.scores, held.codes, names=NAMES)

    assert "label 'd' has only 1 image of 1 patient" in str(
        label_estimates(one, AT)["macro_auroc"].note
    )
    refused = label_estimates(none, AT)["macro_auroc"]
    assert refused.value is None
    assert refused.not_estimable == "of label 'd': no positive images"


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_limits_over_patients_hold_the_truth(missing: float) -> None:
    """Over 150 draws of 60 patients, 95 % limits hold the value of 30,000 patients in 90 %."""
    truth = {key: made.value for key, made in label_estimates(drawn(30_000, 9), AT).items()}
    held = dict.fromkeys(truth, 0)
    for seed in range(150):
        for key, made in label_estimates(drawn(60, seed, missing=missing), AT).items():
            held[key] += made.lower <= truth[key] <= made.upper

    low = {key: count / 150 for key, count in held.items() if count / 150 < 0.90}
    assert not low


def test_rows_with_nothing_to_rank_have_no_label_ranking() -> None:
    """All labels or none on every row: the reason, and no value."""
    held = check_label_columns([[1, 1], [0, 0]], [[0.2, 0.9]] * 2, None, names="ab")
    made = label_estimates(held, AT)["label_ranking_average_precision"]
    assert made.not_estimable == "no row has some labels and lacks others"
