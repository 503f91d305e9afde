"""Shares of a batch."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_processes import without_launcher

from prevalens.batches import join_shards
from prevalens.batches.sharding import Shard, find_shard
from prevalens.exceptions import InvalidInputError, PrevalensWarning


@given(n_rows=st.integers(1, 40), count=st.integers(1, 5), divisor=st.integers(1, 4))
def test_shares_hold_every_row_once_and_weigh_as_one(n_rows: int, count: int, divisor: int) -> None:
    """Shares have equal lengths, each row counts once, and the mean loss is that of the batch."""
    losses = np.random.default_rng(n_rows).random(n_rows)
    shards = [Shard(index, count, divisor) for index in range(count)]
    parts = [shard.weigh(n_rows) for shard in shards]
    assert {len(places) for places, _ in parts} == {len(parts[0][0])}
    assert len(parts[0][0]) % divisor == 0
    assert {shard.n_shown(n_rows) for shard in shards} == {len(parts[0][0]) * count}
    real = np.concatenate([places[weights > 0] for places, weights in parts])
    assert real.tolist() == list(range(n_rows))
    means = [np.mean(losses[places] * weights) for places, weights in parts]
    assert np.mean(means) == pytest.approx(losses.mean())


@given(
    n_rows=st.integers(1, 60),
    batch=st.integers(1, 20),
    count=st.integers(1, 5),
    divisor=st.integers(1, 4),
)
def test_one_weight_for_a_pass_gives_the_mean_over_its_rows(
    n_rows: int, batch: int, count: int, divisor: int
) -> None:
    """Keras' mean over all rows shown, batch by batch, is that of one process."""
    losses = np.random.default_rng(n_rows).random(n_rows)
    firsts = range(0, n_rows, batch)
    sizes = [min(batch, n_rows - first) for first in firsts]
    shards = [Shard(index, count, divisor) for index in range(count)]
    shown = sum(shards[0].n_shown(size) for size in sizes)
    total = 0.0
    for first, size in zip(firsts, sizes, strict=True):
        for shard in shards:
            places, weights = shard.weigh(size, each=shown / n_rows)
            total += float(np.sum(losses[np.maximum(places, 0) + first] * weights))
    assert total / shown == pytest.approx(losses.mean())


@given(n_rows=st.integers(1, 40), count=st.integers(1, 5), divisor=st.integers(1, 4))
def test_joined_predictions_are_in_order(n_rows: int, count: int, divisor: int) -> None:
    """What the processes predict is put back as one process would have predicted it."""
    places = [Shard(index, count, divisor).places(n_rows) for index in range(count)]
    parts = [(each, np.where(each >= 0, each * 0.5, np.nan)) for each in places]
    assert join_shards(parts[::-1], n_rows=n_rows).tolist() == [row * 0.5 for row in range(n_rows)]


def test_what_does_not_fit_together_is_refused() -> None:
    """A process left out or given twice, or other lengths, is an error that says so."""
    first, second = ((Shard(k, 2).places(4), np.zeros(2)) for k in range(2))
    for parts in ([first], [second], [first, second, second]):
        with pytest.raises(InvalidInputError, match="leave rows out or repeat them"):
            join_shards(parts, n_rows=4)
    with pytest.raises(InvalidInputError, match="2 places and 3 predictions"):
        join_shards([(first[0], np.zeros(3))], n_rows=4)


def test_a_shard_is_named_by_index_and_count() -> None:
    """Alone is the default; what is out of range is refused."""
    assert find_shard(None).is_whole
    assert find_shard((1, 3), divisible_by=2) == Shard(1, 3, 2)
    assert find_shard("auto").count == 1
    with pytest.raises(InvalidInputError, match=r"index below count, got \(2, 2\)"):
        find_shard((2, 2))
    with pytest.raises(InvalidInputError, match=r"\(index, count\) or 'auto', got 3"):
        find_shard(3)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="`shard` must be one of 'auto'"):
        find_shard("all")


def test_auto_asks_the_runtime_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch's processes where it was started, else JAX's; without either the only process."""
    torch = SimpleNamespace(
        is_available=lambda: True,
        is_initialized=lambda: True,
        get_rank=lambda: 1,
        get_world_size=lambda: 3,
    )
    connected = SimpleNamespace(is_initialized=lambda: True)
    jax = SimpleNamespace(process_index=lambda: 2, process_count=lambda: 4, distributed=connected)
    monkeypatch.setitem(sys.modules, "torch.distributed", torch)
    monkeypatch.setitem(sys.modules, "jax", jax)
    found = [find_shard("auto", divisible_by=1)]
    torch.is_initialized = lambda: False
    found.append(find_shard("auto", divisible_by=1))
    monkeypatch.delitem(sys.modules, "torch.distributed")
    found.append(find_shard("auto", divisible_by=1))
    monkeypatch.delitem(sys.modules, "jax")
    found.append(find_shard("auto", divisible_by=1))

    assert [(shard.index, shard.count) for shard in found] == [(1, 3), (2, 4), (2, 4), (0, 1)]


def several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let PyTorch run two processes."""
    torch = SimpleNamespace(
        is_available=lambda: True,
        is_initialized=lambda: True,
        get_rank=lambda: 1,
        get_world_size=lambda: 2,
    )
    monkeypatch.setitem(sys.modules, "torch.distributed", torch)


def test_a_shard_forgotten_beside_other_processes_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of two processes would show every row; who wants that says (0, 1)."""
    several(monkeypatch)
    with pytest.raises(InvalidInputError, match=r"2 processes are running.*Give shard='auto'"):
        find_shard(None)
    assert find_shard((0, 1)).is_whole


def test_processes_that_are_announced_and_not_connected_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before the process group is up `auto` would be wrong, and a forgotten shard may be."""
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InvalidInputError, match=r"WORLD_SIZE announces 2 .*init_process_group"):
        find_shard("auto")
    with pytest.warns(PrevalensWarning, match="without `shard` each shows every row"):
        assert find_shard(None).is_whole
    several(monkeypatch)
    assert find_shard("auto") == Shard(1, 2)


def test_tasks_of_slurm_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a step as of any launcher; of a batch script `auto` says what it takes them for."""
    without_launcher(monkeypatch)
    monkeypatch.setenv("SLURM_NTASKS", "4")
    monkeypatch.setenv("SLURM_PROCID", "0")
    with pytest.warns(PrevalensWarning, match=r"the SLURM job has 4 tasks .*Start it by srun"):
        assert find_shard("auto").is_whole
    assert find_shard(None).is_whole  # which it is, and no false alarm
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "4")
    with pytest.raises(InvalidInputError, match="SLURM_STEP_NUM_TASKS announces 4 processes"):
        find_shard("auto")
    with pytest.warns(PrevalensWarning, match="without `shard` each shows every row"):
        find_shard(None)
