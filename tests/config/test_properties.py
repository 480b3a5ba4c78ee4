"""Whatever the text, only ConfigError comes out; whatever the config, it survives writing."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nntrain import config
from nntrain.errors import ConfigError

FEW = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MANY = settings(FEW, max_examples=2000, derandomize=False)
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


PUNCTUATION = ":-[]{}&*!#'\"\n\t |>%@,?$"
paths = st.lists(st.sampled_from([*WORDS, "0", "1", "99", "logits", "generator", ""]), min_size=1, max_size=4)
words = st.sampled_from(["1", "adam", "{type: adam}", "[relu]", "$seed", "{a: 1}", "!!x 1"])


def any_text(files, text):
    outcome(files.write(text), facts=files.DIGITS)


def any_damage_to_a_good_config(files, damage):
    gan, where, length, new = damage
    base = files.GAN if gan else files.MLP
    start = int(where * len(base))
    outcome(files.write(base[:start] + new + base[start + length :]), facts=files.DIGITS)


def any_mapping(files, tree):
    outcome(tree, facts=files.DIGITS)


def any_value_at_any_key_of_a_good_config(files, item):
    key, value = item
    good = config.read(files.write(files.MLP)).resolve(files.DIGITS).as_dict()
    made = outcome({**good, key: value}, facts=files.DIGITS)
    if made is not None:
        assert outcome(files.write(made.to_yaml()), facts=files.DIGITS) == made


def any_layer(files, value):
    good = config.read(files.write(files.MLP)).resolve(files.DIGITS).as_dict()
    made = outcome({**good, "architecture": [{"type": "probe", "inner": value}, value]}, facts=files.DIGITS)
    if made is not None:
        assert outcome(made.as_dict()) == made


def any_override(files, item):
    path, value = item
    for text in (files.MLP, files.GAN):
        outcome(files.write(text), [f"{'.'.join(path)}={value}"], files.DIGITS)


PROPERTIES = pytest.mark.parametrize(
    ("holds", "strategy"),
    [
        (any_text, st.text(st.characters(codec="utf-8") | st.sampled_from(PUNCTUATION), max_size=200)),
        (any_text, st.binary(max_size=100)),
        (
            any_damage_to_a_good_config,
            st.tuples(
                *(st.booleans(), st.floats(0, 1), st.integers(0, 12)),
                st.text(st.sampled_from(PUNCTUATION + "09.eaxlr"), max_size=8),
            ),
        ),
        (any_mapping, st.dictionaries(st.sampled_from(KEYS), values, max_size=6)),
        (any_value_at_any_key_of_a_good_config, st.tuples(st.sampled_from(KEYS), values)),
        (any_layer, values),
        (any_override, st.tuples(paths, st.text(max_size=10) | words)),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)


@PROPERTIES
def test_it_holds_for(files, holds, strategy):
    FEW(given(strategy)(lambda drawn: holds(files, drawn)))()


@pytest.mark.slow
@PROPERTIES
def test_it_holds_many_times_for(files, holds, strategy):
    MANY(given(strategy)(lambda drawn: holds(files, drawn)))()


@pytest.mark.slow
def test_every_short_cut_and_every_removed_line(files):
    for text in (files.MLP, files.GAN):
        lines = text.splitlines(keepends=True)
        for end in range(len(text)):
            outcome(files.write(text[:end]), facts=files.DIGITS)
        for i in range(len(lines)):
            outcome(files.write("".join(lines[:i] + lines[i + 1 :])), facts=files.DIGITS)
