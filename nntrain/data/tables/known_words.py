"""The words of a column by their bytes, many cells at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nntrain.data.tables.byte_words import OWN, PAD, words_before
from nntrain.model.shapes import Array

LONGEST = PAD  # bytes of a cell
_MIX = np.array([1, 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], np.uint64)
_MOST_BITS = 14
_FACTORS = 0x9E3779B97F4A7C15 * np.arange(1, 41, 2, dtype=np.uint64)  # odd
_MOST = 4096  # different words; of more each is looked up by itself


@dataclass
class _Slots:
    """Keys in a table without collisions: key · factor, its highest bits, is the slot."""

    factor: np.uint64
    shift: np.uint64
    places: Array  # (slots,) which of the keys

    @classmethod
    def of(cls, keys: Array) -> _Slots | None:
        """None where none was found, as of too many keys."""
        bits = max(6, 2 * len(keys).bit_length())
        if bits > _MOST_BITS:
            return None
        shift = np.uint64(64 - bits)
        for factor in _FACTORS:
            slots = keys * factor >> shift
            if len(np.unique(slots)) == len(keys):
                places = np.zeros(1 << bits, np.intp)
                places[slots] = np.arange(len(keys))
                return cls(factor, shift, places)
        return None

    def find(self, keys: Array) -> Array:
        """Which of the keys it may be."""
        slots = keys * self.factor
        slots >>= self.shift
        return self.places.take(slots.view(np.int64))


class KnownWords:
    """Codes of cells that came before: found by a key of their bytes, and compared byte by byte."""

    def __init__(self) -> None:
        self._keys: Array = np.empty(0, np.uint64)  # ascending
        self._parts: Array = np.empty((3, 0), np.uint64)  # the bytes of these, eight by eight from the last
        self._codes: Array = np.empty(0, np.int32)
        self._used = 1  # parts that are not all 0
        self._slots: _Slots | None = None

    def codes(self, content: Array, starts: Array, ends: Array, look_up: Callable[[Array], Array]) -> Array | None:
        """(N,) int32, the codes of cells content[starts:ends]; None where they are too long, or too many.

        look_up   the codes of the cells at these places, of a word 0 or more, always the same
        """
        lengths = ends - starts
        if len(self._keys) > _MOST or (most := int(lengths.max())) > LONGEST:
            return None
        words = words_before(content, ends)
        parts = [next(words) & OWN.take(lengths, mode="clip")]
        keys = parts[0]
        for k in range(1, -(-most // 8)):
            parts.append(next(words) & OWN.take(lengths - 8 * k, mode="clip"))
            keys = keys + parts[k] * _MIX[k]
        at, is_known = self._find(keys, parts)
        if not is_known.all():
            # each different one is looked up once; others may share its key
            unknown = np.flatnonzero(~is_known)
            _, first = np.unique(keys[unknown], return_index=True)
            first = unknown[np.sort(first)]  # in order, so that codes are too
            codes = look_up(first)
            self._learn(keys, parts, codes[codes >= 0], first[codes >= 0])  # numbers among them are not kept
            at, is_known = self._find(keys, parts)
        found: Array = self._codes.take(at) if len(self._codes) else np.zeros(len(keys), np.int32)
        if not is_known.all():
            rest = np.flatnonzero(~is_known)
            found[rest] = look_up(rest)
        return found

    def _find(self, keys: Array, parts: list[Array]) -> tuple[Array, Array]:
        """Where cells stand among the known ones, and which are known."""
        if not len(self._keys):
            return np.zeros(len(keys), np.intp), np.zeros(len(keys), bool)
        if self._slots is not None:
            at = self._slots.find(keys)
        else:
            at = np.searchsorted(self._keys, keys)
            at[at == len(self._keys)] = 0
        is_known: Array = self._keys.take(at) == keys
        if len(parts) > 1 or self._used > 1:  # of one part the key is all
            for k in range(max(len(parts), self._used)):
                is_known &= self._parts[k].take(at) == (parts[k] if k < len(parts) else 0)
        return at, is_known

    def _learn(self, keys: Array, parts: list[Array], codes: Array, rows: Array) -> None:
        """Keep the cells at some rows."""
        more = np.zeros((3, len(rows)), np.uint64)
        for k, part in enumerate(parts):
            more[k] = part[rows]
        keys_now: Array = np.concatenate([self._keys, keys[rows]])
        parts_now: Array = np.concatenate([self._parts, more], axis=1)
        codes_now: Array = np.concatenate([self._codes, codes])
        _, kept = np.unique(keys_now, return_index=True)
        self._keys, self._parts, self._codes = keys_now[kept], parts_now[:, kept], codes_now[kept]
        self._used = max(self._used, len(parts))
        self._slots = _Slots.of(self._keys)
