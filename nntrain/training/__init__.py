"""Training: the loops, the engine that runs them, and what one calls from Python or the command line."""

from typing import TYPE_CHECKING

from nntrain.lazy import lazy

# name in configs -> where it is: the one line that a new component needs
COMPONENTS = {
    "loop": {
        "encoder_decoder": "nntrain.training.encoder_decoder:EncoderDecoder",
        "gan": "nntrain.training.gan:GAN",
        "supervised": "nntrain.training.supervised:Supervised",
    },
}

if not TYPE_CHECKING:  # type checkers read a component from its own module
    __getattr__, __dir__, __all__ = lazy(__name__, COMPONENTS)
