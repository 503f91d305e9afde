"""A probe as one classifier file: from pixels to the recalibrated score."""

import os

import keras
import numpy as np
from scipy.special import expit, logit

from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.models.classifier import create_classifier
from prevalens.models.classifier_card import ClassifierCard
from prevalens.models.classifier_file import save_classifier
from prevalens.studies.probe import Probe
from prevalens.studies.tapped_network import TappedNetwork
from prevalens.typing import Rows


def probe_classifier(probe: Probe, network: TappedNetwork) -> keras.Model:
    """Return the network up to the probe's layers with the probe's heads on them.

    Standardisation, heads, their mean and Platt's map are all affine on the logit, so together
    they are one `Dense` layer.

    Args:
        probe: A probe with a linear head (`"logistic"`, `"balanced_logistic"`).
        network: The network whose features it was fitted on.

    Returns:
        A classifier of pixels, 0 to 255, with a sigmoid output.

    Raises:
        InvalidInputError: the head is not linear.
    """
    parts = [head.linear for head in probe.heads.values()]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        raise InvalidInputError(
            f"A head of kind {probe.record.kind!r} is not linear, so it is no layer of a "
            "classifier. Use 'logistic' or 'balanced_logistic'."
        )
    weights = np.concatenate([weights for weights, _ in known]) / len(known)
    bias = float(np.mean([bias for _, bias in known]))
    if probe.recalibration is not None:
        low, high = logit(probe.recalibration.correct([0.5, float(expit(1.0))]))
        weights, bias = weights * (high - low), bias * (high - low) + low
    maps = network.maps(*probe.record.layers)
    height, width = maps.input_shape[1:3]
    model = create_classifier(
        maps,
        image_size=(height, width),
        preprocessing=network.preprocessing or "inside",
        freeze=True,
    )
    dense = next(x for x in reversed(model.layers) if isinstance(x, keras.layers.Dense))
    dense.set_weights([weights[:, np.newaxis].astype(np.float32), np.array([bias], np.float32)])
    return model


def save_probe(
    probe: Probe,
    network: TappedNetwork,
    cohort: Cohort,
    rows: Rows,
    path: str | os.PathLike[str],
) -> None:
    """Write a probe as a classifier that `load_classifier` reads.

    Args:
        probe: The probe.
        network: The network whose features it was fitted on.
        cohort: The cohort, for the names of its classes.
        rows: Rows the probe was fitted on.
        path: Where to write, `.keras`.
    """
    positive = cohort.classes.index(cohort.positive)
    share = float(cohort.is_positive[rows].mean())
    card = ClassifierCard(
        classes=(cohort.classes[1 - positive], cohort.classes[positive]),
        threshold=probe.record.threshold,
        threshold_origin=probe.record.rule,
        # Platt's map was fitted at the cohort's own prevalence, whatever the head was trained at.
        train_prevalence=share,
    )
    save_classifier(probe_classifier(probe, network), path, card)
