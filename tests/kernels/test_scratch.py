import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from nntrain.kernels import scratch
from nntrain.runtime import memory


def test_scratch_is_the_same_memory_for_the_same_name_and_other_memory_for_another():
    first = scratch.scratch("a", (3, 4), np.float32)
    assert np.shares_memory(first, scratch.scratch("a", (2, 3), np.float64))
    assert not np.shares_memory(scratch.scratch("a", (3, 4), np.float32), scratch.scratch("b", (3, 4), np.float32))


def test_scratch_grows_to_what_is_asked_for():
    scratch.scratch("grows", (2,), np.float32)
    large = scratch.scratch("grows", (100, 7), np.float64)
    large[...] = 1
    assert large.shape == (100, 7)
    assert np.shares_memory(large, scratch.scratch("grows", (2,), np.float32))


def test_scratch_starts_on_a_cache_line():
    assert scratch.scratch("aligned", (5,), np.float32).ctypes.data % 64 == 0


def test_each_thread_has_its_own_scratch():
    mine, theirs = scratch.scratch("own", (8,), np.float32), []
    thread = threading.Thread(target=lambda: theirs.append(scratch.scratch("own", (8,), np.float32)))
    thread.start()
    thread.join()
    assert not np.shares_memory(mine, theirs[0])


def test_released_scratch_is_fresh_when_asked_for_again():
    before = scratch.scratch("released", (8,), np.float32)
    scratch.release_scratch()
    assert not np.shares_memory(before, scratch.scratch("released", (8,), np.float32))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc")
def test_a_glibc_that_refuses_large_thresholds_keeps_freed_memory_all_the_same(monkeypatch):
    taken = {}

    def mallopt(option, value):
        if option == -3 and value > 32 << 20:
            return 0
        taken[option] = value
        return 1

    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: SimpleNamespace(mallopt=mallopt))
    assert memory.keep_freed_memory()
    assert taken == {-3: 32 << 20, -1: 2**31 - 1, -2: 64 << 20}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere nothing is looked up")
def test_another_malloc_is_left_alone(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: SimpleNamespace())
    assert not memory.keep_freed_memory()
