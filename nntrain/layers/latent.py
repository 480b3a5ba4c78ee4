"""The random code in the middle of a variational autoencoder."""

from __future__ import annotations

import numpy as np

from nntrain.components import arg, component
from nntrain.model.layer import Context, Layer, ShapeError, Tree, Views
from nntrain.model.shapes import Array, Shape, show_shape


@component("sample_latent")
class SampleLatent(Layer):
    """Z = μ + σ ∘ ε, ε normal, μ and log σ² the halves of X.   X (2n, m) or (2n, H, W, m)   Z with n features

    The reparametrisation of Kingma and Welling (2014), arXiv:1312.6114, section 2.4: as the randomness is in ε, dZ
    reaches μ and σ.  In evaluation ε = 0.

    weight β   J ← J + (β/m) Σ KL,   KL = ½ Σ (μ² + σ² − log σ² − 1), that of N(μ, σ²) to N(0, 1) (appendix B),
               dμ = dZ + β μ / m,   d log σ² = ½ dZ ∘ ε ∘ σ + β (σ² − 1) / 2m

    `mse` and `binary_cross_entropy` are means over the n_y outputs where the paper's bound has sums: β = 1/n_y is the
    bound, a larger β a smoother and blurrier one (Higgins et al. 2017).  The loss alone knows nothing of the codes, so
    a network with this layer monitors the cost by default.
    """

    weight: float = arg("β of the KL term in the cost", default=1.0, ge=0)

    @property
    def adds_to_cost(self) -> bool:
        return self.weight > 0

    def declare(self, shape: Shape) -> tuple[Shape, Tree]:
        if len(shape) not in (1, 3) or shape[0] % 2:
            raise ShapeError(
                f"expected 2n features of a vector or an image, n means and n variances, got {show_shape(shape)}", self
            )
        return (shape[0] // 2, *shape[1:]), {}

    def flops(self, shape: Shape) -> int:
        return 3 * super().flops(shape)

    def forward(self, p: Views, X: Array, context: Context) -> tuple[Array, tuple[Array, Array, Array, float]]:
        mean, log_variance = np.split(X, 2)
        sigma = np.exp(log_variance / 2)
        terms = mean * mean + sigma * sigma - log_variance - 1
        context.cost += self.weight * context.share * float(terms.sum()) / (2 * X.shape[-1])
        factor = self.weight * context.share / X.shape[-1]
        if not context.training:
            return mean, (mean, sigma, np.zeros_like(mean), factor)
        noise = context.stream(p).normal(mean.shape, X.dtype)
        return mean + sigma * noise, (mean, sigma, noise, factor)

    def backward(self, p: Views, g: Views, dZ: Array, cache: tuple[Array, Array, Array, float]) -> Array:
        mean, sigma, noise, factor = cache
        share = dZ.dtype.type(factor)
        dmean = dZ + share * mean
        dlog_variance = (dZ * noise * sigma + share * (sigma * sigma - 1)) / 2
        return np.concatenate([dmean, dlog_variance])
