"""The one door to packages that are not always installed."""

import importlib
from types import ModuleType

from prevalens.exceptions import MissingExtraError


def require(module: str, *, extra: str | None = None) -> ModuleType:
    """Import an optional package.

    Args:
        module: Import name, for example `"matplotlib.pyplot"`.
        extra: The extra of prevalens that installs it, for example `"plot"`; None for none.

    Returns:
        The imported module.

    Raises:
        MissingExtraError: the package is not installed; the text names the extra.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        wanted = package if extra is None else f"'prevalens[{extra}]'"
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise MissingExtraError(
            f"This needs the package `{package}`, which is not installed. "
            f"Install it with: pip install {wanted}"
        ) from error
