"""What a report needs of a learning curve, whoever computed it."""

from typing import Protocol, runtime_checkable

from prevalens.metrics.estimate import Estimate


@runtime_checkable
class PatientCurve(Protocol):
    """AUROC by the number of patients trained on, as `prevalens.features.LearningCurve` has it."""

    @property
    def measure(self) -> str:
        """Key of what `estimates` are: `"auroc"`, or of several classes `"macro_auroc"`."""

    @property
    def n_patients(self) -> tuple[float, ...]:
        """Number of patients of each point, rising."""

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """The AUROC of each point."""

    @property
    def gain(self) -> Estimate:
        """The AUROC of the last point minus that of the one before."""

    def expect(self, n_more: int) -> tuple[float, float | None, float | None]:
        """Return the gain that further patients promise, and its limits."""
