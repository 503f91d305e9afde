"""The plan of a study: each choice beside its reason, as JSON that can be read and edited."""

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec

from prevalens._checks import check_path
from prevalens._records import Count, Record
from prevalens.exceptions import InvalidInputError
from prevalens.studies.plan_choices import (
    AuditStep,
    BudgetChoice,
    CurveChoice,
    Evaluation,
    HeadChoice,
    NetworkChoice,
    PoolingChoice,
    ThresholdChoice,
)


def names_network_file(weights: str) -> bool:
    """Tell whether a network is given by a file, or else by its name in `keras.applications`."""
    return weights.endswith((".keras", ".h5")) or os.sep in weights or Path(weights).exists()


class StudyPlan(Record, frozen=True, kw_only=True):
    """A whole study, decided before any training; `save` and `load` go through JSON.

    Args:
        cohort_fingerprint: `Cohort.fingerprint` of the cohort that it was made for, after joining.
        positive: The positive class; None of several classes or labels.
        classes: Names of the three or more classes of a study of all of them; left out of two.
        labels: Names of the labels, where an image may have any number of them; else left out.
        ordered: Whether these classes are grades, from the lowest to the highest.
        unit: `"image"`, or `"patient"`: then patients have decisions, and estimates, of their own.
        pooling: How images are pooled, where the unit is the patient.
        seed: Seed of everything that is drawn.
        facts: What the choices were made from: counts of images and patients, and the like.
        audit: What the files' audit found.
        evaluation: How held-out scores are made.
        network: The frozen network.
        head: The head on its features.
        threshold: The rule of the threshold; None of several classes, of which the one with the
            highest score is predicted.
        baselines: Baselines reported beside the model: `"thumbnail"` (a logistic head on the image
            at 16 by 16 pixels) and `"covariates"`.
        budget: The time it may take; None sets no bound.
        learning_curve: Whether more patients would help; None does not ask.

    Examples:
        >>> from prevalens.cohorts import Cohort
        >>> from prevalens.studies import plan
        >>> cohort = Cohort(
        ...     images=[f"{k}.png" for k in range(24)], labels=["sick"] * 12 + ["well"] * 12,
        ...     patients=[f"p{k // 2}" for k in range(24)], positive="sick",
        ... )
        >>> joined, made = plan(cohort, check_files=False)
        >>> made.unit, made.positive
        ('image', 'sick')
    """

    FORMAT: ClassVar[str] = "prevalens study plan"
    REMEDY: ClassVar[str] = "Mend the file, or plan anew."
    cohort_fingerprint: str
    positive: str | None
    classes: list[str] | msgspec.UnsetType = msgspec.UNSET
    labels: list[str] | msgspec.UnsetType = msgspec.UNSET
    ordered: bool = False
    unit: Literal["image", "patient"] = "image"
    pooling: PoolingChoice | None = None
    seed: Count = 0
    facts: dict[str, Any]
    audit: list[AuditStep]
    evaluation: Evaluation
    network: NetworkChoice
    head: HeadChoice
    threshold: ThresholdChoice | None
    baselines: list[Literal["thumbnail", "covariates"]]
    budget: BudgetChoice | None = None
    learning_curve: CurveChoice | None = None

    def __post_init__(self) -> None:
        """Refuse a unit without its pooling, and what would be ignored."""
        kinds = self.positive is not None, self.several, self.of_labels
        if sum(kinds) != 1 or (self.threshold is None) != self.several:
            raise InvalidInputError(
                "`positive` and `threshold` belong to two classes, `classes` to several, `labels` "
                f"and `threshold` to several labels, got {self.positive!r}, {self.threshold!r}, "
                f"{self.classes!r} and {self.labels!r}."
            )
        if self.of_labels and (self.unit != "image" or len(set(self.label_names)) < 2):
            raise InvalidInputError(
                "A study of several labels has two or more different `labels` and the unit "
                f"'image', got {self.label_names} and {self.unit!r}."
            )
        if self.of_labels and self.learning_curve is not None:
            raise InvalidInputError("`learning_curve` is of classes. Set it to null.")
        if self.ordered and not self.several:
            raise InvalidInputError("`ordered` is of three or more classes. Set it to false.")
        if self.several and (self.unit != "image" or len(set(self.class_names)) < 3):
            raise InvalidInputError(
                "A study of several classes has three or more different `classes` and the unit "
                f"'image', got {self.class_names} and {self.unit!r}."
            )
        if (self.unit == "patient") != (self.pooling is not None):
            raise InvalidInputError(
                f"`pooling` belongs to unit 'patient', got {self.unit!r} and {self.pooling!r}."
            )
        if self.pooling is not None:
            _ = self.pooling.pooling

    @property
    def class_names(self) -> list[str]:
        """Names of the several classes; empty where the study is of two."""
        return [] if isinstance(self.classes, msgspec.UnsetType) else self.classes

    @property
    def label_names(self) -> list[str]:
        """Names of the several labels; empty where an image has one class."""
        return [] if isinstance(self.labels, msgspec.UnsetType) else self.labels

    @property
    def of_labels(self) -> bool:
        """Whether the study is of several labels, of which an image may have any number."""
        return not isinstance(self.labels, msgspec.UnsetType)

    @property
    def several(self) -> bool:
        """Whether the study is of three or more classes."""
        return not isinstance(self.classes, msgspec.UnsetType)

    @property
    def subject(self) -> str:
        """What the study is about, for titles."""
        if self.of_labels:
            return f"{len(self.label_names)} labels"
        kind = "grades" if self.ordered else "classes"
        return f"{len(self.class_names)} {kind}" if self.positive is None else self.positive

    def refuse_next_cohort(self, run: str | os.PathLike[str]) -> None:
        """Refuse a study of several labels, which no next cohort is set beside.

        Args:
            run: Folder of the study.

        Raises:
            InvalidInputError: it is one.
        """
        if self.of_labels:
            raise InvalidInputError(
                f"{run} is a study of several labels, whose next cohort is not set beside it. "
                "Score its images by `prevalens predict`, add a column of 0 and 1 for each label, "
                "and report them by `prevalens report --labels label_ --scores score_`."
            )

    def __str__(self) -> str:
        facts = defaultdict(lambda: "?", self.facts)  # written by hand, it may hold fewer
        how: str = self.evaluation.kind
        independent = facts["independent"] is True
        units = "images" if independent else "patients"
        if how == "cross-fitting":
            how += f", {self.evaluation.n_splits} folds of {units}"
        who = f"{facts['images']} images of {facts['patients']} patients, "
        if independent:
            who = f"{facts['images']} images, {facts['patients']} different ones, "
        who += self._counted(facts, independent=independent)
        rows = [
            ("cohort", who, ""),
            *(("audit", step.finding, step.action) for step in self.audit),
            *(
                [("unit", f"patients, by the {self.pooling.pooling}", self.pooling.reason)]
                if self.pooling
                else []
            ),
            ("evaluation", how, self.evaluation.reason),
            ("network", self.network.weights, self.network.reason),
            ("head", ", ".join(self.head.kinds), self.head.reason),
            self._of_threshold(),
            ("baselines", ", ".join(self.baselines) or "none", ""),
            *self._of_curve(),
            *(
                [("left out", ", ".join(self.budget.left_out) or "nothing", self.budget.reason)]
                if self.budget
                else []
            ),
        ]
        return "\n".join(
            f"{name + ':':12} {what}{f' ({why})' if why else ''}" for name, what, why in rows
        )

    def _counted(self, facts: Mapping[str, Any], *, independent: bool) -> str:
        """Return how many images, and of how many patients, each class or label has."""
        counted = f"(images, {'different' if independent else 'patients'})"
        if self.of_labels:
            found = facts["of_labels"] if isinstance(facts["of_labels"], dict) else {}
            return f"with labels {counted} " + ", ".join(
                f"{name} [{of.get('images', '?')}, {of.get('patients', '?')}]"
                for name, of in ((name, found.get(name, {})) for name in self.label_names)
            )
        if self.several:
            counts = facts["of_classes"] if isinstance(facts["of_classes"], dict) else {}
            order = "grades, from the lowest, " if self.ordered else ""
            return f"of {order}{counted} " + ", ".join(
                f"{name} {counts.get(name, '?')}" for name in self.class_names
            )
        told = f"{facts['positive_images']} images of class {self.positive}"
        return told + ("" if independent else f" ({facts['positive_patients']} patients)")

    def _of_curve(self) -> list[tuple[str, str, str]]:
        if self.learning_curve is None:
            return []
        shares = ", ".join(f"{share:.0%}" for share in self.learning_curve.shares)
        return [("curve", shares, self.learning_curve.reason)]

    def _of_threshold(self) -> tuple[str, str, str]:
        if self.threshold is None:
            return "threshold", "none", "the class with the highest score is predicted"
        asks = f"sensitivity {self.threshold.sensitivity:g}"
        if self.threshold.confidence is not None:
            asks += f" promised with confidence {self.threshold.confidence:g}"
        return "threshold", asks, self.threshold.reason

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the plan as JSON, whole or not at all."""
        self.save(Path(check_path("path", path)))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "StudyPlan":
        """Read a plan that `write` wrote, edited or not.

        Raises:
            InvalidInputError: the file cannot be read, or a field breaks its rule; the message
                names the field.
        """
        return cls.load(Path(check_path("path", path)))
