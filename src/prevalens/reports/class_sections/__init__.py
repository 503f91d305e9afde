"""The sections of a report of several classes, one file each; a new file is a new section."""
