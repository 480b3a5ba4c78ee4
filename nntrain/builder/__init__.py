"""Config and data -> networks, with every check before a run; and the contract of a training loop."""

from nntrain.builder.build import build, model_of
from nntrain.builder.loop import Built, Entry, Loop, Model, Networks, Plan, Trainer

__all__ = ["Built", "Entry", "Loop", "Model", "Networks", "Plan", "Trainer", "build", "model_of"]
