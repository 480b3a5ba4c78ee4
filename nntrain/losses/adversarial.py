"""Losses of the game between a generator G and a discriminator D.   z = D(x) (1, m), a logit or a score

The discriminator pays 𝓛(D(x), 1) for the data's examples and 𝓛(D(G(z)), 0) for drawn ones, each a mean over its batch:

    J_D = (1/m) Σ 𝓛(D(x), 1) + (1/m) Σ 𝓛(D(G(z)), 0)

and the generator pays J_G(D(G(z))).  One score an example; the loop `gan` plays the game.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from nntrain.components import arg, component
from nntrain.losses.base import ElementwiseLoss, vector_output
from nntrain.losses.binary_classification import BinaryCrossEntropy
from nntrain.model.shapes import Array, Shape

if TYPE_CHECKING:
    from nntrain.data.facts import Facts


_LOGISTIC = BinaryCrossEntropy()


class AdversarialLoss(ElementwiseLoss):
    """Base.  Called with Y = 1 (real) or 0 (drawn) for every example it is what the discriminator pays.

    J_D = (1/m) Σ 𝓛(D(x), 1) + (1/m) Σ 𝓛(D(G(z)), 0)
    """

    adversarial = True
    target: ClassVar[Literal["labels", "values", "either"]] = "labels"

    def declare(self, output_shape: Shape, facts: Facts) -> None:
        vector_output(self, output_shape, 1, "the discriminator's score")

    def generator(self, Z: Array) -> tuple[float, Array]:
        """J_G = −(1/m) Σ z and its derivative: drawn examples should score high.   Z (1, m)"""
        return -float(Z.mean()), np.full_like(Z, -1 / Z.size)

    def boundary(self, Z_real: Array, Z_drawn: Array) -> float:
        """The score above which the discriminator takes an example for real."""
        return 0.0

    def constrain(self, theta: Array) -> None:
        """Bring the discriminator's θ back, in place, to where the loss allows it to be."""


@component("gan")
class GANLoss(AdversarialLoss):
    """𝓛(z, 1) = −log σ(z),  𝓛(z, 0) = −log(1 − σ(z)),   J_G = −(1/m) Σ log σ(z).   z = D(x) a logit

    The logistic loss of the course (C1W2L03) for "is it real?".  The generator's is the non-saturating one: the game's
    own, log(1 − σ(z)), is flat where the discriminator is sure.  Goodfellow et al. (2014), arXiv:1406.2661, section 3.

    label_smoothing ε   𝓛(z, 1) = −(1 − ε) log σ(z) − ε log(1 − σ(z)), one-sided: the target of real examples is 1 − ε,
                        that of drawn ones stays 0 (Salimans et al. 2016, arXiv:1606.03498, section 3.4)
    """

    label_smoothing: float = arg("ε: the target of real examples is 1 − ε", default=0.0, ge=0, lt=1)

    @property
    def applies(self) -> str:
        return "sigmoid"

    def boundary(self, Z_real: Array, Z_drawn: Array) -> float:
        """σ(z) = (1 − ε)/2: what the best discriminator says where real and drawn are equally likely."""
        return log((1 - self.label_smoothing) / (1 + self.label_smoothing))

    def terms(self, Z: Array, Y: Array) -> tuple[Array, Array]:
        return _LOGISTIC.terms(Z, np.multiply(Y, 1 - self.label_smoothing, dtype=Z.dtype))

    def generator(self, Z: Array) -> tuple[float, Array]:
        return _LOGISTIC(Z, np.ones_like(Z))


@component("hinge")
class HingeLoss(AdversarialLoss):
    """𝓛(z, 1) = max(0, 1 − z),  𝓛(z, 0) = max(0, 1 + z),   J_G = −(1/m) Σ z.   z = D(x) a score

    Scores beyond the margin cost nothing, so the discriminator does not drive them apart for ever.  Lim and Ye (2017),
    arXiv:1705.02894; Miyato et al. (2018), arXiv:1802.05957.
    """

    def terms(self, Z: Array, Y: Array) -> tuple[Array, Array]:
        S = _signs(Y, Z)
        L = np.maximum(1 - S * Z, 0)
        return L, np.where(L > 0, -S, 0)


@component("wasserstein")
class WassersteinLoss(AdversarialLoss):
    """𝓛(z, 1) = −z,  𝓛(z, 0) = z,   J_G = −(1/m) Σ z.   z = D(x) the critic's score

    −J_D estimates the Wasserstein distance between data and drawn examples up to a factor, if the critic is Lipschitz:
    after each of its steps every element of its θ is clipped to ±weight_clip (gamma of batch_norm too).  The paper
    gives the critic five steps for each of the generator's, and RMSprop.  Arjovsky et al. (2017), arXiv:1701.07875.
    """

    weight_clip: float = arg("c: elements of the critic's θ stay in −c … c", default=0.01, gt=0)

    def terms(self, Z: Array, Y: Array) -> tuple[Array, Array]:
        S = _signs(Y, Z)
        return -S * Z, -S

    def boundary(self, Z_real: Array, Z_drawn: Array) -> float:
        """Halfway between the two means: the critic's scores have no zero."""
        return float(Z_real.mean() + Z_drawn.mean()) / 2

    def constrain(self, theta: Array) -> None:
        bound = theta.dtype.type(self.weight_clip)
        np.clip(theta, -bound, bound, out=theta)


def _signs(Y: Array, Z: Array) -> Array:
    """+1 for real, −1 for drawn."""
    signs: Array = np.where(Y, Z.dtype.type(1), Z.dtype.type(-1))
    return signs
