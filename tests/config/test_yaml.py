"""YAML as people mean it, and nothing that a config does not need."""

import pytest

from nntrain.config.nodes import MAX_DEPTH, MAX_VALUES
from nntrain.files.plain_values import scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 1e5),
        (".5", 0.5),
        ("-.5e2", -50.0),
        ("5.", 5.0),
        ("012", 12),
        ("-7", -7),
        ("+7", 7),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        *((word, word) for word in ("no", "yes", "on", "off", "n", "y", "1:30", "1_000", "0x10", "0b1", "2024-01-01")),
        *((word, word) for word in ("nan", "inf", "NaN", "1e", "e5", ".", "-", "+.", "1.2.3", "١٢", "=", "<<")),
    ],
)
def test_plain_scalars_are_what_a_person_means(text, value):
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


def test_quoted_scalars_are_texts(files):
    (line,) = files.problems(files.MLP.replace("lr: 0.1", "lr: '0.1'"))
    assert line == "mlp.yaml:10:28: error: optimizer.lr: expected a number >= 0, got '0.1'; write 0.1"


def test_a_text_argument_keeps_what_was_written(files):
    for written in ("007", "1e-3", "no", "1:30", ".5", "0x10", "2024-01-01"):
        assert files.probe(f"text: {written}").text == written


def test_duplicate_keys_are_all_reported_with_both_lines(files):
    lines = files.problems(files.MLP + "seed: 1\nloss: mse\n")
    assert lines == [
        "mlp.yaml:14:1: error: key 'seed' stands here a second time; first in line 2",
        "mlp.yaml:15:1: error: key 'loss' stands here a second time; first in line 9",
    ]


def test_anchors_aliases_and_merge_keys_work(files):
    text = files.MLP.replace(
        "  - dense: 64\n", "  - dense: &d {units: 64, bias: false}\n  - dense: {<<: *d, units: 5}\n"
    )
    config = files.config(text + "")
    assert (config.architecture[2].units, config.architecture[2].bias) == (5, False)
    text = files.MLP.replace("- dense: 64", "- &d {dense: 64}").replace("- relu", "- *d")
    first, second = files.config(text).architecture[1:3]
    assert first == second
    assert first is not second


def test_a_byte_order_mark_and_crlf_are_tolerated(files):
    plain = files.config(files.MLP)
    assert files.config("\ufeff" + files.MLP) == plain
    assert files.config(files.MLP.replace("\n", "\r\n")) == plain


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: error: expected a mapping with dataset"),
        ("# only a comment\n", "1:1: error: expected a mapping with dataset"),
        ("- relu\n", "1:1: error: expected a mapping with dataset"),
        ("just text", "1:1: error: expected a mapping with dataset"),
        ("a: [1, 2\nb: 3\n", "2:2: error: not valid YAML: "),
        ("a: 'x\n", "error: not valid YAML: "),
        ("a: b: c\n", "1:5: error: not valid YAML: mapping values are not allowed"),
        ("}{", "1:1: error: not valid YAML: "),
        ("seed: 1\n\tname: x\n", "2:1: error: not valid YAML: "),
        ("training:\n\tepochs: 1\n", "a tab stands in the indentation, YAML wants spaces"),
        ("seed: 1\n---\nseed: 2\n", "2:1: error: a second document begins here"),
        ("? [a]\n: 1\n", "1:3: error: expected a word before ':', got a list of 1"),
        ("~: 1\n", "1:1: error: expected a word before ':', got nothing"),
        ("a: &a [*a]\n", "1:8: error: alias *a stands inside what it stands for"),
        ("a: *b\n", "1:4: error: no anchor &b before this alias"),
        ("seed: {<<: 3}\n", "<< takes the alias of a mapping, got 3"),
        (b"seed: 1\nname: \xe9t\xe9\n", "2:7: error: byte 0xe9 is not UTF-8"),
        ("seed: 1".encode("utf-16"), "1:1: error: byte 0xff is not UTF-8"),
        (b"seed: 1\nname: a\x00b\n", "2:8: error: control character '\\x00' is not allowed"),
        ("name: a\x1b[31m\n", "1:8: error: control character '\\x1b' is not allowed"),
        ("[" * 100_000, f"error: nested deeper than {MAX_DEPTH} levels"),
        ("a: " + "[" * 100_000 + "]" * 100_000, f"error: nested deeper than {MAX_DEPTH} levels"),
        ("- " * 100_000, f"error: nested deeper than {MAX_DEPTH} levels"),
        ("{a: " * 100_000, f"error: nested deeper than {MAX_DEPTH} levels"),
        (BOMB, f"error: more than {MAX_VALUES:,} values, aliases counted as often as they are used"),
        ("architecture: [" + "a," * 100_000 + "]", f"error: more than {MAX_VALUES:,} values"),
        ("".join(f"k{i}: {i}\n" for i in range(500_000)), "1:1: error: the file is larger than 500,000 bytes"),
        ("".join(f"k{i}: &k{i} {i}\n" for i in range(20_000)), f"error: more than {MAX_VALUES:,} values"),
    ],
    ids=lambda value: repr(value[:30]) if isinstance(value, (str, bytes)) else None,
)
def test_what_is_no_config_is_one_line_with_the_place(files, text, said):
    (line,) = files.problems(text)
    assert line.startswith("mlp.yaml:")
    assert said in line
    assert len(line) < 250


def test_aliases_cannot_nest_deeper_than_text(files):
    chain = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, MAX_DEPTH))
    (line,) = files.problems(chain)
    assert f"aliases nest deeper than {MAX_DEPTH} levels" in line


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system ['true']", "!!set {a}", "!custom x", "!!str 5", "! x"]
)
def test_tags_are_refused(files, tag):
    (line,) = files.problems(files.MLP.replace("name: digits-mlp", f"name: {tag}"))[:1]
    assert line.startswith("mlp.yaml:1:7: error: tag '")
    assert "is not allowed; a config is plain values" in line


def test_thousands_of_problems_are_cut_to_a_hundred(files):
    lines = files.problems("".join(f"k{i}: {i}\n" for i in range(5_000)))
    assert len(lines) == 101
    assert lines[-1] == "these are the first 100 problems; the rest was not looked at"


def test_a_missing_config_is_a_config_error_with_similar_names(files):
    files.write(files.MLP, "digits_mlp.yaml")
    from nntrain import config
    from nntrain.errors import ConfigError

    with pytest.raises(ConfigError, match=r"^digits_mpl.yaml: error: no such file; did you mean 'digits_mlp.yaml'\?$"):
        config.read("digits_mpl.yaml")
    with pytest.raises(ConfigError, match="is a directory, not a config"):
        config.read(files.folder)
    files.write(files.MLP, "run/config.yaml")
    with pytest.raises(ConfigError, match=r"run: error: is a directory, not a config; in it is run/config\.yaml"):
        config.read("run")
    with pytest.raises(ConfigError, match="no such file"):
        config.read("a\0b.yaml")


def test_libyaml_and_pyyaml_say_the_same(files, monkeypatch):
    import yaml

    from nntrain.config import yaml_reader

    with_libyaml = files.config(files.MLP)
    wrong = files.MLP.replace("momentum", "momentun").replace("epochs", "épochs")
    lines = files.problems(wrong)
    monkeypatch.setattr(yaml_reader, "_LOADER", yaml.SafeLoader)
    assert files.config(files.MLP) == with_libyaml
    assert files.problems(wrong) == lines
    for text in ("[" * 100_000, "seed: 1\n\tname: x\n", "a: [1, 2\nb: 3\n", BOMB, "a: &a [*a]\n"):
        (line,) = files.problems(text)
        assert line.startswith("mlp.yaml:")
