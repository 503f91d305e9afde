"""The choices of a study's plan, each with its reason."""

from typing import Annotated, Literal

import msgspec

from prevalens._records import Above, Inside, OneOrMore, Part, Share
from prevalens.predictions.patient_pooling import PatientPooling


class AuditStep(Part, frozen=True, kw_only=True):
    """What the audit of the files found, and what was done about it.

    Args:
        finding: What was found, in words.
        action: `"joined"` (ids that share a file are one patient), `"named"` (left as it is), or
            `"none"` (nothing was found).
        patients: Pairs of ids that were joined.
    """

    finding: str
    action: Literal["joined", "named", "none"]
    patients: list[list[str]] = msgspec.field(default_factory=list)


class Evaluation(Part, frozen=True, kw_only=True):
    """How images come to a score of a model that never saw their patient.

    Args:
        kind: `"cross-fitting"` (every image is scored by one of `n_splits` models), `"test part"`
            (a part of patients is set aside), or `"given part"` (the table names it).
        n_splits: Folds of patients.
        test: Share of images in the test part.
        reason: Why.
    """

    kind: Literal["cross-fitting", "test part", "given part"]
    n_splits: Annotated[int, msgspec.Meta(ge=2)] = 5
    test: Inside = 0.25
    reason: str


class NetworkChoice(Part, frozen=True, kw_only=True):
    """Which frozen network gives the features.

    Args:
        weights: A `.keras` file; or the name of a network of `keras.applications`, whose ImageNet
            weights Keras downloads.
        image_size: Side of the images in pixels; None takes the network's own.
        layers: Layers whose pooled maps are tried, by name, `name@4` in 4 by 4 parts of the image;
            empty tries five along its depth, and parts of narrow ones.
        preprocessing: What pixels need before a `.keras` network; None where it is inside.
        reason: Why.
    """

    weights: str
    image_size: OneOrMore | None = None
    layers: list[str] = msgspec.field(default_factory=list)
    preprocessing: str | None = None
    reason: str


class HeadChoice(Part, frozen=True, kw_only=True):
    """How the head on the features is fitted; whatever is chosen is chosen by inner folds.

    Args:
        kinds: Answers to imbalance that are tried: `"logistic"` (nothing: every image as it is)
            and `"balanced_logistic"` (class weights).
        penalties: Penalties that are tried.
        inner_folds: Inner folds of patients.
        averaged: Layers, at most, whose heads are averaged; 1 takes the best layer alone.
        at_most: Images, of whole patients, on which layer and kind are compared.
        reason: Why.
    """

    kinds: list[Literal["logistic", "balanced_logistic", "centroid", "mlp"]]
    penalties: list[Above]
    inner_folds: Annotated[int, msgspec.Meta(ge=2)] = 4
    averaged: OneOrMore = 3
    at_most: OneOrMore = 3000
    reason: str


class ThresholdChoice(Part, frozen=True, kw_only=True):
    """The rule by which each fold chooses its threshold, inside its training patients.

    Args:
        sensitivity: Sensitivity asked for.
        confidence: Confidence with which it is promised of new patients; None promises nothing.
        reason: Why.
    """

    sensitivity: Inside = 0.95
    confidence: Inside | None = None
    reason: str


class PoolingChoice(Part, frozen=True, kw_only=True):
    """How the images of a patient become one score, where patients are the unit.

    Args:
        how: As in `patient_scores`.
        k: Images that count, of `"top_k"`.
        cutoff: Score from which an image counts, of `"fraction"`.
        least_images: Images that a patient needs to be classifiable.
        reason: Why.
    """

    how: Literal["mean", "max", "top_k", "fraction"] = "mean"
    k: OneOrMore | None = None
    cutoff: Share | None = None
    least_images: OneOrMore = 1
    reason: str

    @property
    def pooling(self) -> PatientPooling:
        """The same, checked, to be worked with."""
        return PatientPooling(
            how=self.how, k=self.k, cutoff=self.cutoff, least_images=self.least_images
        )


class CurveChoice(Part, frozen=True, kw_only=True):
    """How it is found out whether more patients would help.

    Args:
        shares: Shares of the training patients that heads are fitted on, rising.
        n_repeats: Random orders of the patients.
        reason: Why.
    """

    shares: Annotated[list[Annotated[float, msgspec.Meta(gt=0, le=1)]], msgspec.Meta(min_length=2)]
    n_repeats: OneOrMore = 1
    reason: str


class BudgetChoice(Part, frozen=True, kw_only=True):
    """How long the study may take, how long it is estimated to, and what is left out for that.

    Args:
        minutes: Minutes asked for.
        estimated_seconds: By step, what it is estimated to take on one core.
        left_out: What is not tried, in words.
        reason: How the time was estimated.
    """

    minutes: Above
    estimated_seconds: dict[str, float]
    left_out: list[str] = msgspec.field(default_factory=list)
    reason: str
