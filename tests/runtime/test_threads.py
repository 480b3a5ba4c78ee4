import threading

import pytest

from nntrain.runtime import threads


@pytest.fixture(params=[1, 2, 3])
def count(request):
    threads.set_threads(request.param)
    yield request.param
    threads.set_threads(1)


@pytest.fixture
def two_threads():
    threads.set_threads(2)
    yield
    threads.set_threads(1)


def test_results_come_in_the_order_of_the_tiles(count):
    assert threads.run(lambda tile: tile * tile, range(20)) == [i * i for i in range(20)]


def test_no_tiles_give_no_results(count):
    assert threads.run(abs, []) == []
    assert threads.run_concurrently() == []


def test_serially_the_caller_works_all_tiles(two_threads):
    assert threads.run(lambda _: threading.get_ident(), range(9), serial=True) == [threading.get_ident()] * 9


def test_the_first_tile_that_failed_is_the_error(count):
    def task(tile):
        if tile in (3, 5):
            raise ValueError(tile)

    with pytest.raises(ValueError, match="3"):
        threads.run(task, range(8))


def test_results_of_concurrent_calls_come_in_their_order(count):
    assert threads.run_concurrently(lambda: "dX", lambda: "dW", lambda: "db") == ["dX", "dW", "db"]


def test_concurrent_calls_may_run_tiles_of_their_own(count):
    def sums(start):
        return threads.run(lambda tile: tile + start, range(30))

    assert threads.run_concurrently(lambda: sums(0), lambda: sums(100)) == [list(range(30)), list(range(100, 130))]


def test_an_error_of_one_call_is_raised_when_the_others_have_ended(two_threads):
    ended = []

    def fails():
        raise ValueError("the first of two")

    with pytest.raises(ValueError, match="the first of two"):
        threads.run_concurrently(fails, lambda: ended.append(1))
    assert ended == [1]


def test_who_ends_first_helps_with_the_tiles_of_the_others(two_threads):
    """The two tiles wait for each other, so that one thread alone would never pass them."""
    begun, both = threading.Event(), threading.Barrier(2, timeout=20)

    def tile(_):
        begun.set()
        both.wait()
        return threading.get_ident()

    _, found = threads.run_concurrently(lambda: begun.wait(20), lambda: threads.run(tile, range(2)))
    assert len(set(found)) == 2
