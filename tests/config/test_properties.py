"""Whatever the text, only ConfigError comes out; whatever the config, it survives writing."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nntrain import config
from nntrain.errors import ConfigError

FEW = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
KEYS = [
    "type",
    "name",
    "seed",
    "dataset",
    "architecture",
    "loss",
    "optimizer",
    "training",
    "metrics",
    "schedule",
    "extends",
]
WORDS = [
    *KEYS,
    "dense",
    "relu",
    "units",
    "lr",
    "sgd",
    "adam",
    "probe",
    "sequential",
    "layers",
    "inner",
    "size",
    "weights",
]
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        [*WORDS, "$seed", "$dataset.classes", "$architecture.0", "$dataset", "${a}", "$$a", "duel", "a/b"]
    )
)
keys = st.sampled_from(WORDS) | st.text(max_size=5) | st.integers(-2, 3)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=25
)


def outcome(source, overrides=(), facts=None):
    """Read and resolve; every line of an error is one printable line."""
    try:
        return config.read(source, overrides).resolve(facts)
    except ConfigError as error:
        problems = error.problems
    assert problems
    assert all(line.isprintable() and 0 < len(line) < 1000 for line in problems)
    return None


@FEW
@given(text=st.text(st.characters(codec="utf-8") | st.sampled_from(":-[]{}&*!#'\"\n\t |>%@,?$"), max_size=200))
def test_any_text(files, text):
    outcome(files.write(text), facts=files.DIGITS)


@FEW
@given(data=st.binary(max_size=100))
def test_any_bytes(files, data):
    outcome(files.write(data), facts=files.DIGITS)


@FEW
@given(text=st.data())
def test_any_damage_to_a_good_config(files, text):
    base = text.draw(st.sampled_from([files.MLP, files.GAN]))
    start = text.draw(st.integers(0, len(base)))
    length = text.draw(st.integers(0, 12))
    new = text.draw(st.text(st.sampled_from(":-[]{}&*!#'\"\n\t |>%@,?$09.eaxlr"), max_size=8))
    outcome(files.write(base[:start] + new + base[start + length :]), facts=files.DIGITS)


@FEW
@given(tree=st.dictionaries(st.sampled_from(KEYS), values, max_size=6))
def test_any_mapping(files, tree):
    outcome(tree, facts=files.DIGITS)


@FEW
@given(key=st.sampled_from(KEYS), value=values)
def test_any_value_at_any_key_of_a_good_config(files, key, value):
    good = config.read(files.write(files.MLP)).resolve(files.DIGITS).as_dict()
    made = outcome({**good, key: value}, facts=files.DIGITS)
    if made is not None:
        assert outcome(files.write(made.to_yaml()), facts=files.DIGITS) == made


@FEW
@given(value=values)
def test_any_layer(files, value):
    good = config.read(files.write(files.MLP)).resolve(files.DIGITS).as_dict()
    made = outcome({**good, "architecture": [{"type": "probe", "inner": value}, value]}, facts=files.DIGITS)
    if made is not None:
        assert outcome(made.as_dict()) == made


@FEW
@given(
    key=st.lists(st.sampled_from([*WORDS, "0", "1", "99", "logits", "generator", ""]), min_size=1, max_size=4),
    value=st.text(max_size=10) | st.sampled_from(["1", "adam", "{type: adam}", "[relu]", "$seed", "{a: 1}", "!!x 1"]),
)
def test_any_override(files, key, value):
    for text in (files.MLP, files.GAN):
        outcome(files.write(text), [f"{'.'.join(key)}={value}"], files.DIGITS)


@pytest.mark.slow
def test_every_short_cut_and_every_removed_line(files):
    for text in (files.MLP, files.GAN):
        lines = text.splitlines(keepends=True)
        for end in range(len(text)):
            outcome(files.write(text[:end]), facts=files.DIGITS)
        for i in range(len(lines)):
            outcome(files.write("".join(lines[:i] + lines[i + 1 :])), facts=files.DIGITS)
