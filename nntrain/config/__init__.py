"""YAML text -> checked frozen dataclasses.  Every problem is reported at once, each with its place.

draft = read("mlp.yaml", ["optimizer.lr=0.01"])     the file and its schema
data = load(draft.dataset, draft.seed, draft.dtype)          nntrain.data.reconstruct
config = draft.resolve(data.facts)                  references to facts of the data
"""

from nntrain.config.describe import describe
from nntrain.config.model import Base, Config, Draft, dataset_with, is_path, read
from nntrain.config.places import Place
from nntrain.config.schema import json_schema
from nntrain.config.values import find_value, written
from nntrain.config.writing import differences, flow, leaves

__all__ = [
    "Base",
    "Config",
    "Draft",
    "Place",
    "dataset_with",
    "describe",
    "differences",
    "find_value",
    "flow",
    "is_path",
    "json_schema",
    "leaves",
    "read",
    "written",
]
