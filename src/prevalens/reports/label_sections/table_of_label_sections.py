"""The table of sections of a report of several labels a row, in its order."""

from prevalens.reports.sections.table_of_sections import sections_of_many

LABEL_SECTIONS = sections_of_many("prevalens.reports.label_sections")
