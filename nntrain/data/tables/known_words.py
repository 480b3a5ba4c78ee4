"""The words of a column by their bytes, many cells at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nntrain.data.tables.byte_words import OWN, PAD, words_before
from nntrain.model.shapes import Array

LONGEST = PAD  # bytes of a cell
_MIX = np.array([1, 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], np.uint64)
_MOST = 4096  # different words; of more each is looked up by itself


class KnownWords:
    """Codes of cells that came before: found by a key of their bytes, and compared byte by byte."""

    def __init__(self) -> None:
        self._keys: Array = np.empty(0, np.uint64)  # ascending
        self._parts: Array = np.empty((3, 0), np.uint64)  # the bytes of these, eight by eight from the last
        self._codes: Array = np.empty(0, np.int32)
        self._used = 1  # parts that are not all 0

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
        found: Array
        if not len(self._keys):
            found = np.empty(len(keys), np.int32)
            unknown = np.arange(len(keys))
        else:
            at = np.searchsorted(self._keys, keys)
            at[at == len(self._keys)] = 0
            is_known = self._keys[at] == keys
            for k in range(max(len(parts), self._used)):
                is_known &= self._parts[k][at] == (parts[k] if k < len(parts) else 0)
            found = self._codes[at]
            if is_known.all():
                return found
            unknown = np.flatnonzero(~is_known)
        found[unknown] = look_up(unknown)
        _, first = np.unique(found[unknown], return_index=True)
        self._learn(keys, parts, found, unknown[first])
        return found

    def _learn(self, keys: Array, parts: list[Array], codes: Array, rows: Array) -> None:
        """Keep the cells at some rows, the words among them."""
        rows = rows[codes[rows] >= 0]
        more = np.zeros((3, len(rows)), np.uint64)
        for k, part in enumerate(parts):
            more[k] = part[rows]
        keys_now: Array = np.concatenate([self._keys, keys[rows]])
        parts_now: Array = np.concatenate([self._parts, more], axis=1)
        codes_now: Array = np.concatenate([self._codes, codes[rows]])
        _, kept = np.unique(keys_now, return_index=True)
        self._keys, self._parts, self._codes = keys_now[kept], parts_now[:, kept], codes_now[kept]
        self._used = max(self._used, len(parts))
