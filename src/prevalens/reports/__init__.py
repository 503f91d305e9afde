"""What a reader of the study gets: the clinical report, its formats, its published schema."""

from typing import TYPE_CHECKING

from prevalens._lazy import lazy_names

if TYPE_CHECKING:
    from prevalens.reports.clinical_report import ClinicalReport
    from prevalens.reports.model_card import ModelCard
    from prevalens.reports.plots import chart_names, plot_chart
    from prevalens.reports.report_record import json_schema
    from prevalens.reports.verification import Verification, verify_run

__all__ = [
    "ClinicalReport",
    "ModelCard",
    "Verification",
    "chart_names",
    "json_schema",
    "plot_chart",
    "verify_run",
]

__getattr__ = lazy_names(
    __name__,
    {
        "ClinicalReport": "clinical_report",
        "ModelCard": "model_card",
        "Verification": "verification",
        "chart_names": "plots",
        "json_schema": "report_record",
        "plot_chart": "plots",
        "verify_run": "verification",
    },
)
