"""YAML text -> checked frozen dataclasses.  Every problem is reported at once, each with its place.

draft = read("mlp.yaml", ["optimizer.lr=0.01"])         the file and its schema
data = load(draft.dataset, draft.seed, draft.dtype)     nntrain.data.reconstruct
config = draft.resolve(data.facts)                      references to facts of the data
"""

from typing import TYPE_CHECKING

from nntrain.lazy import lazy

if TYPE_CHECKING:
    from nntrain.config.config import Base, Config, Draft, dataset_with, is_path, read
    from nntrain.config.descriptions import describe
    from nntrain.config.editor_schema import json_schema
    from nntrain.config.plain_tree import differences, find_value, leaves
    from nntrain.config.problems import Place
    from nntrain.config.saved_config import written, written_unlike
    from nntrain.config.yaml_writer import flow

# Each is imported when it is asked for: a listing of runs reads YAML and checks nothing.
_PLACES = [
    *(f"nntrain.config.config:{name}" for name in ("Base", "Config", "Draft", "dataset_with", "is_path", "read")),
    *(f"nntrain.config.plain_tree:{name}" for name in ("differences", "find_value", "leaves")),
    *(f"nntrain.config.saved_config:{name}" for name in ("written", "written_unlike")),
    *("nntrain.config.descriptions:describe", "nntrain.config.editor_schema:json_schema"),
    *("nntrain.config.problems:Place", "nntrain.config.yaml_writer:flow"),
]
__getattr__, __dir__, _ = lazy(__name__, {}, _PLACES)
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
    "written_unlike",
]
