"""Draw a sample of mutants, and count what became of it: names for, and from, `mutmut run`.

`nox -s mutants` makes the mutants below `mutants/` before it tests them. Then
`python tests/mutants.py draw 0.1 splits metrics > drawn` draws a tenth of each stage's,
`nox -s mutants -- $(cat drawn)` tests them, and `python tests/mutants.py count drawn` counts.
"""

import argparse
import ast
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prevalens.metrics.intervals import wilson_interval

MADE = Path(__file__).parents[1] / "mutants" / "src"
# mutmut's exit codes of a mutant that no test reached, or that every test let pass.
LIVES = {0, 5, 33}


def draw(share: float, stages: list[str], *, seed: int) -> list[str]:
    """Draw `share` of each stage's mutants, rounded, from those of all its files."""
    rng = random.Random(seed)  # noqa: S311
    drawn = []
    for stage in stages:
        names: list[str] = []
        for file in sorted((MADE / "prevalens" / stage).rglob("*.py.meta")):
            names += sorted(json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"])
        drawn += rng.sample(names, round(share * len(names)))
    return drawn


@dataclass(frozen=True)
class Mutant:
    """One change of one function, and what became of it.

    Args:
        name: mutmut's name of it.
        before: The function as it is.
        after: The function as it was changed.
        code: mutmut's exit code; None where it was not tested.
    """

    name: str
    before: ast.AST
    after: ast.AST
    code: int | None

    @property
    def lives(self) -> bool:
        """Whether no test noticed."""
        return self.code in LIVES

    @property
    def is_wording(self) -> bool:
        """Whether only the case of a text changed, or `XX` stand around it."""
        return plain(self.before) == plain(self.after)

    def difference(self) -> str:
        """Return the lines that differ, as they were and as they are."""
        old, new = (
            re.sub(r"__mutmut_\w+", "", ast.unparse(tree)).splitlines()
            for tree in (self.before, self.after)
        )
        lines = [f"- {line.strip()}" for line in old if line not in new]
        lines += [f"+ {line.strip()}" for line in new if line not in old]
        return "\n".join(lines)


def plain(tree: ast.AST) -> str:
    """Return the function without its name, its texts in small letters without `XX`."""
    copy = ast.parse(ast.unparse(tree))
    for node in ast.walk(copy):
        if isinstance(node, ast.FunctionDef):
            node.name = ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = node.value.replace("XX", "").lower()
    return ast.dump(copy)


def read(names: list[str]) -> Iterator[Mutant]:
    """Read the mutants of these names, in order."""
    trees: dict[str, dict[str, ast.AST]] = {}
    codes: dict[str, dict[str, int | None]] = {}
    for name in names:
        module, _, function = name.rpartition(".")
        if module not in trees:
            file = MADE / f"{module.replace('.', '/')}.py"
            parsed = ast.parse(file.read_text(encoding="utf-8"))
            found = [node for node in ast.walk(parsed) if isinstance(node, ast.FunctionDef)]
            trees[module] = {node.name: node for node in found}
            meta = file.with_name(f"{file.name}.meta").read_text(encoding="utf-8")
            codes[module] = json.loads(meta)["exit_code_by_key"]
        original = f"{function.rpartition('__mutmut_')[0]}__mutmut_orig"
        yield Mutant(name, trees[module][original], trees[module][function], codes[module][name])


def count(mutants: list[Mutant]) -> str:
    """Return how many were killed, with Wilson's interval, and what the others changed."""
    tested = [mutant for mutant in mutants if mutant.code is not None]
    others = [mutant for mutant in tested if not mutant.is_wording]
    alive = [mutant for mutant in others if mutant.lives]
    killed = len(others) - len(alive)
    low, high = wilson_interval(killed, len(others))
    share = f"{killed / len(others):.1%} (Wilson 95 %: {low:.1%} to {high:.1%})"
    told = [
        f"{len(mutants)} mutants, {len(tested)} tested, {len(tested) - len(others)} wording",
        f"killed {killed} of the other {len(others)}: {share}",
    ]
    return "\n".join([*told, *(f"{one.name}\n{one.difference()}" for one in alive)])


def main() -> None:
    """Print one name a line, or the count."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("draw", help="draw a sample")
    drawing.add_argument("share", type=float, help="in (0, 1]")
    drawing.add_argument("stages", nargs="+", help="folders below src/prevalens")
    drawing.add_argument("--seed", type=int, default=0)
    counting = commands.add_parser("count", help="count what became of a sample")
    counting.add_argument("drawn", type=Path, help="file of names, one a line")
    options = parser.parse_args()
    if options.command == "draw":
        print("\n".join(draw(options.share, options.stages, seed=options.seed)))
    else:
        print(count(list(read(options.drawn.read_text(encoding="utf-8").split()))))


if __name__ == "__main__":
    main()
