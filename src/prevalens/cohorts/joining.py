"""Patients that are one, and cohorts that become one."""

import os
from collections.abc import Sequence
from pathlib import Path

from prevalens._checks import did_you_mean, name_some
from prevalens._columns import as_texts
from prevalens.cohorts.components import component_codes
from prevalens.exceptions import InvalidInputError
from prevalens.typing import Texts


def common_root(
    root: Path, images: Texts, other_root: Path, other_images: Texts
) -> tuple[Path, Texts, Texts]:
    """Return one root for two lists of paths, and the paths below it."""
    if root == other_root:
        return root, images, other_images
    base = Path(os.path.commonpath([root.absolute(), other_root.absolute()]))
    moved = [
        as_texts(Path(os.path.relpath(own.absolute() / name, base)).as_posix() for name in names)
        for own, names in ((root, images), (other_root, other_images))
    ]
    return base, moved[0], moved[1]


def joined(patients: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return the new id of each patient: the ids of its connected component, joined by +."""
    position = {name: index for index, name in enumerate(patients)}
    unknown = [name for pair in pairs for name in pair if name not in position]
    if unknown:
        raise InvalidInputError(
            f"Only patients of the cohort can be joined, but {name_some(dict.fromkeys(unknown))} "
            "are none." + did_you_mean(unknown[0], patients)
        )
    component = component_codes(len(patients), [[position[a], position[b]] for a, b in pairs])
    members: dict[int, list[str]] = {}
    for name, number in zip(patients, component.tolist(), strict=True):
        members.setdefault(number, []).append(name)
    return ["+".join(members[number]) for number in component.tolist()]
