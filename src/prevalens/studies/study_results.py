"""What a study found on its held-out images, before it is written down."""

from dataclasses import dataclass

from prevalens.metrics.estimate import Estimate
from prevalens.reports.clinical_report import ClinicalReport
from prevalens.studies.decision_rules import PatientDecisions
from prevalens.typing import Flags


@dataclass(frozen=True, eq=False, kw_only=True)
class StudyResults:
    """The report and the estimates of a study.

    Args:
        report: The clinical report.
        estimates: By name, as in `StudySummary`.
        baselines: By baseline, the estimate that it is compared by.
        is_positive: Decision on each held-out image, of labels `(n_rows, n_labels)`; None of
            several classes.
        patients: Decisions on held-out patients, where they are the unit.
        patient_estimates: By name, the estimates of patients, where they are the unit.
        labels: By label its own estimates, by name; None where an image has one class.
    """

    report: ClinicalReport
    estimates: dict[str, Estimate]
    baselines: dict[str, Estimate]
    is_positive: Flags | None = None
    patients: PatientDecisions | None = None
    patient_estimates: dict[str, Estimate] | None = None
    labels: dict[str, dict[str, Estimate]] | None = None
