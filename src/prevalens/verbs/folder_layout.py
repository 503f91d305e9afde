"""What the layout of a folder of images suggests for the options that a study lacks."""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from prevalens._cells import as_text
from prevalens._checks import name_some
from prevalens.cohorts.path_pattern import compiled
from prevalens.verbs.image_search import pictures_below
from prevalens.verbs.missing_options import (
    every_class,
    quoted,
    unnamed_class,
    unnamed_positive,
    unnamed_run,
)

USUAL = "{label}/{patient}_*"
BELOW_CLASS = r"(?:.*/)?(?P<label>[^/]+)/[^/]+"
_PARTS = {"train", "training", "val", "valid", "validation", "dev", "test", "testing", "holdout"}
_FEW = 20  # names of folders that may be classes
_LEAST = 3  # patients that a class has, where ids are read rightly
_ENDS = ("_", "-", " ")  # what may follow a patient's id in a file's name


def lacking_of_folder(source: Path, options: argparse.Namespace) -> list[str]:
    """Return a line for each option that is missing, and what to add for all.

    Args:
        source: The folder of images.
        options: The options; a pattern of their own is left to those who read the folder.
    """
    paths = sorted(pictures_below(source))
    levels = _levels(paths) if paths else []
    at = None if options.pattern else _label_level(levels, options.positive)
    add: list[str] = []
    counts = classes_below(source, options) if at is None else Counter(levels[at])
    asked = unnamed_class(counts, options) if at is not None else unnamed_positive(options)
    every = every_class(len(counts), options)
    lines = [] if every else asked
    add += [] if options.positive or every else ["--positive CLASS"]
    if options.pattern is None and options.patient.lower() != "none":
        told, more = _patterns(paths, levels, at, or_table(source))
        lines, add = [*lines, *told], [*add, *more]
    lines += unnamed_run(options)
    if lines and every:
        lines += [f"{each}, to take it against the rest" for each in asked]
    add += [] if options.output else ["-o RUN"]
    return [*lines, f"To go on, add: {' '.join(add)}"] if lines and add else lines


def classes_below(source: Path, options: argparse.Namespace) -> Counter[str]:
    """Count the images of each class that the paths name, by the pattern that they are read by."""
    independent = options.patient.lower() == "none"
    wanted = compiled(options.pattern or (BELOW_CLASS if independent else USUAL), needs=("label",))
    found = (wanted.fullmatch(path) for path in pictures_below(source))
    return Counter(as_text(match["label"]) for match in found if match)


def or_table(source: Path) -> str:
    """Return the words that name the tables in the folder; nothing where there is none."""
    tables = sorted(path.name for path in source.glob("*.csv"))
    return f", or give the table {', '.join(tables)} in it" if tables else ""


def _levels(paths: Sequence[str]) -> list[list[str]]:
    """Return the names of each level of folders, an entry an image; none where depths differ."""
    parts = [path.split("/") for path in paths]
    depth = len(parts[0])
    if any(len(each) != depth for each in parts):
        return []
    return [[each[level] for each in parts] for level in range(depth - 1)]


def _label_level(levels: Sequence[Sequence[str]], positive: str | None) -> int | None:
    """Return the level whose folders are classes: the one that holds the positive class."""
    if positive is not None:
        holding = [level for level, names in enumerate(levels) if positive in names]
        if holding:
            return holding[0]
    for level, names in enumerate(levels):
        if not _are_parts(names) and 2 <= len(set(names)) <= _FEW:
            return level
    return None


def _are_parts(names: Sequence[str]) -> bool:
    return {name.lower() for name in names} <= _PARTS


def _patterns(
    paths: Sequence[str], levels: Sequence[Sequence[str]], at: int | None, tables: str
) -> tuple[list[str], list[str]]:
    """Return the line that asks for a pattern, where the usual one does not fit, and the option."""
    usual = compiled(USUAL, needs=())
    strangers = [path for path in paths if not usual.fullmatch(path)]
    if not strangers:
        return [], []
    told = f"paths are like {name_some(strangers, limit=2)}, and not {quoted(USUAL)}"
    independent = f"--patient none where every image is another patient's{tables}"
    if at is None:
        ask = "describe them by --pattern, such as '{label}/{patient}_{shot}.png', or add"
        return [f"{told}; {ask} {independent}"], ["--pattern TEMPLATE"]
    made = _template(paths, levels, at)
    if made is None:
        ask = r"write a regular expression with (?P<label>...) and (?P<patient>...) as --pattern"
        line = f"{told}; no part of every name looks like a patient's id: {ask}, or add"
        return [f"{line} {independent}"], ["--pattern EXPRESSION"]
    template, ids = made
    seen = f"which reads {len(ids):,} patient ids, such as {name_some(sorted(ids), limit=2)}"
    part = "; 'test' folders are held out by --part-column part" if "{part}" in template else ""
    line = f"{told}; perhaps --pattern {quoted(template)}, {seen}, or {independent}{part}"
    return [line], [f"--pattern {quoted(template)}"]


def _template(
    paths: Sequence[str], levels: Sequence[Sequence[str]], at: int
) -> tuple[str, set[str]] | None:
    """Return the first template that fits every path and joins images by patient, and the ids."""
    folders = [
        "{label}" if level == at else "{part}" if _are_parts(names) else "*"
        for level, names in enumerate(levels)
    ]
    named = [
        [*folders[:level], "{patient}", *folders[level + 1 :], "*"]
        for level, names in enumerate(levels)
        if folders[level] == "*" and len(set(names)) >= 2 * _LEAST
    ]
    named += [[*folders, f"{{patient}}{end}*"] for end in _ENDS]
    for parts in named:
        template = "/".join(parts)
        found = [compiled(template, needs=()).fullmatch(path) for path in paths]
        ids = [(match["label"], match["patient"]) for match in found if match]
        each = Counter(label for label, _ in set(ids))
        if len(ids) == len(paths) > len(set(ids)) and min(each.values()) >= _LEAST:
            return template, {patient for _, patient in ids}
    return None
