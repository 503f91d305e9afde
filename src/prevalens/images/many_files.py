"""One function over many files: spread by joblib, every failure named at once."""

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import joblib

from prevalens._progress import progress_line
from prevalens.exceptions import UnreadableImageError

# Files per call of joblib: enough to keep workers busy, few enough for the line to move.
_CHUNK = 512


def map_files(
    function: Callable[..., Any],
    paths: Sequence[str | os.PathLike[str]],
    *,
    n_jobs: int | None = None,
    progress: str | None = None,
    **settings: Any,
) -> list[Any]:
    """Call `function(path, **settings)` for each path.

    Args:
        function: A function of one path that raises UnreadableImageError where it must refuse.
        paths: The files.
        n_jobs: Workers, as joblib counts them; None follows `joblib.parallel_config`.
        progress: Past participle for a line such as "read 512 of 2048 files" on standard error,
            shown on a terminal and in a notebook; None shows nothing.
        settings: Further arguments of `function`.

    Returns:
        The results, in the order of `paths`, whatever the number of workers.

    Raises:
        UnreadableImageError: `function` refused some files; the text holds every refusal.
    """
    results: list[Any] = []
    call = partial(_call, function, settings, Path.cwd())
    # Decoding and hashing release Python's lock, so threads do; a configured backend wins.
    with (
        joblib.Parallel(n_jobs=n_jobs, prefer="threads") as parallel,
        progress_line(progress, len(paths), "files") as advance,
    ):
        for start in range(0, len(paths), _CHUNK):
            chunk = paths[start : start + _CHUNK]
            results += parallel(joblib.delayed(call)(path) for path in chunk)
            advance(len(chunk))
    refusals = [result for result in results if isinstance(result, UnreadableImageError)]
    if len(refusals) == 1:
        raise refusals[0]
    if refusals:
        listed = "\n".join(f"- {refusal}" for refusal in refusals)
        raise UnreadableImageError(
            f"{len(refusals)} of {len(paths)} files cannot be read:\n{listed}"
        )
    return results


def _call(
    function: Callable[..., Any],
    settings: dict[str, Any],
    folder: Path,
    path: str | os.PathLike[str],
) -> Any:
    # A worker's process may have begun, or been left, in another folder.
    path = path if Path.cwd() == folder else folder / path
    try:
        return function(path, **settings)
    except UnreadableImageError as error:
        return UnreadableImageError(str(error))
