"""What the paths of images say: a regular expression, or a template such as {label}/{patient}_*."""

import re

from prevalens.exceptions import InvalidInputError

_FIELD = re.compile(r"\{([A-Za-z_]\w*)\}|\*\*/|\*|[^{*]+|.", re.DOTALL)


def compiled(pattern: str, *, needs: tuple[str, ...]) -> re.Pattern[str]:
    r"""Return a pattern as a regular expression that names the groups it needs.

    Args:
        pattern: A regular expression; or, where it holds `{name}` and no named group, a template
            in which `{name}` stands for characters other than `/` (as few as fit), `*` for any
            of these, and `**/` for any folders.
        needs: Groups that must be named.

    Raises:
        InvalidInputError: it is no regular expression, or lacks a group.

    Examples:
        >>> compiled("{label}/{patient}_{shot}.png", needs=()).fullmatch("a/p_1_2.png").groups()
        ('a', 'p', '1_2')
        >>> compiled(r"(?P<label>\w+)/.*", needs=("label",)).fullmatch("a/1.png")["label"]
        'a'
    """
    template = re.search(r"\{[A-Za-z_]\w*\}", pattern) and "(?P<" not in pattern
    try:
        found = re.compile(_expression(pattern) if template else pattern)
    except re.error as error:
        raise InvalidInputError(
            f"The pattern {pattern!r} is no regular expression ({error}). Correct it there, or "
            "write a template such as '{label}/{patient}_{shot}.png'."
        ) from error
    missing = [name for name in needs if name not in found.groupindex]
    if missing:
        wanted = f"{{{missing[0]}}}" if template else f"(?P<{missing[0]}>...)"
        raise InvalidInputError(
            f"The pattern must name the groups {' and '.join(f'`{name}`' for name in needs)}, but "
            f"{pattern!r} lacks {', '.join(missing)}. Write it as {wanted}; where no patient is "
            "known, the image's own number can stand for one."
        )
    return found


def _expression(template: str) -> str:
    seen: set[str] = set()
    parts = []
    for found in _FIELD.finditer(template):
        name, text = found[1], found[0]
        if name:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>[^/]+?)")
            seen.add(name)
        else:
            parts.append({"**/": "(?:.*/)?", "*": "[^/]*"}.get(text) or re.escape(text))
    return "".join(parts)
