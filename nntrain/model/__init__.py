"""What a network is: the contract of a layer, parameters in one flat vector, initial values, the network itself."""

from typing import TYPE_CHECKING

from nntrain.lazy import lazy

# name in configs -> where it is: the one line that a new component needs
COMPONENTS = {
    "initializer": {
        "zeros": "nntrain.model.initializers:Zeros",
        "constant": "nntrain.model.initializers:Constant",
        "normal": "nntrain.model.initializers:Normal",
        "uniform": "nntrain.model.initializers:Uniform",
        "he_normal": "nntrain.model.initializers:HeNormal",
        "he_uniform": "nntrain.model.initializers:HeUniform",
        "xavier_normal": "nntrain.model.initializers:XavierNormal",
        "xavier_uniform": "nntrain.model.initializers:XavierUniform",
        "lecun_normal": "nntrain.model.initializers:LecunNormal",
        "orthogonal": "nntrain.model.initializers:Orthogonal",
    },
}

if not TYPE_CHECKING:  # type checkers read a component from its own module
    __getattr__, __dir__, __all__ = lazy(__name__, COMPONENTS)
