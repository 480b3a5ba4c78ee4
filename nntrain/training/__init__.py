"""Training: the loops, the engine that runs them, and what one calls from Python or the command line."""

from nntrain.training.gan import GAN
from nntrain.training.loop import Loop, Trainer
from nntrain.training.supervised import Supervised

__all__ = ["GAN", "Loop", "Supervised", "Trainer"]
