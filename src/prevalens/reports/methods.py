"""The methods in words, each with its reference, written from what was computed."""

from collections.abc import Iterable, Mapping
from typing import Any

from prevalens.metrics.references import references_in
from prevalens.metrics.registry import all_measures

REFERENCES = {
    "stard": "Bossuyt PM et al. STARD 2015. BMJ 2015;351:h5527.",
    "tripod": "Collins GS et al. TRIPOD+AI statement. BMJ 2024;385:e078378.",
    "claim": "Tejani AS et al. CLAIM: 2024 update. Radiol Artif Intell 2024;6:e240300.",
    "measures": "Van Calster B et al. Evaluation of performance measures in predictive artificial "
    "intelligence models to support medical decisions. Lancet Digit Health 2025;7:100916.",
    "imbalance": "van den Goorbergh R et al. The harm of class imbalance corrections for risk "
    "prediction models. J Am Med Inform Assoc 2022;29:1525-1534.",
    "saerens": "Saerens M, Latinne P, Decaestecker C. Adjusting the outputs of a classifier to new "
    "a priori probabilities. Neural Comput 2002;14:21-41.",
    "sequence": "Angelopoulos AN et al. Learn then test. arXiv:2110.01052, 2021.",
}

_UNDERSAMPLING = (
    "Training on undersampled rows moves risks away from the prevalence of the cohort and does not "
    "improve discrimination (van den Goorbergh 2022)."
)


def methods(record: Mapping[str, Any]) -> list[str]:
    """Say how each estimate was computed, in sentences that may stand in a paper.

    Args:
        record: The report's record, with its estimates.
    """
    setting, flow = record["settings"], record["flow"]
    over = (
        "Images were taken as independent, as stated by the author; no interval allows for several "
        "images of one patient"
        if flow["patients"] is None
        else "Images of one patient are not independent; every interval is over patients"
    )
    sentences = [
        f"A score at or above the threshold is a positive call. {_threshold(setting)}",
        f"{over}. Intervals aim at a coverage of {setting['confidence_level'] * 100:g} %.",
        *(f"{names}: {method}." for method, names in _by_method(record["estimates"])),
        "Undefined estimates are named as not estimable with the reason; none is set to 0.",
        (
            "Discrimination, calibration and net benefit are the core (Van Calster 2025); F1 and "
            "accuracy are listed because they are asked for; they are neither proper scores nor "
            "based on a decision."
        ),
    ]
    if record["correction"]:
        sentences.append(
            "Scores were corrected for prevalence on the odds (Saerens 2002), from "
            f"{record['correction']['train_prevalence']:.4g} among the training rows to "
            f"{record['correction']['target_prevalence']:.4g}. {_UNDERSAMPLING}"
        )
    elif record["uncorrected"]:
        sentences.append(
            "The scores of this report were corrected from the model's own; calibration is shown "
            f"before and after (Saerens 2002). {_UNDERSAMPLING}"
        )
    return sentences


def references(record: Mapping[str, Any]) -> list[str]:
    """List what the methods and the guideline map cite, and the papers that define the measures."""
    wanted = ["stard", "tripod", "claim", "measures"]
    corrected = record["correction"] or record["uncorrected"]
    wanted += ["imbalance", "saerens"] if corrected else []
    wanted += ["sequence"] if record["settings"]["threshold_guarantee"] else []
    compared = record["comparison"]
    held = [*record["estimates"].items(), *record["utility"]["estimates"].items()]
    texts = [estimate["method"] for _, estimate in held]
    if compared is not None:
        texts += [contrast["method"] for contrast in compared["estimates"].values()]
        texts.append(compared["mcnemar"]["method"])
    texts += [row[kind]["method"] for row in record["predictive_values"] for kind in ("ppv", "npv")]
    known = {measure.key: measure for measure in all_measures()}
    cited = {paper for key, _ in held if key in known for paper in known[key].full_references()}
    cited |= set(references_in(" ".join(texts)))
    return [REFERENCES[name] for name in wanted] + sorted(cited, key=str.casefold)


def _threshold(setting: Mapping[str, Any]) -> str:
    origin = {
        "pre-specified": "was specified before these rows were looked at",
        "validation": "was chosen on validation rows, not on these",
        "exploratory": "is exploratory: nothing says that these rows did not choose it, so the "
        "estimates at it may be optimistic",
    }[setting["threshold_origin"]]
    text = f"The threshold, {setting['threshold']:.6g}, {origin}."
    if setting["threshold_rule"]:
        text += f" Rule: {setting['threshold_rule']}."
    if setting["threshold_guarantee"]:
        text += f" {setting['threshold_guarantee']}"
    return text


def _by_method(estimates: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    """Return each method and the names of the estimates it was used for, joined."""
    found: dict[str, list[str]] = {}
    for key, estimate in estimates.items():
        found.setdefault(estimate["method"], []).append(key.replace("_", " "))
    return [(method, ", ".join(keys)) for method, keys in found.items()]
