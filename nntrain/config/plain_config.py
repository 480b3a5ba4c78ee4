"""What the components and sections of a config become as plain values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from nntrain.components import Component
from nntrain.config.field_types import attribute_of, fields
from nntrain.files.plain_values import Json, JsonObject


def plain(value: object) -> Json:
    """As JSON has it.  A component: {"type": name, every argument}; those that are not listed only where given."""
    if isinstance(value, Component):
        return {"type": value.type, **_arguments(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return _arguments(value)
    if isinstance(value, Path):
        value = os.fspath(value)
    if isinstance(value, str) and value.startswith("$"):
        return f"${value}"  # a text, not a reference
    return value


def _arguments(value: object) -> JsonObject:
    given = {key: (field, getattr(value, attribute_of(key))) for key, field in fields(type(value)).items()}
    return {key: plain(item) for key, (field, item) in given.items() if field.arg.listed or item not in (None, ())}
