"""The sections of a report, one file each; a new file is a new section, everywhere."""
