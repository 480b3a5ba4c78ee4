import os

import numpy as np
import pytest

from nntrain.kernels import products
from nntrain.kernels.products import PACKED, UNPACKED, multiply, multiply_transposed, product_sizes


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


# --- the rule that picks the sizes -------------------------------------------------------------------------------


def build(**simd):
    """What np.show_config(mode="dicts") tells; lists that are empty are left out."""
    return {"Compilers": {}, "SIMD Extensions": {key.replace("_", " "): names for key, names in simd.items()}}


X86_64 = build(baseline=["X86_V2"], not_found=["X86_V3", "X86_V4", "AVX512_ICL"])
AVX2 = build(baseline=["X86_V2"], found=["X86_V3"], not_found=["X86_V4", "AVX512_ICL"])
AVX512 = build(baseline=["X86_V2"], found=["X86_V3", "X86_V4", "AVX512_ICL"])
BUILDS = {
    "x86-64": (X86_64, PACKED),
    "x86-64 with AVX2": (AVX2, PACKED),
    "x86-64 with AVX-512": (AVX512, UNPACKED),
    "x86-64 with AVX-512, made for it": (build(baseline=["X86_V2", "X86_V3", "X86_V4"]), UNPACKED),
    "x86-64 with AVX2, NumPy 2.0": (build(baseline=["SSE", "SSE42"], found=["AVX2", "FMA3"]), PACKED),
    "x86-64 with AVX-512, NumPy 2.0": (build(baseline=["SSE", "SSE42"], found=["AVX2", "AVX512_SKX"]), UNPACKED),
    "aarch64": (build(baseline=["NEON", "NEON_FP16", "ASIMD"], found=["ASIMDHP"], not_found=["SVE"]), PACKED),
    "no extension at all": (build(), PACKED),
    "no lists": (build(baseline=None, found=3), PACKED),
    "names that are no text": (build(baseline=[2, None, ("X86_V4",)], found=("X86_V3",)), PACKED),
    "nothing said of the processor": ({"Compilers": {}}, PACKED),
    "another kind of description": ({"SIMD Extensions": ["X86_V4"]}, PACKED),
    "an empty description": ({}, PACKED),
    "no description": (None, PACKED),
    "text": ("SIMD Extensions: X86_V4", PACKED),
}


@pytest.mark.parametrize("name", BUILDS)
def test_products_are_cut_where_openblas_need_not_pack_them(name):
    described, sizes = BUILDS[name]
    assert product_sizes(described) == sizes


@pytest.mark.parametrize(
    ("coretype", "sizes"), [("Haswell", PACKED), ("SkylakeX", UNPACKED), ("cooperlake", UNPACKED), ("ARMV8", PACKED)]
)
@pytest.mark.parametrize("described", [AVX2, AVX512, None])
def test_the_processor_that_the_user_asks_of_openblas_decides_alone(coretype, sizes, described):
    assert product_sizes(described, coretype) == sizes


def test_the_sizes_are_those_that_were_measured():
    assert UNPACKED == (1_000_000, 32, 976)
    assert PACKED == (0, 1 << 30, 2048)


def test_the_sizes_in_use_are_those_of_this_processor():
    sizes = product_sizes(np.show_config(mode="dicts"), os.environ.get("OPENBLAS_CORETYPE", ""))
    assert sizes == (products.SMALL_PRODUCT, products.SMALL_SIDE, products.LONGEST_SUM)
