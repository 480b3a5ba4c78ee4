"""YAML text -> checked frozen dataclasses.  Every problem is reported at once, each with its place.

draft = read("mlp.yaml", ["optimizer.lr=0.01"])         the file and its schema
data = load(draft.dataset, draft.seed, draft.dtype)     nntrain.data.reconstruct
config = draft.resolve(data.facts)                      references to facts of the data
"""

from typing import Any

from nntrain.config.config import Base, Config, Draft, dataset_with, is_path, read
from nntrain.config.plain_config import differences, find_value, leaves
from nntrain.config.problems import Place
from nntrain.config.saved_config import written, written_unlike
from nntrain.config.yaml_writer import flow

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


def describe(kind: str | None = None, name: str | None = None) -> str:
    """See nntrain.config.descriptions; imported when it is used, as training does without it."""
    from nntrain.config.descriptions import describe

    return describe(kind, name)


def json_schema() -> dict[str, Any]:
    """See nntrain.config.editor_schema; imported when it is used."""
    from nntrain.config.editor_schema import json_schema

    return json_schema()
