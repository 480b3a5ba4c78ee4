"""How attention is cut, by sizes alone: tiles for the threads, blocks of queries, and in causal attention pieces of E
that leave out the upper triangle.

Short sequences: a tile is one block, some examples with all heads and queries.  E (T_k, T) of a causal block is cut
into strips of keys, each with the queries from the first that sees one of them on; what sums over keys (l, O, dQ) is
taken across the strips, for the queries of each in turn.

Long ones: a tile is one head of one example, a block is some of its queries with all the keys that they see.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from nntrain.kernels.tiles import runs

_LONG = 512  # keys from which on E is not kept
_ELEMENTS = 1 << 18  # of E in a block: a megabyte of float32, which the passes over it find in the cache
_STRIP = 64  # keys; skipping the upper triangle of fewer loses

Piece = tuple[slice, slice]  # of E: keys, queries


class Block(NamedTuple):
    """Some queries of some heads and examples, and the keys that they see.

    shape        of E: heads, examples, keys, queries
    of_queries   their place in Q, O and l;   of_keys   that of the keys in K and V
    strips       pieces of E, which cover what is to be computed, no two of the same key
    across       pieces of E, which cover the same, no two of the same query: each has all keys of its queries
    diagonal     square pieces of which the lower triangle, keys after the query, does not count
    number       of the block among all
    """

    shape: tuple[int, int, int, int]
    examples: slice
    keys: int
    of_queries: tuple[slice, slice, slice, slice]
    of_keys: tuple[slice, slice, slice, slice]
    strips: tuple[Piece, ...]
    across: tuple[Piece, ...]
    diagonal: tuple[Piece, ...]
    number: int


def is_long(T_k: int) -> bool:
    """Whether E of so many keys is too large to be kept."""
    return T_k >= _LONG


@lru_cache(maxsize=64)
def tiles(h: int, m: int, T: int, T_k: int, causal: bool) -> tuple[tuple[Block, ...], ...]:
    """The blocks of every tile, by their queries: the last one of a tile sees all keys."""
    heads, queries = runs(h, h), runs(T, T)
    if is_long(T_k):
        heads, queries = runs(h, 1), runs(T, max(1, _ELEMENTS // T_k))
    examples = runs(m, max(1, _ELEMENTS // (h * T * T_k)))
    cut = [(example, head) for example in examples for head in heads]
    return tuple(
        tuple(_block(head, example, query, T, T_k, causal, k * len(queries) + i) for i, query in enumerate(queries))
        for k, (example, head) in enumerate(cut)
    )


def _block(heads: slice, examples: slice, queries: slice, T: int, T_k: int, causal: bool, number: int) -> Block:
    before = T_k - T  # keys that every query sees
    keys = before + queries.stop if causal else T_k
    count = queries.stop - queries.start
    whole = ((slice(0, keys), slice(0, count)),)
    strips: tuple[Piece, ...] = whole
    across: tuple[Piece, ...] = whole
    diagonal: tuple[Piece, ...] = ()
    if causal and is_long(T_k):
        diagonal = ((slice(keys - count, keys), slice(0, count)),)
    elif causal:
        parts = runs(count, _STRIP)
        strips = tuple(
            (slice(before + part.start if part.start else 0, before + part.stop), slice(part.start, count))
            for part in parts
        )
        across = tuple((slice(0, before + part.stop), part) for part in parts)
        diagonal = tuple((slice(before + part.start, before + part.stop), part) for part in parts)
    everything = slice(None)
    return Block(
        (heads.stop - heads.start, examples.stop - examples.start, keys, count),
        examples,
        keys,
        (heads, examples, everything, queries),
        (heads, examples, everything, slice(0, keys)),
        strips,
        across,
        diagonal,
        number,
    )
