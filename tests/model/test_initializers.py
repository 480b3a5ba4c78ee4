"""Initial values: their distribution, their shapes, and that they follow from the stream alone."""

import numpy as np
import pytest

from nntrain.components import find
from nntrain.model import initializers as ini
from nntrain.model.initializers import fans
from nntrain.runtime.streams import stream

KERNEL = (48, 32, 3, 5)  # fan_in 32·15 = 480, fan_out 48·15 = 720


def draw(initializer, shape, seed=0):
    return initializer.draw(stream(seed, 0), shape, fans(shape))


def make(cls):
    return cls(value=2.0) if cls is ini.Constant else cls()


def test_fans_count_the_window_of_a_convolution():
    assert fans((4, 7)) == (7, 4)
    assert fans(KERNEL) == (480, 720)


def test_fans_count_the_inputs_of_a_filters_own_group_and_the_places_where_a_window_stands():
    assert fans(KERNEL, groups=4) == (480, 180)
    assert fans(KERNEL, strides=6) == (480, 120)
    assert fans((12, 1, 3, 3), groups=12, strides=4) == (9, 9 / 4)  # depthwise


@pytest.mark.parametrize("name", find("initializer"))
@pytest.mark.parametrize("shape", [(3, 1), (1, 5), (4, 7), (7, 4), (2, 3, 5, 4)])
def test_every_initializer_fills_every_shape_from_its_stream(name, shape):
    initializer = make(find("initializer")[name])
    W = draw(initializer, shape)
    assert W.shape == shape
    assert W.dtype == np.float64
    assert np.isfinite(W).all()
    assert np.array_equal(W, draw(initializer, shape))
    if name not in ("zeros", "constant"):
        assert not np.array_equal(W, draw(initializer, shape, seed=1))


@pytest.mark.parametrize(
    ("initializer", "variance"),
    [
        (ini.Normal(), 0.01**2),
        (ini.Normal(deviation=3.0), 9.0),
        (ini.Normal(deviation=3.0, residual_layers=8), 9.0 / 8),
        (ini.Uniform(limit=0.6), 0.6**2 / 3),
        (ini.HeNormal(), 2 / 480),
        (ini.HeUniform(), 2 / 480),
        (ini.XavierNormal(), 2 / (480 + 720)),
        (ini.XavierUniform(), 2 / (480 + 720)),
        (ini.LecunNormal(), 1 / 480),
    ],
)
def test_variance_is_what_the_paper_says(initializer, variance):
    W = draw(initializer, KERNEL)
    assert W.var() == pytest.approx(variance, rel=0.03)  # 23,040 draws: the standard error is below 1 %
    assert abs(W.mean()) < 4 * np.sqrt(variance / W.size)


@pytest.mark.parametrize("initializer", [ini.Uniform(limit=0.6), ini.HeUniform(), ini.XavierUniform()])
def test_uniform_values_reach_their_limit_and_stay_within(initializer):
    W = draw(initializer, KERNEL)
    limit = np.sqrt(3 * W.var())
    assert abs(W).max() == pytest.approx(limit, rel=0.02)


def test_normal_values_are_centred_on_the_mean():
    assert draw(ini.Normal(deviation=0.5, mean=3.0), KERNEL).mean() == pytest.approx(3.0, abs=0.02)


def test_zeros_and_constant_are_what_they_say():
    assert not draw(ini.Zeros(), (3, 4)).any()
    assert (draw(ini.Constant(-1.5), (3, 4)) == -1.5).all()


@pytest.mark.parametrize("shape", [(5, 5), (4, 7), (7, 4), (6, 2, 3, 5), (40, 2, 3, 5)])
def test_orthogonal_rows_or_columns_are_orthogonal_with_length_gain(shape):
    W = draw(ini.Orthogonal(gain=1.5), shape).reshape(shape[0], -1)
    small = W @ W.T if W.shape[0] <= W.shape[1] else W.T @ W
    assert small == pytest.approx(1.5**2 * np.eye(len(small)), abs=1e-12)


def test_orthogonal_does_not_prefer_a_sign():
    """Without the correction by R's diagonal the first element is always of one sign."""
    signs = {np.sign(draw(ini.Orthogonal(), (3, 3), seed)[0, 0]) for seed in range(20)}
    assert signs == {-1.0, 1.0}
