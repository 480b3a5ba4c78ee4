import numpy as np
import pytest

from nntrain.kernels.products import equal_parts, multiplies_unpacked, multiply, multiply_transposed


@pytest.mark.parametrize(
    ("size", "most", "parts"),
    [(64, 32, 2), (32, 32, 1), (8, 32, 1), (96, 40, 3), (128, 100, 2), (47, 32, 1), (60, 0, 1), (36, 10, 4)],
)
def test_the_fewest_equal_parts_but_no_slivers(size, most, parts):
    assert equal_parts(size, most) == parts


@pytest.mark.parametrize(("F", "C", "n"), [(1, 1, 1), (64, 96, 100), (47, 33, 5), (128, 64, 300)])
def test_cut_products_are_the_products(F, C, n):
    random = np.random.default_rng(0)
    W, X, D = (random.standard_normal(shape) for shape in ((4, F, C), (4, C, n), (4, F, n)))
    out, outer = np.empty((4, F, n)), np.empty((4, F, C))
    multiply(W, X, out)
    multiply_transposed(D, X, outer)
    np.testing.assert_allclose(out, W @ X, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(outer, D @ X.swapaxes(1, 2), rtol=1e-11, atol=1e-12)


def test_rows_may_stand_apart():
    random = np.random.default_rng(1)
    stack, F, C, n = (2, 3), 64, 96, 50
    W, D = random.standard_normal((*stack, F, C)), random.standard_normal((*stack, F, n))
    X = random.standard_normal((2, C, 3, n + 7)).swapaxes(1, 2)[..., :n]
    out, outer = np.zeros((2, F, 3, n + 5)).swapaxes(1, 2)[..., :n], np.empty((*stack, F, C))
    multiply(W, X, out)
    multiply_transposed(D, X, outer)
    np.testing.assert_allclose(out, W @ X, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(outer, D @ X.swapaxes(-1, -2), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("coretype", "extensions", "unpacked"),
    [
        ("", ["X86_V2", "X86_V3", "X86_V4"], True),
        ("", ["SSE42", "AVX2", "AVX512F", "AVX512_SKX"], True),
        ("", ["X86_V2", "X86_V3"], False),
        ("", ["NEON", "ASIMD"], False),
        ("Haswell", ["X86_V2", "X86_V3", "X86_V4"], False),
        ("SkylakeX", ["X86_V2", "X86_V3", "X86_V4"], True),
    ],
)
def test_products_are_cut_where_openblas_need_not_pack_them(coretype, extensions, unpacked):
    assert multiplies_unpacked(coretype, extensions) is unpacked
