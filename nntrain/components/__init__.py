"""The registry of everything a config can declare, and what a component of one's own is written with."""

from nntrain.components.declaration import Component, arguments, component_base, item_names, values
from nntrain.components.frozen import Arg, arg, frozen
from nntrain.components.registry import ENTRY_POINTS, KINDS, PACKAGES, Known, component, find

__all__ = [
    "ENTRY_POINTS",
    "KINDS",
    "PACKAGES",
    "Arg",
    "Component",
    "Known",
    "arg",
    "arguments",
    "component",
    "component_base",
    "find",
    "frozen",
    "item_names",
    "values",
]
