"""What the held-out images of a study were scored, and what each fold chose."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prevalens.exceptions import InvalidInputError
from prevalens.predictions.predictions import Predictions
from prevalens.studies.class_probe import ClassProbeRecord
from prevalens.studies.cross_prediction import CrossPredictions
from prevalens.studies.label_probe import LabelProbeRecord
from prevalens.studies.probe import ProbeRecord
from prevalens.typing import Flags, Labels

AnyProbeRecord = ProbeRecord | ClassProbeRecord | LabelProbeRecord


@dataclass(frozen=True, eq=False)
class HeldOutScores:
    """Held-out predictions, the record of each fold, and which fold scored which row.

    Args:
        predictions: Held-out predictions.
        records: What each fold chose, in the order of the folds.
        folds: Fold that held each row out, shape `(n_rows,)`.
        crossed: The cross-fitted scores; None of a test part.
    """

    predictions: Predictions
    records: Sequence[AnyProbeRecord]
    folds: Labels
    crossed: CrossPredictions | None

    @property
    def binary_records(self) -> list[ProbeRecord]:
        """The records, of a study of two classes.

        Raises:
            InvalidInputError: the study is of several.
        """
        found = [one for one in self.records if isinstance(one, ProbeRecord)]
        if len(found) < len(self.records):
            raise InvalidInputError("Folds of several classes or labels choose no one threshold.")
        return found

    @property
    def label_records(self) -> list[LabelProbeRecord]:
        """The records, of a study of several labels; else none."""
        return [one for one in self.records if isinstance(one, LabelProbeRecord)]

    @property
    def is_positive(self) -> Flags:
        """Decision on each row, of labels `(n_rows, n_labels)`, by its own fold's threshold."""
        if several := self.label_records:
            bounds = np.array([record.thresholds for record in several])
        else:
            bounds = np.array([record.threshold for record in self.binary_records])
        return np.asarray(self.predictions.scores >= bounds[self.folds])
