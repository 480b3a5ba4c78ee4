"""Attention: the reference's numbers whatever the blocks, masks, scores too large for e^s, threads, memory."""

import tracemalloc

import numpy as np
import pytest

from nntrain.kernels import attention, attention_blocks, rotation
from nntrain.kernels.reference import naive_attention as naive
from nntrain.kernels.scratch import release_scratch
from nntrain.runtime import threads


def sequences(h, m, d, T, T_k=None, dtype=np.float64, scale=1.0):
    """Q, K, V and dO as heads of matrices (h d, m T), as the layer has them."""
    random = np.random.default_rng([h, m, d, T])
    lengths = (T, T_k or T, T_k or T, T)
    return [
        (scale * random.standard_normal((h * d, m * t))).astype(dtype).reshape(h, d, m, t).swapaxes(1, 2)
        for t in lengths
    ]


def run(Q, K, V, dO, masks):
    O = np.empty_like(Q)
    l, kept = attention.forward(Q, K, V, O, masks, keep=True)
    gradients = attention.Gradients(np.empty_like(Q), np.empty_like(K), np.empty_like(V))
    attention.backward(dO.copy(), Q, K, V, O, l, kept, masks, gradients)
    return O, *gradients


def valid(lengths, T_k):
    return None if lengths is None else np.arange(T_k) < np.array(lengths)[:, None]


def cut(monkeypatch, long, elements, strip):
    """Other sizes of blocks, so that small sequences are cut as large ones are."""
    attention_blocks.tiles.cache_clear()
    monkeypatch.setattr(attention_blocks, "_LONG", long)
    monkeypatch.setattr(attention_blocks, "_ELEMENTS", elements)
    monkeypatch.setattr(attention_blocks, "_STRIP", strip)


@pytest.fixture(autouse=True)
def _blocks_of_no_other_test():
    yield
    attention_blocks.tiles.cache_clear()


CUTS = [(512, 1 << 18, 64), (512, 60, 2), (512, 1, 3), (1, 12, 2), (1, 1, 2), (1, 40, 2)]
SIZES = [(1, 1, 2, 1, 1), (2, 3, 4, 5, 5), (3, 2, 2, 4, 7), (1, 2, 3, 7, 7), (2, 4, 1, 6, 9)]


@pytest.mark.parametrize("cutting", CUTS)
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("padded", [False, True])
def test_both_passes_equal_the_reference(sizes, causal, padded, cutting, monkeypatch):
    cut(monkeypatch, *cutting)
    Q, K, V, dO = sequences(*sizes)
    lengths = [max(1, sizes[4] - 2 * j) for j in range(sizes[1])] if padded else None
    found = run(Q, K, V, dO, attention.Masks(causal, valid(lengths, sizes[4])))
    P = naive.attention_weights(Q, K, causal, lengths)
    for a, b in zip(found, (naive.attention_forward(V, P), *naive.attention_backward(dO, Q, K, V, P)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("cutting", [(512, 1 << 18, 64), (512, 30, 2), (1, 12, 2)])
@pytest.mark.parametrize("causal", [False, True])
def test_dropped_weights_are_dropped_on_the_way_back_too(causal, cutting, monkeypatch):
    cut(monkeypatch, *cutting)
    Q, K, V, dO = sequences(2, 3, 4, 6)
    D = np.random.default_rng(9).uniform(size=(2, 3, 6, 6)) < 0.7
    blocks = {b.number: b for tile in attention_blocks.tiles(2, 3, 6, 6, causal) for b in tile}

    def stays(number, shape):
        heads, examples, _, queries = blocks[number].of_queries
        part = D[heads, examples, : blocks[number].keys, queries]
        assert part.shape == shape
        return part

    found = run(Q, K, V, dO, attention.Masks(causal, None, 0.3, stays))
    P = naive.attention_weights(Q, K, causal)
    D = D / 0.7
    for a, b in zip(
        found, (naive.attention_forward(V, P * D), *naive.attention_backward(dO, Q, K, V, P, D)), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("cutting", [(512, 1 << 18, 64), (512, 30, 2), (1, 12, 2)])
@pytest.mark.parametrize(("causal", "lengths"), [(False, None), (True, None), (True, [5, 1, 3]), (False, [2, 6, 1])])
@pytest.mark.parametrize("scale", [1e-3, 30.0, 1e3])
def test_scores_of_any_size_are_exact(causal, lengths, scale, cutting, monkeypatch):
    """Those of e^1000 overflow, and where they lie far below 0 their sum vanishes."""
    cut(monkeypatch, *cutting)
    Q, K, V, dO = sequences(2, 3, 4, 6)
    K[..., 0] -= 1
    Q = Q * scale
    found = run(Q, K, V, dO, attention.Masks(causal, valid(lengths, 6)))
    P = naive.attention_weights(Q, K, causal, lengths)
    for a, b in zip(found, (naive.attention_forward(V, P), *naive.attention_backward(dO, Q, K, V, P)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12 * max(1.0, scale))


@pytest.mark.parametrize("long", [512, 1])
def test_a_query_that_sees_no_key_gives_0_and_no_gradient(long, monkeypatch):
    cut(monkeypatch, long, 40, 2)
    Q, K, V, dO = sequences(2, 3, 4, 5)
    O, dQ, dK, dV = run(Q, K, V, dO, attention.Masks(False, valid([0, 5, 2], 5)))
    for empty in (O, dQ, dK, dV):
        assert not empty[:, 0].any()
        assert np.isfinite(empty).all()
        assert empty[:, 1].all()


def test_float32_keeps_its_digits_and_its_dtype():
    arrays = sequences(4, 3, 32, 200, dtype=np.float32)
    found = run(*arrays, attention.Masks(causal=True))
    expected = run(*(A.astype(np.float64) for A in arrays), attention.Masks(causal=True))
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == np.float32
        assert np.abs(a - b).max() < 3e-6 * np.abs(b).max()


@pytest.mark.parametrize("T", [64, 200, 600])
def test_bits_do_not_depend_on_the_number_of_threads(T):
    arrays, results = sequences(4, 9, 8, T, dtype=np.float32), []
    for count in (1, 2, 3):
        threads.set_threads(count)
        results.append([A.tobytes() for A in run(*arrays, attention.Masks(causal=True))])
    assert results[0] == results[1] == results[2]


def test_memory_grows_with_the_length_and_not_with_its_square():
    def peak(T):
        arrays = sequences(2, 1, 8, T, dtype=np.float32)
        release_scratch()
        tracemalloc.start()
        run(*arrays, attention.Masks(causal=True))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        release_scratch()
        return used

    one, two = peak(1024), peak(2048)
    assert two < 2.2 * one
    assert two < 2 * 2048 * 2048 * 4  # all weights of the heads


@pytest.mark.parametrize("start", [0, 5])
def test_rotary_positions_are_those_of_the_paper_and_turn_back(start):
    X = np.random.default_rng(0).standard_normal((2, 3, 6, 7))
    turned = X.copy()
    rotation.rotate(turned, start)
    np.testing.assert_allclose(turned, naive.rotated(X, start), rtol=1e-12, atol=1e-14)
    rotation.rotate(turned, start, back=True)
    np.testing.assert_allclose(turned, X, rtol=1e-12, atol=1e-14)


def test_products_of_rotated_queries_and_keys_depend_on_their_distance_alone():
    q, k = np.random.default_rng(0).standard_normal((2, 8, 1))
    Q, K = (np.repeat(A, 9, axis=1) for A in (q, k))
    rotation.rotate(Q), rotation.rotate(K)
    S = K.T @ Q
    for distance in range(-8, 9):
        diagonal = np.diagonal(S, distance)
        np.testing.assert_allclose(diagonal, diagonal[0], rtol=1e-12)
    assert S[0, 0] == pytest.approx(float(q[:, 0] @ k[:, 0]))
