"""The table of sections of a report of several labels a row, in its order."""

from typing import Any

from prevalens.reports.sections.guidelines import SECTION as GUIDELINES
from prevalens.reports.sections.partition import SECTION as PARTITION
from prevalens.reports.sections.provenance import SECTION as PROVENANCE
from prevalens.reports.sections.section import Section
from prevalens.reports.sections.table_of_sections import sections_in

LABEL_SECTIONS: tuple[Section[Any], ...] = tuple(
    sorted(
        (*sections_in("prevalens.reports.label_sections"), PARTITION, PROVENANCE, GUIDELINES),
        key=lambda section: section.place,
    )
)
