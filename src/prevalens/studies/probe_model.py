"""A probe as one classifier file: from pixels to the recalibrated score."""

import os
from collections.abc import Sequence
from typing import Any, TypeAlias

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from prevalens.cohorts.cohort import Cohort
from prevalens.exceptions import InvalidInputError
from prevalens.models.classifier import create_classifier
from prevalens.models.classifier_card import ClassifierCard
from prevalens.models.classifier_file import save_classifier
from prevalens.studies.class_probe import ClassProbe
from prevalens.studies.label_probe import LabelProbe
from prevalens.studies.probe import Probe
from prevalens.studies.study_runner import AnyProbe
from prevalens.studies.tapped_network import TappedNetwork
from prevalens.typing import Rows

Layer: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]


def probe_classifier(probe: AnyProbe, network: TappedNetwork) -> keras.Model:
    """Return the network up to the probe's layers with the probe's heads on them.

    Standardisation, heads, their mean and Platt's map are all affine on the logit, so together
    they are one `Dense` layer; so are, of several classes, the temperature and the offsets. Of
    several labels it sees the layers of all, with weights of 0 where a label does without one.

    Args:
        probe: A probe with a linear head (`"logistic"`, `"balanced_logistic"`).
        network: The network whose features it was fitted on.

    Returns:
        A classifier of pixels, 0 to 255, with a sigmoid output for two classes or for each label;
        of several classes a softmax.

    Raises:
        InvalidInputError: the head is not linear.
    """
    layers = [*dict.fromkeys(layer for part in _parts(probe) for layer in part.record.layers)]
    several = isinstance(probe, LabelProbe)
    if isinstance(probe, LabelProbe):
        weights, bias = _of_labels(probe, layers)
    else:
        weights, bias = _of_classes(probe) if isinstance(probe, ClassProbe) else _of_two(probe)
    maps = network.maps(*layers)
    height, width = maps.input_shape[1:3]
    model = create_classifier(
        maps,
        image_size=(height, width),
        n_classes=len(bias) if several else max(2, len(bias)),
        multilabel=several,
        preprocessing=network.preprocessing or "inside",
        freeze=True,
    )
    dense = next(x for x in reversed(model.layers) if isinstance(x, keras.layers.Dense))
    dense.set_weights([weights.astype(np.float32), bias.astype(np.float32)])
    return model


def _parts(probe: AnyProbe) -> Sequence[Probe | ClassProbe]:
    return list(probe.probes.values()) if isinstance(probe, LabelProbe) else [probe]


def _of_labels(probe: LabelProbe, layers: Sequence[str]) -> Layer:
    """Return weights `(n_features, n_labels)` of the layers together, and biases `(n_labels,)`."""
    columns, biases, widths = list[dict[str, Any]](), list[float](), dict[str, int]()
    for each in probe.probes.values():
        weights, bias = _of_two(each)
        own = [head.n_features for head in each.heads.values()]
        parts = np.split(weights[:, 0], np.cumsum(own)[:-1])
        columns.append(dict(zip(each.heads, parts, strict=True)))
        widths |= dict(zip(each.heads, own, strict=True))
        biases.append(float(bias[0]))
    full = [
        np.concatenate([column.get(layer, np.zeros(widths[layer])) for layer in layers])
        for column in columns
    ]
    return np.column_stack(full), np.array(biases)


def _of_two(probe: Probe) -> Layer:
    """Return weights `(n_features, 1)` and bias `(1,)`."""
    known = [part for part in (head.linear for head in probe.heads.values()) if part is not None]
    _check_linear(known, probe)
    weights = np.concatenate([weights for weights, _ in known]) / len(known)
    bias = float(np.mean([bias for _, bias in known]))
    if probe.recalibration is not None:
        low, high = logit(probe.recalibration.correct([0.5, float(expit(1.0))]))
        weights, bias = weights * (high - low), bias * (high - low) + low
    return weights[:, np.newaxis], np.array([bias])


def _of_classes(probe: ClassProbe) -> Layer:
    """Return weights `(n_features, n_classes)` and biases `(n_classes,)`."""
    parts = [head.linear_of_classes for head in probe.heads.values()]
    known = [part for part in parts if part is not None]
    _check_linear(known, probe)
    weights = np.concatenate([weights.T for weights, _ in known]) / len(known)
    bias = np.mean([bias for _, bias in known], axis=0)
    temperature = probe.record.temperature or 1.0
    return weights / temperature, bias / temperature + np.asarray(probe.record.offsets)


def _check_linear(known: Sequence[Any], probe: Probe | ClassProbe) -> None:
    if len(known) < len(probe.heads):
        raise InvalidInputError(
            f"A head of kind {probe.record.kind!r} is not linear, so it is no layer of a "
            "classifier. Use 'logistic' or 'balanced_logistic'."
        )


def save_probe(
    probe: AnyProbe,
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
    if isinstance(probe, LabelProbe):
        chosen = probe.record.labels
        card = ClassifierCard(
            classes=tuple(chosen),
            threshold=tuple(probe.record.thresholds),
            threshold_origin="; ".join(f"{name}: {of.rule}" for name, of in chosen.items()),
            train_prevalence=tuple(probe.record.shares[name] for name in chosen),
            multilabel=True,
        )
    elif isinstance(probe, ClassProbe):
        card = ClassifierCard(
            classes=cohort.classes, threshold=None, train_prevalence=tuple(probe.record.shares)
        )
    else:
        positive = cohort.classes.index(cohort.positive)
        card = ClassifierCard(
            classes=(cohort.classes[1 - positive], cohort.classes[positive]),
            threshold=probe.record.threshold,
            threshold_origin=probe.record.rule,
            # Platt's map was fitted at the cohort's own prevalence, whatever the head's was.
            train_prevalence=float(cohort.is_positive[rows].mean()),
        )
    save_classifier(probe_classifier(probe, network), path, card)
