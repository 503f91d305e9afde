"""Changed files into every door, from a seed: an error that says what is wrong, or a sound result.

    python tests/fuzz.py [--inputs NUMBER] [--seed NUMBER] [--only DOOR ...] [--from NUMBER]

Each input is a whole file with a few changes, chosen by the seed and its number alone: `--from
NUMBER --inputs 1` tries one again. What raises anything but an error of the library's own, takes
more than 2 seconds of processor time or more than 1 GB of memory is kept in the folder `fuzzed`
and named at the end, where the exit status is 1. A death of the process leaves its input in the
folder named at the start. The doors stand in `fuzz_doors.py`.
"""

import argparse
import faulthandler
import random
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

from fuzz_doors import Door, doors

from prevalens.exceptions import MissingExtraError, PrevalensError, PrevalensWarning

SECONDS = 2.0  # of processor time for one input
KILOBYTES = 1 << 20  # 1 GB of memory, at any time
HANG = 120  # seconds after which the process says where it stands and ends


def main() -> int:
    """Fuzz; return 0 where nothing was found."""
    options = _options()
    faulthandler.enable()
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", RuntimeWarning)  # numpy's, of nan that nobody looked at
    warnings.simplefilter("ignore", PrevalensWarning)
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory) as temporary:
        folder = Path(temporary)
        print(f"the present input lies in {folder}", flush=True)
        every = doors(folder)
        names = options.only or list(every)
        shares = [every[name].share for name in names]
        told = _Told()
        for number in range(options.first, options.first + options.inputs):
            if number % 100 == 0:  # to ask for it takes milliseconds
                faulthandler.dump_traceback_later(HANG, exit=True)
            rng = random.Random(f"{options.seed}:{number}")  # noqa: S311
            name = rng.choices(names, shares)[0]
            _try(name, every[name], rng, folder, told, number)
            if number % 10_000 == 0:
                told.line(number)
    return told.finish()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--inputs", type=int, default=100_000, help="how many (100,000)")
    parser.add_argument("--seed", type=int, default=0, help="the same one, the same inputs (0)")
    parser.add_argument("--from", dest="first", type=int, default=0, help="number of the first (0)")
    parser.add_argument("--only", nargs="+", help="names of doors")
    return parser.parse_args()


class _Told:
    """What was tried and what was found; the same fault is told once."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.read: Counter[str] = Counter()
        self.spent: Counter[str] = Counter()
        self.found: dict[str, list[int]] = {}
        self.slowest = (0.0, "", 0)
        self._start = time.monotonic()

    def fault(self, what: str, name: str, number: int, data: bytes, suffix: str) -> None:
        if what not in self.found:
            kept = Path("fuzzed")
            kept.mkdir(exist_ok=True)
            (kept / f"{name.replace(' ', '-')}-{number}{suffix}").write_bytes(data)
            print(f"FOUND by {name}, input {number}: {what}", flush=True)
        self.found.setdefault(what, []).append(number)

    def line(self, number: int) -> None:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(
            f"{number}: {sum(self.tried.values())} tried, {time.monotonic() - self._start:.0f} s, "
            f"{len(self.found)} faults, at most {most // 1024} MB and {self.slowest[0]:.2f} CPU s "
            f"({self.slowest[1]}, input {self.slowest[2]})",
            flush=True,
        )

    def finish(self) -> int:
        for name, count in sorted(self.tried.items()):
            each = 1000 * self.spent[name] / count
            print(f"{name}: {count} tried, {self.read[name]} read, {each:.1f} CPU ms each")
        self.line(sum(self.tried.values()))
        for what, numbers in self.found.items():
            print(f"{len(numbers)} times: {what} (inputs {numbers[:5]})")
        return 1 if self.found else 0


def _try(  # noqa: PLR0917
    name: str, door: Door, rng: random.Random, folder: Path, told: _Told, number: int
) -> None:
    """Change a file of a door and try it; whatever is wrong is told."""
    start = time.process_time()
    data = door.mutate(rng, rng.choice(door.seeds))
    path = folder / f"input{door.suffix}"
    path.write_bytes(data)
    told.tried[name] += 1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wrong: list[str] = []
    try:
        door.attempt(path, rng)
        told.read[name] += 1
    except MissingExtraError:
        raise
    except PrevalensError as error:
        wrong += [] if str(error).strip() else ["an error without words"]
    except Exception as error:  # noqa: BLE001 (whatever it is, it is found)
        wrong.append(_where(error))
    spent = time.process_time() - start
    told.spent[name] += spent
    told.slowest = max(told.slowest, (spent, name, number))
    if spent > SECONDS:
        wrong.append(f"{name} takes more than {SECONDS} CPU s")
    now = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if now > KILOBYTES and now > before:
        wrong.append(f"{name} takes more than 1 GB")
    for what in wrong:
        told.fault(what, name, number, data, door.suffix)


def _where(error: Exception) -> str:
    """Return what kind of error it is, and the lines it came by."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "prevalens" in frame.filename]
    lines = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in [frames[-1], *ours[:-4:-1]])
    return f"{type(error).__name__} at {lines}"


if __name__ == "__main__":
    sys.exit(main())
