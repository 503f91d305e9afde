"""What the paths of images say: a regular expression, or a template such as {label}/{patient}_*."""

import re

from prevalens.exceptions import InvalidInputError

_ENDLESS = re.compile(r"\{([A-Za-z_]\w*)\}(\*(?!\*/)|\{[A-Za-z_]\w*\})")
_FIELD = re.compile(r"\{([A-Za-z_]\w*)\}|\*\*/|\*|[^{*]+|.", re.DOTALL)


def compiled(pattern: str, *, needs: tuple[str, ...]) -> re.Pattern[str]:
    r"""Return a pattern as a regular expression that names the groups it needs.

    Args:
        pattern: A regular expression; or, where it holds `{name}` and no named group, a template
            in which `{name}` stands for characters other than `/` (as few as fit), `*` for any
            of these, and `**/` for any folders.
        needs: Groups that must be named.

    Raises:
        InvalidInputError: it is no regular expression, lacks a group, or is a template in which
            nothing tells where a name ends.

    Examples:
        >>> compiled("{label}/{patient}_{shot}.png", needs=()).fullmatch("a/p_1_2.png").groups()
        ('a', 'p', '1_2')
        >>> compiled(r"(?P<label>\w+)/.*", needs=("label",)).fullmatch("a/1.png")["label"]
        'a'
    """
    template = is_template(pattern)
    if template:
        _refuse_endless(pattern)
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


def is_template(pattern: str) -> bool:
    """Return whether a pattern is a template and no regular expression."""
    return bool(re.search(r"\{[A-Za-z_]\w*\}", pattern)) and "(?P<" not in pattern


def otherwise(template: str) -> re.Pattern[str]:
    """Return a template as an expression whose names take as many characters as fit."""
    return re.compile(_expression(template, often="+"))


def _refuse_endless(template: str) -> None:
    """Refuse a name that something of any length follows: p12 and p23 would both be p."""
    found = _ENDLESS.search(template)
    if found:
        raise InvalidInputError(
            f"Nothing says where {{{found[1]}}} ends in {template!r}, as {found[2]} may stand for "
            "any characters. Write what parts them, such as {patient}_*, or a regular expression "
            r"such as (?P<label>\w+)/(?P<patient>p\d+).*"
        )


def _expression(template: str, often: str = "+?") -> str:
    seen: set[str] = set()
    parts = []
    for found in _FIELD.finditer(template):
        name, text = found[1], found[0]
        if name:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>[^/]{often})")
            seen.add(name)
        else:
            parts.append({"**/": "(?:.*/)?", "*": "[^/]*"}.get(text) or re.escape(text))
    return "".join(parts)
