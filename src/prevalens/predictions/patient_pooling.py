"""How images become one score a patient, and who has too few of them."""

from dataclasses import dataclass

import numpy as np

from prevalens._checks import check_choice, check_integer, check_kind, check_number
from prevalens.exceptions import InvalidInputError
from prevalens.predictions.patient_score import HOW, patient_scores, unit_codes
from prevalens.predictions.predictions import Predictions


@dataclass(frozen=True, kw_only=True)
class PatientPooling:
    """How the images of a patient are pooled into one score.

    Args:
        how: As in `patient_scores`.
        k: Images that count; for `"top_k"` only.
        cutoff: Score from which an image counts, in [0, 1]; for `"fraction"` only.
        least_images: Images that a patient needs to be classifiable.
        unit: What is pooled: `"patient"`, or a covariate such as `"lesion"`, as in
            `patient_scores`.

    Raises:
        InvalidInputError: a setting is missing, has no use, or is out of its range.

    Examples:
        >>> print(PatientPooling(how="top_k", k=3, least_images=5))
        mean of the 3 highest scores, of patients with 5 images or more
    """

    how: str = "mean"
    k: int | None = None
    cutoff: float | None = None
    least_images: int = 1
    unit: str = "patient"

    def __post_init__(self) -> None:
        """Check the settings."""
        check_choice("how", self.how, HOW)
        check_integer("least_images", self.least_images, minimum=1)
        if self.unit in {"", "image"}:
            raise InvalidInputError(
                f"`unit` must be 'patient' or the name of a covariate, got {self.unit!r}. Images "
                "are not pooled into images."
            )
        for name, value, user in (("k", self.k, "top_k"), ("cutoff", self.cutoff, "fraction")):
            if (value is not None) != (self.how == user):
                raise InvalidInputError(
                    f"`{name}` belongs to how={user!r}, got {value!r}, {self.how!r}."
                )
        if self.k is not None:
            check_integer("k", self.k, minimum=1)
        if self.cutoff is not None:
            check_number("cutoff", self.cutoff, low=0, high=1)

    def __str__(self) -> str:
        told = {
            "mean": "mean of the scores",
            "max": "highest score",
            "top_k": f"mean of the {self.k} highest scores",
            "fraction": f"share of scores from {self.cutoff:g}" if self.cutoff is not None else "",
        }[self.how]
        if self.unit != "patient":
            told += f" of each {self.unit}"
        if self.least_images > 1:
            told += f", of {self.unit}s with {self.least_images} images or more"
        return told

    def pool(self, predictions: Predictions) -> Predictions:
        """Return one row per classifiable patient or other unit, see `patient_scores`.

        Raises:
            InvalidInputError: as in `patient_scores`.
        """
        return patient_scores(
            predictions,
            self.how,
            unit=self.unit,
            k=self.k,
            cutoff=self.cutoff,
            least_images=self.least_images,
        )

    def unclassifiable(self, predictions: Predictions) -> dict[str, int]:
        """Return how many patients (or lesions) of each class have too few images, by class name.

        Raises:
            InvalidInputError: images are independent, or there are more than two classes.
        """
        check_kind("predictions", predictions, Predictions)
        whole = patient_scores(predictions, "max", unit=self.unit)
        few = np.bincount(unit_codes(predictions, self.unit)) < self.least_images
        counts = np.bincount(whole.labels[few], minlength=2).tolist()
        return dict(zip(whole.classes, counts, strict=True))
