"""JSON Schema of a config, for editors: everything in it is read from the fields of the dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from nntrain.components import KINDS, Arg, find
from nntrain.config.config import Config
from nntrain.config.descriptions import summary
from nntrain.config.field_types import (
    Choice,
    Either,
    Field,
    FieldType,
    Fixed,
    Kind,
    Many,
    PerNetwork,
    Section,
    Table,
    fields,
    main_argument,
    networks,
    words,
)
from nntrain.config.plain_config import plain
from nntrain.config.references import REFERENCE
from nntrain.files.plain_values import Plain
from nntrain.messages import join

Schema: TypeAlias = dict[str, Plain]
_REFERENCE: Schema = {"$ref": "#/$defs/reference"}
# readers of YAML 1.1 hand 1e-3 to a validator as a string
_EXPONENT: Schema = {"type": "string", "pattern": r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+$"}

_LISTED = 15  # names that a message lists; of more it says where they are listed


def json_schema() -> Schema:
    """Accepts what `read` accepts as far as a schema can say it: all spellings, references, `extends`."""
    top = fields(Config)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nntrain config",
        "type": "object",
        "properties": {
            "extends": {"type": "string", "description": "a config that this one is laid over"},
            **dict.fromkeys(top, True),  # what they are is said below, once: an editor would offer both
        },
        "additionalProperties": False,
        "if": {"required": ["extends"]},
        "then": {"properties": {key: _partial(field) for key, field in top.items()}},
        "else": {
            "properties": {key: _field(field) for key, field in top.items()},
            "required": [key for key, field in top.items() if field.default is None and key != "name"],
        },
        "$defs": {
            "reference": {
                "description": "another value of this file, or a fact of the dataset such as $dataset.classes",
                "type": "string",
                "pattern": f"^(?:{REFERENCE})$",
            },
            **{kind: _kind(kind) for kind in KINDS},
            **{f"{kind}.{name}": _arguments(cls, name) for kind in KINDS for name, cls in find(kind).items()},
        },
    }


def _kind(kind: str) -> Schema:
    """A component in its four spellings; a list of layers is a sequential; or a reference.

    What needs no argument is offered as its bare name alone.  Editors show `errorMessage` in place of every other form
    that would have been possible.
    """
    known = find(kind)
    bare = [name for name, cls in known.items() if not _required(fields(cls))]
    spellings: list[Schema] = [{"enum": bare, "errorMessage": _no_such(kind, bare)}] if bare else []
    for name, cls in known.items():
        arguments = fields(cls)
        inside: list[Schema] = [{"$ref": f"#/$defs/{kind}.{name}"}]
        if main := main_argument(cls):
            inside.append(_value(main.type, main.arg))
        offered: Schema = {"doNotSuggest": True} if name in bare else {}
        spellings.append(_object({name: {"description": summary(cls), "anyOf": inside, **offered}}, [name]))
        typed: Schema = {"type": {"const": name, "description": summary(cls)}}
        typed |= {key: _field(field) for key, field in arguments.items()}
        spellings.append({**_object(typed, ["type", *_required(arguments)]), "errorMessage": _takes(cls, name)})
    if kind == "layer":
        spellings.append({"type": "array", "items": {"$ref": "#/$defs/layer"}})
    return {"anyOf": [*spellings, _REFERENCE]}


def _arguments(cls: type, name: str) -> Schema:
    known = fields(cls)
    whole = _object({k: _field(f) for k, f in known.items()}, _required(known))
    if not whole.get("required"):  # `relu:`; in one, as of several forms editors tell the types alone
        whole["type"] = ["object", "null"]
    return {"description": summary(cls), **whole, "errorMessage": _takes(cls, name)}


def _no_such(kind: str, bare: list[str]) -> str:
    """What an editor says of a name that does not stand alone."""
    if len(bare) == len(find(kind)) <= _LISTED:
        return f"no {kind} of this name; there are {join(bare, 'and')}"
    return f"no {kind} of this name that stands alone, as {bare[0]} does; nntrain components {kind} lists them all"


def _takes(cls: type, name: str) -> str:
    """`dense takes units (a whole number >= 1), bias, init and name`: what an editor says of wrong arguments."""
    known = fields(cls)
    said = [key if field.default else f"{key} ({words(field.type, field.arg)})" for key, field in known.items()]
    return f"{name} takes {join(said, 'and')}" if said else f"{name} takes no arguments"


def _required(known: dict[str, Field]) -> list[str]:
    return [key for key, field in known.items() if field.default is None]


def _object(properties: Mapping[str, Plain], required: list[str]) -> Schema:
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _field(field: Field) -> Schema:
    schema: Schema = _value(field.type, field.arg)
    if field.default is not None and isinstance(field.type, (Kind, Many, Section)):
        schema = {"anyOf": [schema, {"type": "null"}]}
    described = {"description": field.arg.help, **schema}
    return described if field.default is None else {**described, "default": plain(field.default())}


def _partial(field: Field) -> Schema:
    """A field of a config that extends another: nothing in it is required, as the rest may come from there."""
    type_ = field.type
    options = type_.options if isinstance(type_, Either) else (type_,)
    if section := next((option for option in options if isinstance(option, Section)), None):
        known = fields(section.cls)
        part = _object({key: _partial(below) for key, below in known.items()}, [])
        return {"anyOf": [part, {"type": "null"}, _REFERENCE], "description": field.arg.help}
    item = type_.item if isinstance(type_, PerNetwork) else type_
    if not isinstance(item, Kind):
        return _field(field)
    arguments = {name for cls in find(item.kind).values() for name in fields(cls)}
    names = sorted(arguments | (networks() if isinstance(type_, PerNetwork) else set()))
    return {"anyOf": [_field(field), {"type": "object", "propertyNames": {"enum": names}}]}


def _value(type_: FieldType, arg: Arg) -> Schema:
    """The schema of a value; every value may be a reference."""
    options = type_.options if isinstance(type_, Either) else [type_]
    schemas = [_plain(option, arg) for option in options] + [_EXPONENT] * (float in options)
    said: Schema = {"errorMessage": f"expected {words(type_, arg)}"}
    told = ({**schema, **said} if schema.keys() & {"enum", "properties"} else schema for schema in schemas)
    return {"anyOf": [*told, _REFERENCE]}


def _plain(type_: FieldType, arg: Arg) -> Schema:
    match type_:
        case Kind(kind):
            return {"$ref": f"#/$defs/{kind}"}
        case Section(cls):
            return _object({key: _field(field) for key, field in fields(cls).items()}, _required(fields(cls)))
        case Many(item, at_least):
            return {"type": "array", "items": _value(item, arg), **({"minItems": at_least} if at_least else {})}
        case Fixed(items):
            prefix = [_value(item, arg) for item in items]
            return {"type": "array", "prefixItems": prefix, "minItems": len(items), "maxItems": len(items)}
        case Table(_, item):
            return {"type": "object", "additionalProperties": _value(item, arg)}
        case PerNetwork(item):
            each = {name: _value(item, arg) for name in sorted(networks())}
            return {"anyOf": [_value(item, arg), {**_object(each, []), "minProperties": 1}]}
        case Choice(values):
            return {"enum": list(values)}
    if type_ in (int, float):
        names = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
        bounds = {name: getattr(arg, key) for key, name in names.items() if getattr(arg, key) is not None}
        return {"type": "integer" if type_ is int else "number", **bounds}
    plain_types: dict[object, Plain] = {bool: "boolean", str: ["string", "number"], Path: "string", type(None): "null"}
    return {"type": plain_types[type_]}
