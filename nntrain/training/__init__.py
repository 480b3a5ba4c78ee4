"""Training: the loops, the engine that runs them, and what one calls from Python or the command line."""

from nntrain.training.loop import Loop, Trainer
from nntrain.training.supervised import Supervised

__all__ = ["Loop", "Supervised", "Trainer"]
