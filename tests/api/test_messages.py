"""Messages to a Python program name what it can give: arguments, not options of the shell."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import nntrain
from nntrain.errors import ConfigError, DataError, NNTrainError

ROOMS = Path(nntrain.__file__).parent
# what commands alone reach: their messages may name options
OF_COMMANDS = {
    *("cli", "report", "sweep", "export", "diagnosis", "textbook", "parallel", "docs", "pictures"),
    *("samples.py", "text_writer.py", "query.py", "csv_starter.py", "kept_columns.py", "plots.py", "exercise_texts.py"),
}
OPTIONS_OF_COMMANDS = ("--output", "--keep", "--beam", "nntrain sample --prompt")
CONFIG = {
    "architecture": [{"dense": "$dataset.classes"}],
    "dataset": {"validation": 0},
    "loss": "cross_entropy",
    "optimizer": {"type": "sgd", "lr": 0.1},
    "training": {"steps": 1},
}
X = np.random.default_rng(0).standard_normal((20, 3))
Y = np.arange(20) % 2


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("messages")
    return nntrain.fit(CONFIG, X=X, Y=Y, quiet=True, run_dir=folder / "run")


def fitted(run, config=CONFIG, X=X, Y=Y, **options):
    return nntrain.fit(config, X=X, Y=Y, quiet=True, **{"run_dir": run.run_dir.parent / "other", **options})


WRONG = {
    "a run that exists": (lambda run: fitted(run, run_dir=run.run_dir), r'on_exist="resume", "skip" or "replace"$'),
    "an unknown layer": (
        lambda run: fitted(run, {**CONFIG, "architecture": ["zzzzzz"]}),
        r"a layer of your own comes with the import of its module",
    ),
    "one class": (lambda run: fitted(run, Y=0 * Y), r"^Y: error: every label is 0; a classification needs two"),
    "X turned": (lambda run: fitted(run, X=X.T), r"^Y: error: .* in X; examples come first: give X.T$"),
    "labels of signs": (lambda run: fitted(run, Y=2 * Y - 1), r"^Y: error: labels are -1 and 1; give \(y \+ 1\) // 2"),
    "a path for X": (lambda run: fitted(run, X="x.npy"), r"^fit: X is a path; give the array"),
    "overrides of another kind": (lambda run: fitted(run, overrides=[("training.steps", 1)]), r"^overrides: expected"),
    "overrides that are no list": (lambda run: fitted(run, overrides=5), r"^overrides: expected"),
    "Y alone": (lambda run: run.evaluate(Y=Y), r"^evaluate: Y is given without X$"),
    "a file for a run on arrays": (lambda run: run.evaluate("x.npy"), r"^evaluate: this run learned from arrays"),
    "a layer that is no name": (
        lambda run: run.output(X, layer=0),
        r"^output: layer: expected a layer's name, not int",
    ),
    "an interruption": (
        lambda run: fitted(run, stop=lambda: 2),
        r"^interrupted: step 0 is saved; nntrain\.resume\('\S+'\) goes on$",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_each_is_one_line_of_the_words_of_python(what, run):
    call, words = WRONG[what]
    with pytest.raises(NNTrainError) as error:
        call(run)
    assert re.search(words, str(error.value))
    assert not re.search(r"(^|\s)--\w", str(error.value))


def test_the_shell_hears_of_options_after_a_call_from_python(run, nntrain):
    with pytest.raises(ConfigError, match="comes with the import of its module"):
        fitted(run, {**CONFIG, "architecture": ["zzzzzz"]})
    said = nntrain("fit", "-q", ROOMS.parent / "configs" / "iris.yaml", "--run-dir", run.run_dir, code=6).stderr
    assert said.endswith("or --on-exist resume, skip or replace\n")


def test_a_network_of_values_has_no_probabilities(tmp_path):
    config = {**CONFIG, "architecture": [{"dense": "$dataset.outputs"}], "loss": "mse"}
    values = nntrain.fit(config, X=X, Y=X[:, :1], quiet=True, run_dir=tmp_path / "run")
    with pytest.raises(ConfigError, match=r"^probabilities: this network predicts values, not classes$"):
        values.probabilities(X)
    with pytest.raises(DataError, match=r"^Y: error"):
        values.evaluate(X, np.full(20, np.nan))


def test_no_message_in_reach_of_python_names_an_option_without_its_argument():
    found = []
    for path in ROOMS.rglob("*.py"):
        source = path.read_text()
        if OF_COMMANDS.isdisjoint(path.relative_to(ROOMS).parts) and re.search(r"--[a-z]", source):
            found += [f"{path.name}: {text}" for text in options_in(ast.parse(source))]
    assert not found


def options_in(tree):
    """Texts with options, docstrings and what `by_door` is given left out."""
    known = {id(one) for node in ast.walk(tree) if is_door(node) for one in ast.walk(node)}
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            known.add(id(body[0].value))
        raised = [node.exc] if isinstance(node, ast.Raise) and node.exc else []
        calls = [node] if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("warning", "append") else []
        for message in raised + calls:
            for one in ast.walk(message):
                text = one.value if isinstance(one, ast.Constant) and isinstance(one.value, str) else ""
                if (
                    id(one) not in known
                    and re.search(r"--[a-z]", text)
                    and not any(o in text for o in OPTIONS_OF_COMMANDS)
                ):
                    yield text


def is_door(node):
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "by_door"
