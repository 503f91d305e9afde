"""Which of several training processes this one is."""

import json
import os
import sys
import threading
import time
from typing import Any

import numpy as np

from prevalens._optional import require


def running_processes() -> tuple[int, int]:
    """Return the index of this process and the number of all, as the running backend says.

    torch.distributed is asked where it is initialised, else JAX where its processes were
    connected. `(0, 1)` where neither is.
    """
    # Only a runtime that somebody loaded can be running.
    if "torch.distributed" in sys.modules:
        distributed = require("torch.distributed", extra="torch")
        if distributed.is_available() and distributed.is_initialized():
            return distributed.get_rank(), distributed.get_world_size()
    if "jax" in sys.modules and _jax_is_connected():
        jax = require("jax", extra="jax")
        return jax.process_index(), jax.process_count()
    return 0, 1


def _jax_is_connected() -> bool:
    # Asking JAX for its processes would start its backend, after which they can no longer be
    # connected.
    distributed = require("jax", extra="jax").distributed
    return bool(getattr(distributed, "is_initialized", bool)())


# What each of a launcher's processes is told: which it is, and how many they are. Of SLURM those
# of a step, which srun starts: a batch script is one process, however many tasks it may start.
_LAUNCHERS = (
    ("RANK", "WORLD_SIZE"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("PMI_RANK", "PMI_SIZE"),
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
)


def announced_processes() -> tuple[str, int]:
    """Return the number of processes that a launcher announces, and where it stands.

    Looked for are `WORLD_SIZE`, which torchrun and most launchers set beside `RANK`; what Open
    MPI, MPICH and SLURM's srun set in its place; and the workers of `TF_CONFIG`. `("", 1)` where
    there is none of them.
    """
    for rank, size in _LAUNCHERS:
        count = _number(os.environ.get(size)) if rank in os.environ else 1
        if count > 1:
            return size, count
    count = _workers(os.environ.get("TF_CONFIG", ""))
    return ("TF_CONFIG", count) if count > 1 else ("", 1)


def possible_processes() -> int:
    """Return the number of tasks of a SLURM job where it cannot be known whether they run.

    A batch script of several tasks is one process until srun starts the others. 1 elsewhere.
    """
    if "SLURM_STEP_NUM_TASKS" in os.environ or announced_processes()[1] > 1:
        return 1
    return _number(os.environ.get("SLURM_NTASKS"))


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.strip().isdecimal() else 1


def _workers(text: str) -> int:
    try:
        cluster: Any = json.loads(text)["cluster"]
        return len(cluster.get("worker", [])) + len(cluster.get("chief", []))
    except (ValueError, TypeError, KeyError, AttributeError):
        return 1


def agreed(values: list[float]) -> list[float]:
    """Return the values of the first process, in every process of JAX that runs this line.

    What is decided by them is then the same in all, whatever the last bit of a sum did. Elsewhere,
    and with one process, the values come back as they are.
    """
    if "jax" not in sys.modules or not _jax_is_connected():
        return values
    tools = require("jax.experimental.multihost_utils", extra="jax")
    shared = tools.broadcast_one_to_all(np.asarray(values, dtype=np.float32))
    return [float(value) for value in np.asarray(shared)]


_WATCHED: set[int] = set()


def leave_with(parent: int) -> None:
    """End this worker process soon after the process that started it has ended.

    A worker of joblib whose parent was killed waits five minutes for more work, and holds its
    memory meanwhile. Nothing happens where this is no worker of that process on this machine.

    Args:
        parent: `os.getpid()` of the process that hands out the work.
    """
    # Windows tells the same parent after it has ended.
    if os.name != "posix" or os.getppid() != parent or os.getpid() in _WATCHED:
        return
    _WATCHED.add(os.getpid())
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
