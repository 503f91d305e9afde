"""The table of sections, in the order of a report: every file of this folder that holds one."""

import importlib
import pkgutil
from pathlib import Path
from typing import Any

from prevalens.reports.sections.section import Section

_PACKAGE = "prevalens.reports.sections"


def _found() -> tuple[Section[Any], ...]:
    names = sorted(info.name for info in pkgutil.iter_modules([str(Path(__file__).parent)]))
    files = [
        importlib.import_module(f"{_PACKAGE}.{name}")
        for name in names
        if name not in {"section", "table_of_sections"}
    ]
    return tuple(sorted((file.SECTION for file in files), key=lambda section: section.place))


SECTIONS: tuple[Section[Any], ...] = _found()
