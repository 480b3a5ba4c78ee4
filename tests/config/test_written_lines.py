"""Reading a written config by its lines gives what the parser of all YAML gives, or nothing."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nntrain.config.nodes import plain_node
from nntrain.config.problems import Problems, Source
from nntrain.config.written_lines import read_lines
from nntrain.config.yaml_reader import parse
from nntrain.config.yaml_writer import to_yaml
from nntrain.errors import ConfigError
from tests.config.test_properties import FEW, MANY, WORDS, scalars

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))


def by_parser(text):
    return plain_node(parse(text, Source(Path(), file="config.yaml"), Problems()))


def check(text):
    found = read_lines(text)
    if found is not None:
        expected = by_parser(text) or {}
        assert repr(found) == repr(expected)
    return found is not None


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_configs_that_ship_are_read_by_lines_once_they_are_written(path):
    values = by_parser(path.read_text("utf-8"))
    text = to_yaml(values)
    known = check(text)
    assert known or '"' in text  # a text in quotes is for the parser


def whatever_is_written(mapping):
    try:
        text = to_yaml(mapping)
        by_parser(text)
    except ConfigError:  # no config, such as a text of a lone surrogate
        return
    check(text)


words = st.sampled_from([word for word in WORDS if word != "type"]) | st.text(min_size=1, max_size=4)


def layers_of(inner):
    """Lists, mappings, and components with and without arguments."""
    component = st.fixed_dictionaries({"type": st.sampled_from(WORDS)}, optional={"units": inner, "layers": inner})
    return st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4) | component


mappings = st.dictionaries(words, st.recursive(scalars, layers_of, max_leaves=25), max_size=5)


@FEW
@given(mappings)
def test_what_is_written_is_read_alike(mapping):
    whatever_is_written(mapping)


@pytest.mark.slow
@MANY
@given(mappings)
def test_what_is_written_is_read_alike_many_times(mapping):
    whatever_is_written(mapping)


def test_a_text_with_a_change_anywhere_is_read_alike_or_left_to_the_parser():
    written = to_yaml(by_parser((CONFIGS[0].parent / "digits_mlp.yaml").read_text("utf-8")))
    draw = random.Random(0)
    read = 0
    for _ in range(600):
        at = draw.randrange(len(written))
        text = written[:at] + draw.choice(
            [" ", "  ", "\n", "-", "- ", ":", ": ", "{", "]", ",", ", ", "a", "#", "1", ""]
        )
        text += written[at + draw.randrange(3) :]
        try:
            by_parser(text)
        except ConfigError:
            assert read_lines(text) is None, text
        else:
            read += check(text)
    assert read > 100


@pytest.mark.parametrize(
    "text",
    [
        *('name: "a"\n', "a: b c\n", "a: 1 # x\n", "# x\na: 1\n", "a:\n- 1\n", "a: &x 1\n", "a: 1\na: 2\n", "a:  1\n"),
        *(
            "a: [1, 2\n",
            "a: {b}\n",
            "a: {b: 1, b: 2}\n",
            "- a\n",
            "a\n",
            "a: |\n  b\n",
            "a:\n    b: 1\n  c: 2\n",
            "a:\n",
        ),
    ],
)
def test_what_the_writer_does_not_write_is_left_to_the_parser(text):
    assert read_lines(text) is None
