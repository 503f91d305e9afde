"""A probe as layers answers what it answered on features."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from studies.small_network import save_network

from prevalens.cohorts import Cohort, MultilabelCohort
from prevalens.exceptions import InvalidInputError
from prevalens.images import read_images
from prevalens.models import load_classifier
from prevalens.studies.class_probe import fit_class_probe
from prevalens.studies.label_probe import fit_label_probe
from prevalens.studies.plan_choices import HeadChoice, ThresholdChoice
from prevalens.studies.probe import fit_probe
from prevalens.studies.probe_model import probe_classifier, save_probe
from prevalens.studies.study import network_features
from prevalens.studies.tapped_network import tap_network

pytestmark = pytest.mark.keras
ASK = ThresholdChoice(sensitivity=0.9, reason="")


@pytest.mark.parametrize(
    ("kind", "layers"),
    [
        ("logistic", []),
        ("balanced_logistic", []),
        ("logistic", ["r1@3"]),
        ("logistic", ["r0", "r1@2"]),
    ],
)
def test_the_file_scores_pixels_as_the_probe_scores_features(
    image_cohort: Cohort, tmp_path: Path, kind: str, layers: list[str]
) -> None:
    """Standardisation, head and Platt's map in one layer: the same score to 1e-4."""
    network = tap_network(save_network(tmp_path / "net.keras"), layers=layers)
    features = network_features(image_cohort, network)
    rows = np.arange(len(image_cohort))
    head = HeadChoice(kinds=[kind], penalties=[1.0, 0.1], inner_folds=2, reason="")  # type: ignore[list-item]
    probe = fit_probe(features, image_cohort, rows, head=head, threshold=ASK, seed=0)
    save_probe(probe, network, image_cohort, rows, tmp_path / "model.keras")
    paths = [image_cohort.path(row) for row in rows]
    answer = load_classifier(tmp_path / "model.keras")(
        np.asarray(read_images(paths, size=(16, 16)))
    )

    np.testing.assert_allclose(answer.scores, probe.scores(features), atol=1e-4)
    assert list(answer.names[:1]) == ["sick" if answer.is_positive[0] else "well"]


@pytest.mark.parametrize("kind", ["logistic", "balanced_logistic"])
def test_the_file_scores_three_classes_as_the_probe_does(
    image_cohort: Cohort, tmp_path: Path, kind: str
) -> None:
    """Heads, shares and temperature in one layer with a softmax: the same scores to 1e-4."""
    odd = np.array([int(who[1:]) % 2 == 1 for who in image_cohort.patients])
    names = np.where(image_cohort.is_positive, "sick", np.where(odd, "so-so", "well"))
    cohort = Cohort(
        images=image_cohort.images,
        labels=names,
        patients=image_cohort.patients,
        positive="sick",
        root=image_cohort.root,
    )
    network = tap_network(save_network(tmp_path / "net.keras"), layers=["r0", "r1@2"])
    features = network_features(cohort, network)
    rows = np.arange(len(cohort))
    head = HeadChoice(kinds=[kind], penalties=[1.0, 0.1], inner_folds=2, reason="")  # type: ignore[list-item]
    probe = fit_class_probe(features, cohort, rows, head=head, seed=0)
    save_probe(probe, network, cohort, rows, tmp_path / "model.keras")
    classifier = load_classifier(tmp_path / "model.keras")
    answer = classifier(np.asarray(read_images([cohort.path(row) for row in rows], size=(16, 16))))

    np.testing.assert_allclose(answer.scores, probe.scores(features), atol=1e-4)
    assert classifier.card.classes == cohort.classes
    assert classifier.card.threshold is None
    shares = np.bincount(cohort.labels) / len(cohort)
    np.testing.assert_allclose(np.asarray(classifier.card.train_prevalence), shares)


def test_a_head_that_is_no_layer_is_refused(image_cohort: Cohort, tmp_path: Path) -> None:
    """The nearest class mean is affine no longer once standardised per class."""
    network = tap_network(save_network(tmp_path / "net.keras"))
    features = network_features(image_cohort, network)
    rows = np.arange(len(image_cohort))
    head = HeadChoice(kinds=["mlp"], penalties=[0.1], inner_folds=2, reason="")
    probe = fit_probe(features, image_cohort, rows, head=head, threshold=ASK, seed=0)
    with pytest.raises(InvalidInputError, match="'mlp' is not linear"):
        probe_classifier(probe, network)


@pytest.mark.filterwarnings("ignore:.*The threshold")
def test_the_file_of_several_labels_scores_each_as_its_probe(
    image_cohort: Cohort, tmp_path: Path
) -> None:
    """Labels that chose other layers are in one layer; thresholds and shares are each label's."""
    network = tap_network(save_network(tmp_path / "net.keras"), layers=["r0", "r1@2", "r2"])
    features = network_features(image_cohort, network)
    count = len(image_cohort)
    second = np.arange(count) % 3 == 0
    targets = np.column_stack([image_cohort.is_positive, second]).astype(float)
    targets[5, 1] = np.nan
    cohort = MultilabelCohort.of(image_cohort, names=("bright", "third"), targets=targets)
    head = HeadChoice(kinds=["logistic"], penalties=[0.1], inner_folds=2, averaged=1, reason="")
    rows = np.arange(count)
    probe = fit_label_probe(features, cohort, rows, head=head, threshold=ASK, seed=2)
    # Each label sees layers of its own, in another order than the network has them.
    for name, layers in (("bright", ["r2", "r0"]), ("third", ["r1@2"])):
        own = {layer: features[layer] for layer in layers}
        known, single = cohort.known(name), cohort.one_vs_rest(name)
        part = {layer: values[known] for layer, values in own.items()}
        both = msgspec.structs.replace(head, averaged=2)
        probe.probes[name] = fit_probe(  # type: ignore[index]
            part, single, np.arange(len(single)), head=both, threshold=ASK, seed=2
        )
    save_probe(probe, network, cohort, rows, tmp_path / "model.keras")
    loaded = load_classifier(tmp_path / "model.keras")
    answer = loaded([str(cohort.path(row)) for row in range(count)])

    np.testing.assert_allclose(answer.scores, probe.scores(features), atol=1e-4)
    assert loaded.card.multilabel
    assert loaded.card.classes == ("bright", "third")
    assert loaded.card.threshold == tuple(probe.record.thresholds)
    assert loaded.card.train_prevalence == pytest.approx(np.nanmean(targets, axis=0))
