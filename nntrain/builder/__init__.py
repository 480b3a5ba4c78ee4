"""Config and data -> networks, with every check before a run."""

from nntrain.builder.build import build, build_networks
from nntrain.builder.loop import Built, Model

__all__ = ["Built", "Model", "build", "build_networks"]
