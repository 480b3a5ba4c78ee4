"""gelu, position, patches and class_token equal PyTorch in float64: the first layers of a vision transformer."""

import numpy as np
import pytest
from layers.run import Run

from nntrain.layers import GELU, ClassToken, LayerNorm, Patches, Position, RMSNorm, Sequential
from nntrain.model.initializers import Normal

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the comparison with it is left out")


@pytest.mark.parametrize("approximate", ["tanh", "none"])
def test_gelu(approximate):
    Z, dA = (np.random.default_rng(k).standard_normal((40, 7, 5)) * 3 for k in (0, 1))
    run, z = Run(GELU(approximate), (40, 7)), torch.tensor(Z, requires_grad=True)
    a = torch.nn.functional.gelu(z, approximate=approximate)
    a.backward(torch.tensor(dA))
    np.testing.assert_allclose(run.forward(Z), a.detach().numpy(), rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(run.backward(dA), z.grad.numpy(), rtol=1e-9, atol=1e-14)


def test_rms_norm_and_layer_norm_without_bias():
    X, dZ = (np.random.default_rng(k).standard_normal((9, 6, 5)) for k in (0, 1))
    for layer, function in (
        (RMSNorm(), torch.nn.functional.rms_norm),
        (LayerNorm(bias=False), torch.nn.functional.layer_norm),
    ):
        run = Run(layer, (9, 6))
        run.p.gamma[...] += np.random.default_rng(2).standard_normal((6, 1))
        x = torch.tensor(X.transpose(2, 0, 1).copy(), requires_grad=True)
        gamma = torch.tensor(run.p.gamma[:, 0].copy(), requires_grad=True)
        z = function(x, (6,), gamma, eps=1e-5)
        z.backward(torch.tensor(dZ.transpose(2, 0, 1).copy()))
        np.testing.assert_allclose(run.forward(X), z.detach().numpy().transpose(1, 2, 0), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(run.backward(dZ), x.grad.numpy().transpose(1, 2, 0), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(run.g.gamma[:, 0], gamma.grad.numpy(), rtol=1e-9)


@pytest.mark.parametrize("m", [1, 5])
def test_patches_with_a_class_token_and_positions(m):
    layer = Sequential((Patches((2, 3), 7), ClassToken(Normal(1.0)), Position("learned", Normal(1.0))))
    run = Run(layer, (3, 4, 9))
    run.theta[...] += np.random.default_rng(2).standard_normal(run.theta.size)
    X = np.random.default_rng(0).standard_normal((3, 4, 9, m))
    dY = np.random.default_rng(1).standard_normal((7, 7, m))
    p = {name: torch.tensor(array.copy(), requires_grad=True) for name, array in run.layout.arrays(run.theta).items()}
    x = torch.tensor(X.transpose(3, 0, 1, 2).copy(), requires_grad=True)
    z = torch.nn.functional.conv2d(x, p["patches_1.W"].view(7, 3, 2, 3), p["patches_1.b"][:, 0], stride=(2, 3))
    z = z.flatten(2).transpose(1, 2)
    y = torch.cat([p["class_token_1.c"][:, 0].expand(m, 1, 7), z], 1) + p["position_1.P"]
    y.backward(torch.tensor(dY.transpose(2, 0, 1).copy()))
    np.testing.assert_allclose(run.forward(X), y.detach().numpy().transpose(1, 2, 0), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(run.backward(dY), x.grad.numpy().transpose(1, 2, 3, 0), rtol=1e-9, atol=1e-12)
    for name, gradient in run.layout.arrays(run.dtheta).items():
        np.testing.assert_allclose(gradient, p[name].grad.numpy(), rtol=1e-9, atol=1e-12)
