"""Config and data -> networks, with every check before a run."""

from nntrain.builder.build import Built, build, build_networks

__all__ = ["Built", "build", "build_networks"]
