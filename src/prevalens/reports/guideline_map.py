"""Where the report answers STARD 2015, TRIPOD+AI and CLAIM 2024, and what is the author's."""

from collections.abc import Collection
from typing import NamedTuple

AUTHOR = "the author's to answer"


class Item(NamedTuple):
    """One item of a guideline.

    Attributes:
        guideline: Name and year.
        number: Number of the item there.
        asks: What it asks for, in our words.
        section: Name of the report's section that answers it; None where the author must.
    """

    guideline: str
    number: str
    asks: str
    section: str | None


_STARD = "STARD 2015"
_TRIPOD = "TRIPOD+AI 2024"
_CLAIM = "CLAIM 2024"
ITEMS = (
    Item(_STARD, "1-4", "Title, abstract, intended use, objectives", None),
    Item(_STARD, "5-9", "Design, eligibility, setting, dates, how patients were found", None),
    Item(_STARD, "10a-11", "Index test and reference standard, in detail", None),
    Item(_STARD, "12a", "Cut-off of the index test; pre-specified or exploratory", "threshold"),
    Item(_STARD, "12b-13b", "Cut-offs of the reference standard; who was blind to what", None),
    Item(_STARD, "14", "Methods for estimating and comparing accuracy", "methods"),
    Item(_STARD, "15", "How indeterminate results were handled", "who"),
    Item(_STARD, "16", "How missing data were handled", "who"),
    Item(_STARD, "17", "Variability of accuracy; pre-specified or exploratory", "subgroups"),
    Item(_STARD, "18", "Intended sample size", None),
    Item(_STARD, "19", "Flow of patients", "who"),
    Item(_STARD, "20-22", "Baseline characteristics, severity, interval between tests", None),
    Item(_STARD, "23", "Cross tabulation of the index test and the reference standard", "table"),
    Item(_STARD, "24", "Estimates of accuracy and their precision", "threshold"),
    Item(_STARD, "25-30", "Adverse events, limitations, implications, registration", None),
    Item(_TRIPOD, "1-4", "Title, abstract, context, known inequalities, objectives", None),
    Item(_TRIPOD, "5a-6c", "Sources of data, dates, setting, eligibility, treatments", None),
    Item(_TRIPOD, "7-11", "Preparation, outcome, predictors, sample size, missing data", None),
    Item(_TRIPOD, "12a-12c", "Use of the data, type of model, how it was built", None),
    Item(_TRIPOD, "12d", "How heterogeneity across clusters was handled", "methods"),
    Item(_TRIPOD, "12e", "All measures and plots of performance, with their reason", "methods"),
    Item(_TRIPOD, "13", "Class imbalance: methods used and recalibration after", "calibration"),
    Item(_TRIPOD, "14", "Fairness", "subgroups"),
    Item(_TRIPOD, "15", "The model's output, and how thresholds were identified", "threshold"),
    Item(_TRIPOD, "16", "Differences between training and evaluation data", None),
    Item(_TRIPOD, "17-19", "Ethics, funding, protocol, sharing, patient involvement", None),
    Item(_TRIPOD, "20a", "Flow of participants", "who"),
    Item(_TRIPOD, "20b-20c", "Characteristics of participants", None),
    Item(_TRIPOD, "21", "Participants and outcome events in each analysis", "who"),
    Item(_TRIPOD, "22", "The full model", None),
    Item(
        _TRIPOD, "23a", "Performance with confidence intervals, and in key subgroups", "threshold"
    ),
    Item(_TRIPOD, "23b", "Heterogeneity of performance across clusters", "subgroups"),
    Item(_TRIPOD, "24", "Results of model updating", "calibration"),
    Item(_TRIPOD, "25-27", "Interpretation, limitations, use in care", None),
    Item(_CLAIM, "1-13", "Title to image acquisition: study, data, preparation", None),
    Item(_CLAIM, "14-18", "Reference standard, annotation, its variability", None),
    Item(_CLAIM, "19-20", "Partitions, and the level at which they are disjoint", "partition"),
    Item(_CLAIM, "21", "Intended sample size", None),
    Item(_CLAIM, "22-27", "Model, software, training, selection, ensembling", None),
    Item(_CLAIM, "28", "Metrics of performance", "methods"),
    Item(_CLAIM, "29", "Measures of uncertainty and significance", "methods"),
    Item(_CLAIM, "30-34", "Robustness, explanation, internal and external testing", None),
    Item(_CLAIM, "35", "Numbers of patients or examinations", "who"),
    Item(_CLAIM, "36", "Demographic and clinical characteristics by partition", None),
    Item(_CLAIM, "37", "Performance metrics with their uncertainty", "threshold"),
    Item(_CLAIM, "38", "Diagnostic performance and its precision", "discrimination"),
    Item(_CLAIM, "39", "Failure analysis of wrongly classified images", "misses"),
    Item(_CLAIM, "40-44", "Limitations, implications, protocol, sharing, funding", None),
)


def guideline_rows(answered: Collection[str]) -> list[dict[str, str]]:
    """Map each item to the section that answers it.

    Args:
        answered: Names of the sections this report has.

    Returns:
        One mapping per item with `guideline`, `item`, `asks` and `answered`: the section's name,
        or that it is the author's to answer.
    """
    return [
        {
            "guideline": item.guideline,
            "item": item.number,
            "asks": item.asks,
            "answered": item.section if item.section in answered and item.section else AUTHOR,
        }
        for item in ITEMS
    ]
