"""Draw a sample of mutants, as many of each file as its share: names for `mutmut run`.

`nox -s mutants` makes them below `mutants/` before it tests them; then
`nox -s mutants -- $(python tests/mutants.py 0.1 splits metrics)` tests a tenth of two stages.
"""

import argparse
import json
import random
from pathlib import Path

MADE = Path(__file__).parents[1] / "mutants" / "src" / "prevalens"


def sample(share: float, stages: list[str], *, seed: int) -> list[str]:
    """Draw `share` of each file's mutants, rounded, from those of the stages."""
    rng = random.Random(seed)  # noqa: S311
    drawn = []
    for stage in stages:
        for file in sorted((MADE / stage).glob("*.py.meta")):
            names = sorted(json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"])
            drawn += rng.sample(names, round(share * len(names)))
    return drawn


def main() -> None:
    """Print one name a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("share", type=float, help="in (0, 1]")
    parser.add_argument("stages", nargs="+", help="folders below src/prevalens")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print("\n".join(sample(options.share, options.stages, seed=options.seed)))


if __name__ == "__main__":
    main()
