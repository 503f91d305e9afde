"""Which classes a study is of: one against others, all of them, or grades in their order."""

import argparse
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from prevalens._cells import as_text
from prevalens._checks import name_some
from prevalens.exceptions import InvalidInputError
from prevalens.verbs.missing_options import quoted

if TYPE_CHECKING:
    from prevalens import cohorts

FEW_IDS = 3  # of a class: fewer cannot be held out, trained and chosen on


def named_classes(cohort: "cohorts.Cohort", options: argparse.Namespace) -> "cohorts.Cohort":
    """Return the cohort of the classes that the options ask for; all are named.

    Raises:
        InvalidInputError: options do not go together, or name what is no class.
    """
    if options.leave_out:
        counts = Counter(cohort.label_names.tolist())
        out = list(map(as_text, options.leave_out))
        cohort = _without(cohort, out)
        told = "left out: " + ", ".join(f"{quoted(name)} ({counts[name]} images)" for name in out)
        print(told)  # noqa: T201
        cohort = replaced(cohort, provenance=f"{cohort.provenance}; {told}")
    if options.positive is not None:
        if options.grades:
            raise InvalidInputError(
                "--grades is of a study of all grades, --positive of one class against others. "
                "Leave one of them out."
            )
        return _two_classes(cohort, options)
    if len(cohort.classes) == 2:
        raise InvalidInputError(
            f"Two classes are left, {' and '.join(map(quoted, cohort.classes))}. Name the one "
            "whose miss costs by --positive."
        )
    images = np.bincount(cohort.labels, minlength=len(cohort.classes)).tolist()
    named = ", ".join(
        f"{quoted(name)} ({count} images)"
        for name, count in zip(cohort.classes, images, strict=True)
    )
    kinds = "grades, from the lowest" if options.grades else "classes"
    print(f"{len(images)} {kinds}: {named}; --positive and one takes it against the rest")  # noqa: T201
    return cohort


def _without(cohort: "cohorts.Cohort", out: Sequence[str]) -> "cohorts.Cohort":
    """Return the cohort without some classes; its flow of images says why."""
    cohort.drop_classes(out)  # names every unknown class at once
    for name in dict.fromkeys(out):
        rows = cohort.label_names == name
        few = 0 < len(np.unique(cohort.patients[rows])) < FEW_IDS
        reason = "left out on request (--leave-out)"
        told = f"of too few patients to hold some out, {reason}" if few else reason
        cohort = cohort.drop_classes(name, reason=told)
    return cohort


def replaced(cohort: "cohorts.Cohort", **values: Any) -> "cohorts.Cohort":
    """Return the cohort with some fields replaced; independent images stay so."""
    whose = None if cohort.independent else cohort.patients
    return replace(cohort, patients=whose, **values)  # type: ignore[arg-type]


def stand_in(classes: Sequence[str], options: argparse.Namespace) -> dict[str, Any]:
    """Return what a cohort needs: the positive class; of all classes any one that is kept.

    Args:
        classes: Every class there is, in the order that they shall have.
        options: The options.

    Raises:
        InvalidInputError: `--grades` does not name each class that is kept once.
    """
    if options.positive is not None:
        return {"positive": as_text(options.positive)}
    out = set(map(as_text, options.leave_out))
    if options.grades:
        classes = _graded(classes, list(map(as_text, options.grades)), out)
    return {"positive": next((x for x in classes if x not in out), classes[0]), "classes": classes}


def _graded(classes: Sequence[str], grades: Sequence[str], out: Collection[str]) -> list[str]:
    """Return the classes from the lowest grade to the highest, then those that are left out.

    Args:
        classes: Every class there is.
        grades: The grades as they were named.
        out: Classes that are left out.

    Raises:
        InvalidInputError: a class is no grade, a grade no class, or one is named twice.
    """
    kept = [name for name in classes if name not in out]
    if sorted(grades) != sorted(kept):
        lacking = [name for name in kept if name not in grades]
        strange = [name for name in grades if name not in kept]
        told = f" {name_some(lacking)} lack." if lacking else ""
        told += f" {name_some(strange)} are no classes that are kept." if strange else ""
        raise InvalidInputError(
            f"--grades names each class once, from the lowest to the highest, and the classes are "
            f"{', '.join(map(repr, kept))}, got {', '.join(map(repr, grades))}.{told} --leave-out "
            "takes out what is no grade."
        )
    return [*grades, *(name for name in classes if name in out)]


def _two_classes(cohort: "cohorts.Cohort", options: argparse.Namespace) -> "cohorts.Cohort":
    others = [name for name in cohort.classes if name != cohort.positive]
    if options.versus in {None, "rest"} and (options.versus is None or "rest" not in others):
        if len(others) > 1:
            counts = Counter(cohort.label_names.tolist())
            named = ", ".join(f"{quoted(name)} ({counts[name]} images)" for name in others)
            tell = "" if options.versus else "; --versus and a class takes one of them alone"
            print(f"{quoted(cohort.positive)} against the rest: {named}{tell}")  # noqa: T201
            return cohort.one_vs_rest(cohort.positive)
        return cohort
    if options.versus not in others:
        raise InvalidInputError(
            f"--versus must be 'rest' or one of {', '.join(map(repr, others))}, got "
            f"{options.versus!r}."
        )
    rest = [name for name in others if name != options.versus]
    why = f"neither --positive {cohort.positive!r} nor --versus {options.versus!r}"
    return cohort.drop_classes(rest, reason=why)
