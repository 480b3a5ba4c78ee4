"""What is kept as JSON, and JSON read key by key with its types, as a file may come from anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from nntrain.files.plain_values import JsonObject

T = TypeVar("T")


class WrongFieldsError(ValueError):
    """What was saved is not what nntrain writes: the file's fault, as no other ValueError is."""


class Saved:
    """Base of the frozen dataclasses that a checkpoint keeps as JSON.

    Written once here instead of generated for every class, which would be a millisecond of every start for each.
    """

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash((type(self), *_values(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in _values(self).items())})"

    def as_json(self) -> dict[str, object]:
        """As a checkpoint keeps it."""
        raise NotImplementedError


def _values(saved: object) -> dict[str, object]:
    """By name; `vars` has none of those with slots."""
    names: Iterable[str] = getattr(saved, "__dataclass_fields__", ())
    return {name: getattr(saved, name) for name in names}


class Fields:
    """The keys of a JSON object called `name` in errors.  Readers raise WrongFieldsError for another type.

    with Fields(saved, "dataset") as fields:
        shape = fields.wholes("input_shape")     # keys that nobody asked for are an error at the end of the block
    """

    def __init__(self, saved: object, name: str):
        if not isinstance(saved, dict):
            raise WrongFieldsError(f"{name}: expected an object, not {_shown(saved)}")
        self._saved: dict[str, object] = saved
        self._name = name
        self._asked: set[str] = set()

    def __enter__(self) -> Fields:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        unknown = [key for key in self._saved if key not in self._asked]
        if kind is None and unknown:
            raise WrongFieldsError(f"{self._name}: unknown key {unknown[0]!r}")

    def __contains__(self, key: str) -> bool:
        """Whether the key is there and is not null."""
        self._asked.add(key)
        return self._saved.get(key) is not None

    def names(self) -> list[str]:
        """All keys, where they are names and not known beforehand."""
        return list(self._saved)

    def value(self, key: str) -> object:
        """Whatever stands there; WrongFieldsError where nothing does."""
        self._asked.add(key)
        if key not in self._saved:
            raise WrongFieldsError(f"{self._name}: no {key!r}")
        return self._saved[key]

    def mapping(self, key: str) -> JsonObject:
        """An object, as it stands there."""
        return self._typed(key, self.value(key), dict, "an object")

    def fields(self, key: str) -> Fields:
        """An object, to be read key by key."""
        return Fields(self.value(key), f"{self._name}.{key}")

    def items(self, key: str) -> list[object]:
        """A list of anything."""
        return self._typed(key, self.value(key), list, "a list")

    def lists(self, key: str) -> list[list[object]]:
        """A list of lists."""
        return [self._typed(key, item, list, "lists") for item in self.items(key)]

    def objects(self, key: str) -> list[Fields]:
        """A list of objects."""
        return [Fields(item, f"{self._name}.{key}.{i}") for i, item in enumerate(self.items(key))]

    def boolean(self, key: str) -> bool:
        """True or false."""
        return self._typed(key, self.value(key), bool, "true or false")

    def whole(self, key: str, least: int = 0) -> int:
        """An integer, `least` or more."""
        return self._whole(key, self.value(key), least)

    def wholes(self, key: str, least: int = 0) -> tuple[int, ...]:
        """A list of such integers."""
        return tuple(self._whole(key, item, least) for item in self.items(key))

    def number(self, key: str) -> float:
        """An integer or a float."""
        return self._number(key, self.value(key))

    def numbers(self, key: str, count: int | None = None) -> tuple[float, ...]:
        """A list of such numbers, of so many where `count` is given."""
        numbers = tuple(self._number(key, item) for item in self.items(key))
        if count is not None and len(numbers) != count:
            raise WrongFieldsError(f"{self._name}.{key}: expected {count} numbers, not {len(numbers)}")
        return numbers

    def text(self, key: str, allowed: Iterable[str] | None = None) -> str:
        """A text, one of `allowed` where these are given."""
        text = self._typed(key, self.value(key), str, "a text")
        if allowed is not None and text not in allowed:
            raise WrongFieldsError(f"{self._name}.{key}: expected {', '.join(allowed)}, not {_shown(text)}")
        return text

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self._typed(key, item, str, "texts") for item in self.items(key))

    def _whole(self, key: str, value: object, least: int) -> int:
        if type(value) is not int or value < least:
            raise WrongFieldsError(f"{self._name}.{key}: expected a whole number from {least}, not {_shown(value)}")
        return value

    def _number(self, key: str, value: object) -> float:
        if type(value) is not int and type(value) is not float:
            raise WrongFieldsError(f"{self._name}.{key}: expected a number, not {_shown(value)}")
        try:
            return float(value)
        except OverflowError:
            raise WrongFieldsError(f"{self._name}.{key}: {_shown(value)} is too large a number") from None

    def _typed(self, key: str, value: object, type_: type[T], expected: str) -> T:
        if not isinstance(value, type_):
            raise WrongFieldsError(f"{self._name}.{key}: expected {expected}, not {_shown(value)}")
        return value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
