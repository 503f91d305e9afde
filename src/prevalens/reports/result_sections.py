"""The sections that hold results, from the record of a report."""

from collections.abc import Mapping
from typing import Any

from prevalens.reports.chart_blocks import (
    decision_charts,
    discrimination_charts,
    predictive_charts,
    reliability_charts,
    score_charts,
)
from prevalens.reports.document import Block, Listing, Paragraph, Table
from prevalens.reports.estimate_tables import (
    estimate_row,
    estimate_table,
    keys_of,
    level_text,
    noted,
    notes_of,
)
from prevalens.reports.estimate_text import estimate_text, name_of, p_text, percent_text

Record = Mapping[str, Any]


def cross_table_block(table: Record, record: Record, unit: str) -> Table:
    """Return a 2x2 table of predictions against labels."""
    negative, positive = record["settings"]["classes"]
    return Table(
        f"Calls at the threshold against labels, in {unit}",
        ("Call", f"Label {positive}", f"Label {negative}"),
        [
            ("Called positive", str(table["true_positive"]), str(table["false_positive"])),
            ("Called negative", str(table["false_negative"]), str(table["true_negative"])),
        ],
    )


def at_threshold(record: Record) -> list[Block]:
    """Return the estimates at the threshold."""
    estimates = record["estimates"]
    # A user's measure that is not registered where the report is read has no section of its own.
    keys = [*keys_of(estimates, "threshold"), *keys_of(estimates, "other")]
    caption = f"Estimates at the threshold, with {level_text(record)}"
    table = estimate_table(estimates, keys, caption=caption, address="estimates")
    return [table, *noted(estimates, keys)]


def discrimination(record: Record) -> list[Block]:
    """Return the estimates and curves that need no threshold."""
    estimates = record["estimates"]
    keys = keys_of(estimates, "ranking")
    caption = f"Discrimination, with {level_text(record)}"
    table = estimate_table(estimates, keys, caption=caption, address="estimates")
    return [table, *noted(estimates, keys), *discrimination_charts(record)]


def calibration(record: Record) -> list[Block]:
    """Return calibration as given and after correction, with its charts."""
    estimates, correction = record["estimates"], record["correction"]
    keys = keys_of(estimates, "calibration")
    before = estimate_table(
        estimates,
        keys,
        caption=f"Calibration of the scores as given, with {level_text(record)}",
        address="estimates",
    )
    shown: list[Block] = [*_uncorrected(record), before, *noted(estimates, keys)]
    if correction is not None:
        shown += [
            estimate_table(
                correction["estimates"],
                [key for key in keys if key in correction["estimates"]],
                caption="Calibration after correction from a prevalence of "
                f"{percent_text(correction['train_prevalence'])} to "
                f"{percent_text(correction['target_prevalence'])}, that of these rows",
                address="correction.estimates",
            ),
            Paragraph(
                f"The threshold {record['settings']['threshold']:.6g} on the scores as given makes "
                f"the same calls as {correction['threshold']:.6g} on corrected scores. Calibration "
                "is checked at the prevalence of these rows, because only there can it be."
            ),
        ]
    return [*shown, *reliability_charts(record), *score_charts(record)]


def _uncorrected(record: Record) -> list[Block]:
    held = record["uncorrected"]
    if held is None:
        return []
    share = held["train_prevalence"]
    where = "" if share is None else f", at the prevalence of {percent_text(share)} they learned"
    return [
        estimate_table(
            held["estimates"],
            list(held["estimates"]),
            caption=f"Calibration before correction{where}",
            address="uncorrected.estimates",
        )
    ]


def usefulness(record: Record) -> list[Block]:
    """Return net benefit at the threshold and its curve."""
    utility = record["utility"]
    estimates = utility["estimates"]
    return [
        estimate_table(
            estimates,
            list(estimates),
            caption=f"Net benefit where one acts from a risk of {utility['risk']:.4g}, with "
            f"{level_text(record)}",
            address="utility.estimates",
        ),
        *noted(estimates, list(estimates)),
        Paragraph(
            "Net benefit counts true positives per image and takes off false positives at the odds "
            "of the risk from which one acts. Treating none has 0. It reads scores as risks"
            + (", here corrected for prevalence." if record["correction"] else ".")
        ),
        *decision_charts(record),
    ]


def predictive(record: Record) -> list[Block]:
    """Return predictive values over prevalence."""
    rows = [
        (
            percent_text(row["prevalence"]) + (" (stated)" if row["stated"] else ""),
            estimate_text(row["ppv"]),
            estimate_text(row["npv"]),
        )
        for row in record["predictive_values"]
    ]
    header = ("Prevalence", name_of("ppv"), name_of("npv"))
    caption = f"What a call means where disease is more or less frequent, with {level_text(record)}"
    return [Table(caption, header, rows), *predictive_charts(record)]


def comparison(record: Record) -> list[Block]:
    """Return the differences to another model, if there is one."""
    compared = record["comparison"]
    if compared is None:
        return []
    rows = []
    for key, contrast in compared["estimates"].items():
        value, limits = estimate_row(key, contrast["difference"])[1:3]
        p_value = p_text(contrast["p_value"])
        sides = [estimate_text(contrast[side]) for side in ("first", "second")]
        rows.append((name_of(key), *sides, value, limits, p_value))
    test = compared["mcnemar"]
    found = {name: test[name] for name in ("exact", "mid_p", "clustered") if test[name] is not None}
    told = ", ".join(f"{name.replace('_', '-')} p {p_text(p)}" for name, p in found.items())
    header = ("Estimate", "This model", "Other model", "Difference", "Interval", "p")
    return [
        Table(
            f"This model minus the other on the same rows, with {level_text(record)}",
            header,
            rows,
        ),
        Paragraph(
            f"Only this model called {test['first_only']} images right, only the other "
            f"{test['second_only']}. {test['method']}: {told or test['not_estimable']}."
        ),
        Listing(
            [
                f"p for {name_of(key)}: {contrast['method']}; the hypothesis: "
                f"{contrast['hypothesis']}."
                for key, contrast in compared["estimates"].items()
                if contrast["p_value"] is not None
            ]
        ),
    ]


def patients(record: Record) -> list[Block]:
    """Return the estimates per patient, if there are ids."""
    level = record["patient_level"]
    if level is None:
        return []
    estimates = level["estimates"]
    keys = [*keys_of(estimates, "threshold"), *keys_of(estimates, "ranking")]
    return [
        Paragraph(
            f"One score per patient, the {level['how']} of the images' scores; a patient is "
            "positive where any image is. The threshold is the one for images "
            f"({level['threshold']:.6g}), which nothing chose for patients."
        ),
        cross_table_block(level["table"], record, "patients"),
        estimate_table(
            estimates,
            keys,
            caption=f"Estimates per patient, with {level_text(record)}",
            address="patient_level.estimates",
        ),
        *noted(estimates, keys),
    ]


def subgroups(record: Record) -> list[Block]:
    """Return a table for each covariate."""
    shown: list[Block] = []
    for number, group in enumerate(record["subgroups"]):
        shown += [_subgroup(number, group), *notes_of(_subgroup_estimates(group))]
    return shown


def _subgroup_estimates(group: Record) -> list[tuple[str, Record]]:
    return [
        (f"{level['level']}: {name_of(key)}", estimate)
        for level in group["levels"]
        for key, estimate in level.get("estimates", {}).items()
    ]


def _subgroup(number: int, group: Record) -> Table:
    rows: list[tuple[str, ...]] = []
    keys = []
    for place, level in enumerate(group["levels"]):
        if level["suppressed"]:
            rows.append((level["level"], "suppressed", "fewer than 5, or to protect those", "", ""))
            keys.append("")
        for key, estimate in level.get("estimates", {}).items():
            name, *cells = estimate_row(key, estimate)
            difference = level["differences"].get(key)
            told = "" if difference is None else estimate_text(difference)
            rows.append((f"{level['level']}: {name}", *cells, told))
            keys.append(f"subgroups.{number}.levels.{place}.estimates.{key}")
    header = ("Level and estimate", "Value", "Interval", "n", "Minus all other rows")
    return Table(f"Estimates by {group['by']}", header, rows, keys)
