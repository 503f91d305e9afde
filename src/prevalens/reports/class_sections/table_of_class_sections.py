"""The table of sections of a report of several classes, in its order."""

from typing import Any

from prevalens.reports.sections.guidelines import SECTION as GUIDELINES
from prevalens.reports.sections.partition import SECTION as PARTITION
from prevalens.reports.sections.provenance import SECTION as PROVENANCE
from prevalens.reports.sections.section import Section
from prevalens.reports.sections.table_of_sections import sections_in

# These ask nothing of the number of classes.
_SHARED = (PARTITION, PROVENANCE, GUIDELINES)
CLASS_SECTIONS: tuple[Section[Any], ...] = tuple(
    sorted(
        (*sections_in("prevalens.reports.class_sections"), *_SHARED),
        key=lambda section: section.place,
    )
)
