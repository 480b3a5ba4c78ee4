"""@frozen gives what dataclass(frozen=True) gives, with nothing generated."""

import copy
import dataclasses
import inspect
import pickle
from dataclasses import dataclass, field

import pytest

from nntrain.components import frozen


def declare(decorate):
    class Rate:
        start: float
        end: float = 0.0
        steps: list[int] = field(default_factory=list)
        place: str = field(default="here", repr=False, compare=False)

        def __post_init__(self):
            if self.start < 0:
                raise ValueError("start below 0")

    return decorate(Rate)


@frozen
class Pair:
    a: int
    b: tuple[int, ...] = ()


OURS, PYTHONS = declare(frozen), declare(dataclass(frozen=True))


@pytest.mark.parametrize(("given", "named"), [((1.0,), {}), ((1.0, 2.0), {"steps": [3]}), ((), {"start": 1.0})])
def test_it_binds_shows_and_compares_as_a_frozen_dataclass_does(given, named):
    ours, pythons = OURS(*given, **named), PYTHONS(*given, **named)
    assert repr(ours) == repr(pythons)
    assert vars(ours) == vars(pythons)
    assert dataclasses.asdict(ours) == dataclasses.asdict(pythons)
    assert ours == OURS(*given, **named, place="there")
    assert ours != dataclasses.replace(ours, end=5.0)
    assert ours != pythons


@pytest.mark.parametrize(("given", "named"), [((), {}), ((1, 2, 3, 4, 5), {}), ((1,), {"start": 2}), ((1,), {"x": 2})])
def test_what_a_frozen_dataclass_refuses_is_refused(given, named):
    for cls in (OURS, PYTHONS):
        with pytest.raises(TypeError):
            cls(*given, **named)


def test_it_is_checked_frozen_and_told_as_one():
    for cls in (OURS, PYTHONS):
        with pytest.raises(ValueError, match="below 0"):
            cls(-1.0)
        for change in (lambda rate: setattr(rate, "end", 1.0), lambda rate: delattr(rate, "end")):
            with pytest.raises(dataclasses.FrozenInstanceError):
                change(cls(1.0))
    assert [*inspect.signature(OURS).parameters] == [*inspect.signature(PYTHONS).parameters]


def test_copies_are_equal_and_hash_alike():
    pair = Pair(1, (2, 3))
    for other in (copy.copy(pair), copy.deepcopy(pair), pickle.loads(pickle.dumps(pair))):
        assert other == pair
        assert hash(other) == hash(pair)
    match pair:
        case Pair(a, b):
            assert (a, b) == (1, (2, 3))


def test_a_default_that_is_made_is_made_anew_and_only_for_an_instance():
    def make():
        raise AssertionError("made for a class")

    @frozen
    class Undescribed:  # dataclass shows the signature of a class in place of the docstring that -OO takes away
        steps: list[int] = field(default_factory=make)

    assert "make" in str(inspect.signature(Undescribed))
    OURS(1.0).steps.append(4)
    assert OURS(1.0).steps == []
