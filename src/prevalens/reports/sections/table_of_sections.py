"""The table of sections, in the order of a report: every file of this folder that holds one."""

import importlib
import pkgutil
from typing import Any

from prevalens.reports.sections.section import Section


def sections_in(package: str) -> tuple[Section[Any], ...]:
    """Return the sections that the files of a package hold, in the order of a report.

    Args:
        package: Name of the package; a file that begins with `table_of` and `section` hold none.
    """
    folder = importlib.import_module(package).__path__
    names = sorted(info.name for info in pkgutil.iter_modules(folder))
    files = [
        importlib.import_module(f"{package}.{name}")
        for name in names
        if name != "section" and not name.startswith("table_of")
    ]
    return tuple(sorted((file.SECTION for file in files), key=lambda section: section.place))


def sections_of_many(package: str, *also: str) -> tuple[Section[Any], ...]:
    """Return the sections of a package, and those of two classes that ask nothing of how many.

    Args:
        package: Name of the package.
        also: Further sections of two classes that serve this package's requests too.
    """
    keys = {"partition", "provenance", "guidelines", *also}
    shared = [each for each in SECTIONS if each.key in keys]
    return tuple(sorted((*sections_in(package), *shared), key=lambda section: section.place))


SECTIONS: tuple[Section[Any], ...] = sections_in("prevalens.reports.sections")
