"""Fit one fold's model of several labels on features: a probe of two classes for each label."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from prevalens._records import Inside, Record
from prevalens.cohorts.multilabel_cohort import MultilabelCohort
from prevalens.studies.head_search import Features
from prevalens.studies.plan_choices import HeadChoice, ThresholdChoice
from prevalens.studies.probe import Probe, ProbeRecord, fit_probe
from prevalens.typing import Rows, Scores


class LabelProbeRecord(Record, frozen=True, kw_only=True):
    """What one fold of a study of several labels chose, and on what grounds.

    Args:
        labels: By label, what its probe chose.
        shares: By label, its share among the training images on which it is known.
    """

    FORMAT: ClassVar[str] = "prevalens label probe"
    labels: dict[str, ProbeRecord]
    shares: dict[str, Inside]

    @property
    def thresholds(self) -> list[float]:
        """Threshold of each label."""
        return [of.threshold for of in self.labels.values()]


@dataclass(frozen=True, eq=False)
class LabelProbe:
    """A probe of each label.

    Args:
        probes: The probe of each label, in the order of the scores' columns.
        record: What was chosen, and on what grounds.
    """

    probes: Mapping[str, Probe]
    record: LabelProbeRecord

    def scores(self, features: Features) -> Scores:
        """Return the score of each label for each row of features, `(n_rows, n_labels)`."""
        return np.column_stack([probe.scores(features) for probe in self.probes.values()])


def fit_label_probe(
    features: Features,
    cohort: MultilabelCohort,
    rows: Rows,
    *,
    head: HeadChoice,
    threshold: ThresholdChoice,
    seed: int,
) -> LabelProbe:
    """Fit what `fit_probe` fits for each label, on the rows of `rows` where it is known.

    So layers, penalties, the answer to imbalance, recalibration and threshold are each label's
    own, and the scores of a label are those of a study of this label alone on the same folds.

    Args:
        features: By layer, features of every row of the cohort, `(n_rows, n_features)`.
        cohort: The cohort.
        rows: Rows to train on.
        head: What may be chosen.
        threshold: The rule of each threshold.
        seed: Seed of the inner folds.

    Raises:
        ImpossibleSplitError: some label, or its absence, comes from one patient alone.
    """
    probes, shares = dict[str, Probe](), dict[str, float]()
    for name in cohort.names:
        known, single = cohort.known(name), cohort.one_vs_rest(name)
        trained = np.flatnonzero(np.isin(known, rows))
        whole = len(known) == len(cohort)
        part = features if whole else {layer: of[known] for layer, of in features.items()}
        with warnings.catch_warnings(record=True) as caught:
            probes[name] = fit_probe(
                part, single, trained, head=head, threshold=threshold, seed=seed
            )
        for each in caught:
            warnings.warn(f"Label {name!r}: {each.message}", each.category, stacklevel=2)
        shares[name] = float(single.is_positive[trained].mean())
    record = LabelProbeRecord(
        labels={name: probe.record for name, probe in probes.items()}, shares=shares
    )
    return LabelProbe(probes, record)
