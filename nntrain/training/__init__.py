"""Training: the loops, the engine that runs them, and what one calls from Python or the command line."""

from typing import TYPE_CHECKING

from nntrain.components import lazy

if TYPE_CHECKING:
    from nntrain.training.gan import GAN
    from nntrain.training.supervised import Supervised

__all__ = ["GAN", "Supervised"]

__getattr__ = lazy(__name__, __all__, ("gan", "supervised"))
