"""The table of sections of a report of several classes, in its order."""

from prevalens.reports.sections.table_of_sections import sections_of_many

CLASS_SECTIONS = sections_of_many(
    "prevalens.reports.class_sections", "next_cohort", "more_patients"
)
