"""What a reader of the study gets: the clinical report, its formats, its published schema."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.reports.acceptance import Acceptance, accept_model, locked_set_sha256
    from prevalens.reports.acceptance_criteria import (
        AcceptanceCriteria,
        BoundCriterion,
        NonInferiorityCriterion,
    )
    from prevalens.reports.clinical_report import ClinicalReport
    from prevalens.reports.development import Development
    from prevalens.reports.dossier import write_dossier
    from prevalens.reports.model_card import ModelCard
    from prevalens.reports.plots import chart_names, plot_chart
    from prevalens.reports.report_record import json_schema
    from prevalens.reports.verification import Verification, verify_run

__all__ = [
    "Acceptance",
    "AcceptanceCriteria",
    "BoundCriterion",
    "ClinicalReport",
    "Development",
    "ModelCard",
    "NonInferiorityCriterion",
    "Verification",
    "accept_model",
    "chart_names",
    "json_schema",
    "locked_set_sha256",
    "plot_chart",
    "verify_run",
    "write_dossier",
]

__getattr__ = lazy_names(
    __name__,
    {
        "Acceptance": "acceptance",
        "AcceptanceCriteria": "acceptance_criteria",
        "BoundCriterion": "acceptance_criteria",
        "ClinicalReport": "clinical_report",
        "Development": "development",
        "ModelCard": "model_card",
        "NonInferiorityCriterion": "acceptance_criteria",
        "Verification": "verification",
        "accept_model": "acceptance",
        "chart_names": "plots",
        "json_schema": "report_record",
        "locked_set_sha256": "acceptance",
        "plot_chart": "plots",
        "verify_run": "verification",
        "write_dossier": "dossier",
    },
)
