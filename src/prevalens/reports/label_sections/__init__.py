"""Sections of a report of several labels a row: one file each."""
