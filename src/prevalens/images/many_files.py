"""One function over many files: spread by joblib, every failure named at once."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import joblib

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
        progress: Past participle for a line such as "read 512 of 2048" on standard error, shown
            where that is a terminal; None shows nothing.
        settings: Further arguments of `function`.

    Returns:
        The results, in the order of `paths`, whatever the number of workers.

    Raises:
        UnreadableImageError: `function` refused some files; the text holds every refusal.
    """
    results: list[Any] = []
    # Decoding and hashing release Python's lock, so threads do; a configured backend wins.
    with joblib.Parallel(n_jobs=n_jobs, prefer="threads") as parallel:
        for start in range(0, len(paths), _CHUNK):
            chunk = paths[start : start + _CHUNK]
            results += parallel(joblib.delayed(_call)(function, path, settings) for path in chunk)
            if progress is not None:
                _show(progress, start + len(chunk), len(paths))
    refusals = [result for result in results if isinstance(result, UnreadableImageError)]
    if len(refusals) == 1:
        raise refusals[0]
    if refusals:
        listed = "\n".join(f"- {refusal}" for refusal in refusals)
        raise UnreadableImageError(
            f"{len(refusals)} of {len(paths)} files cannot be read:\n{listed}"
        )
    return results


def _call(function: Callable[..., Any], path: object, settings: dict[str, Any]) -> Any:
    try:
        return function(path, **settings)
    except UnreadableImageError as error:
        return UnreadableImageError(str(error))


def _show(verb: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        sys.stderr.write(f"\r{verb} {done} of {total} files{end}")
        sys.stderr.flush()
