"""Exercises: the solution is right by finite differences, its blanks are found, and mistakes are named."""

import re

import pytest

from nntrain import plugins
from nntrain.components import find
from nntrain.diagnosis.gradient_check import check_layer
from nntrain.layers import Layer
from nntrain.textbook import computed
from nntrain.textbook.exercise_texts import exercises
from nntrain.textbook.grading import grade
from nntrain.textbook.mistakes import mistaken

EXERCISES = exercises()


def solved(tmp_path, name, change=lambda text: text):
    path = tmp_path / f"my_{name}.py"
    path.write_text(change(EXERCISES[name].source), "utf-8")
    return path


def test_there_are_twelve_in_the_order_of_the_course():
    assert [exercise.number for exercise in EXERCISES.values()] == list(range(1, 13))
    assert list(EXERCISES)[:2] == ["sigmoid", "dense"]
    assert list(EXERCISES)[-1] == "attention"


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_is_right(tmp_path, name):
    found = grade(solved(tmp_path, name))
    assert found.right, found.lines
    assert all(line.endswith("is right") for line in found.lines)


@pytest.mark.parametrize("name", computed.LAYER_CASES)
def test_the_solution_of_a_layer_is_the_derivative_of_its_forward(tmp_path, name, monkeypatch):
    monkeypatch.setattr(find("layer"), "registered", dict(find("layer").registered))
    namespace = {"__name__": __name__}
    exec(EXERCISES[name].source, namespace)
    (cls,) = [c for c in namespace.values() if isinstance(c, type) and issubclass(c, Layer) and c is not Layer]
    shape, arguments = computed.LAYER_CASES[name]
    report = check_layer(cls(*arguments), shape, 4)
    assert report.ok, report


@pytest.mark.parametrize("name", EXERCISES)
def test_the_file_that_is_given_has_every_blank_and_says_how_to_go_on(tmp_path, name):
    exercise = EXERCISES[name]
    text = exercise.text(12)
    compile(text, name, "exec")
    assert text.count(" = ...") + text.count(" += ...") == len(exercise.blanks) >= 1
    assert f"nntrain exercise check my_{name}.py" in text
    assert "# blank" not in text
    path = tmp_path / f"my_{name}.py"
    path.write_text(text, "utf-8")
    found = grade(path)
    assert not found.right
    assert re.fullmatch(rf"{re.escape(str(path))}:\d+: still to be filled in", found.lines[0])


def test_forward_is_graded_before_backward_is_filled_in(tmp_path):
    path = solved(tmp_path, "dense", lambda text: text.replace("dZ @ X.T", "..."))
    line = path.read_text("utf-8").split("\n").index("        g.W += ...") + 1
    assert grade(path).lines == ("forward: the output is right", f"{path}:{line}: still to be filled in")


@pytest.mark.parametrize(
    "name",
    [name if name in ("sigmoid", "momentum") else pytest.param(name, marks=pytest.mark.slow) for name in EXERCISES],
)
def test_nine_of_ten_mistakes_in_a_line_are_found_and_nothing_right_is_called_wrong(tmp_path, name):
    exercise, named, all_of_them = EXERCISES[name], 0, 0
    for left, right in exercise.blanks:
        for changed, _ in mistaken(right):
            path = solved(
                tmp_path, name, lambda text, a=f"{left} {right}\n", b=f"{left} {changed}\n": text.replace(a, b)
            )
            found = grade(path)
            if found.right:  # no mistake after all: the same number by another way
                continue
            all_of_them += 1
            told = found.lines[-1]
            named += told.startswith("hint: ") or str(path) in told
    print(f"\n{name}: {named} of {all_of_them} planted mistakes are named")
    assert all_of_them >= 2
    assert named >= 0.9 * all_of_them


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("dense", "dZ @ X.T", "dZ @ X.T / X.shape[1]", "0.2 times what it should be"),
        ("dense", "np.sum(dZ, axis=1, keepdims=True)", "-np.sum(dZ, axis=1, keepdims=True)", "the sign is wrong"),
        ("dense", " + p.b", "", "a term is forgotten: `p.b`"),
        ("softmax_cross_entropy", "(A - one_hot) / m", "A - one_hot", "the 1/m"),
        ("sigmoid", "dA * A * (1 - A)", "dA * (1 - A)", "a factor is forgotten"),
        ("adam", "V / (1 - self.beta1**t)", "V", "the division by `1 - self.beta1 ** t` is missing"),
        ("momentum", "(1 - self.beta) * dtheta", "dtheta", "a factor is forgotten"),
        ("batch_norm", " - X_hat * projection", "", "a term is forgotten"),
        ("conv2d", "Z += p.b[:, :, None, None]", "Z += 0", "a term"),
        (
            "attention",
            "np.sum(P * dP, axis=0, keepdims=True)",
            "np.sum(P * dP, axis=1, keepdims=True)",
            "the wrong axis",
        ),
        ("lstm", "dc + da * output", "da * output", "a term is forgotten: `dc`"),
        ("dense", "np.sum(dZ, axis=1, keepdims=True)", "np.sum(dZ)", "in `g.b` the sum runs over all elements"),
        ("softmax_cross_entropy", "np.sum(E, axis=0, keepdims=True)", "np.sum(E)", "the sum runs over all elements"),
        ("gradient_descent", "lr * dtheta", "self.lr * dtheta", "`self.lr` stands where `lr` belongs"),
        ("adam", "S / (1 - self.beta2**t)", "S / (1 - self.beta1**t)", "in `S_hat` `self.beta1` stands where"),
        ("adam", "np.sqrt(S_hat) + self.epsilon", "np.sqrt(S_hat + self.epsilon)", "under the root"),
        ("adam", "np.sqrt(S_hat) + self.epsilon", "np.cbrt(S_hat)", "in `theta[...]` something is not as the equation"),
    ],
)
def test_a_mistake_is_named(tmp_path, name, old, new, told):
    found = grade(solved(tmp_path, name, lambda text: text.replace(old, new)))
    assert not found.right
    if told != "a term":
        assert told in found.lines[-1], found.lines
    assert any(" is wrong: " in line for line in found.lines)


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ("        Z = p.W @@ X", "invalid syntax"),
        ("        Z = p.W @ X + q", "NameError: name 'q' is not defined"),
        ("        Z = X @ p.W", "ValueError"),
        ("        Z = 'no numbers'", "expected numbers"),
        ("        Z = p.W @ X[:, :2] + p.b", "its shape is (3, 2), expected (3, 5)"),
    ],
)
def test_what_cannot_run_is_one_line_with_its_place(nntrain, tmp_path, new, told):
    path = solved(tmp_path, "dense", lambda text: text.replace("        Z = p.W @ X + p.b", new))
    code = 2 if told == "invalid syntax" else 1
    result = nntrain("exercise", "check", path, code=code)
    assert told in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("p.W @ X", "p.W * X", "in `Z` * multiplies element by element where @ belongs"),
        ("p.W @ X", "p.W.T @ X", "in `Z` `p.W` is transposed and should not be"),
        ("dZ @ X.T", "X @ dZ.T", "in `g.W` it is transposed"),
        (", keepdims=True", "", "in `g.b` keepdims=True is missing: it keeps a column (n, 1)"),
    ],
)
def test_shapes_that_do_not_fit_are_told_with_the_mistake_behind_them(tmp_path, old, new, told):
    found = grade(solved(tmp_path, "dense", lambda text: text.replace(old, new)))
    assert "ValueError" in found.lines[-2]
    assert found.lines[-1] == f"hint: {told}"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("sigmoid", "dA * A * (1 - A)", "dA * (A - A**2)"),
        ("adam", "self.beta1 * V + (1 - self.beta1) * dtheta", "V + (1 - self.beta1) * (dtheta - V)"),
        ("batch_norm", "np.mean(X, axis=1, keepdims=True)", "X.mean(axis=1).reshape(-1, 1)"),
        ("dense", "p.W @ X", "np.einsum('ij,jm->im', p.W, X)"),
    ],
)
def test_what_is_right_by_another_way_is_right(tmp_path, name, old, new):
    assert grade(solved(tmp_path, name, lambda text: text.replace(old, new))).right


def test_nothing_is_said_of_shapes_that_are_right(tmp_path):
    found = grade(solved(tmp_path, "adam", lambda text: text.replace("V / (1 - self.beta1**t)", "np.sin(V)")))
    assert "shape" not in found.lines[-1]
    assert "in `V_hat`" in found.lines[-1]


def test_an_exercise_is_written_listed_graded_and_trained(nntrain, configs, tmp_path):
    assert "softmax_cross_entropy" in nntrain("exercise").stdout
    assert nntrain("exercise", "dense").stdout == "my_dense.py\n"
    nntrain("exercise", "dense", code=6)
    nntrain("exercise", "check", "my_dense.py", code=1)
    nntrain("exercise", "dance", code=2)
    nntrain("exercise", "check", configs / "digits_mlp.yaml", code=2)
    nntrain("exercise", "check", "not_there.py", code=2)
    (tmp_path / "my_dense.py").write_text(EXERCISES["dense"].source, "utf-8")
    assert "solved" in nntrain("exercise", "check", "my_dense.py").stderr
    assert "my_dense" not in find("layer")
    nntrain(
        "fit",
        configs / "digits_mlp.yaml",
        "training.steps=2",
        "architecture.1={my_dense: 8}",
        "--import",
        "my_dense.py",
        "-q",
    )
    plugins.forget("my_dense.py")  # else sweeps of later tests would import it too


def test_a_file_that_is_not_there_is_told_with_the_one_that_was_meant(nntrain):
    nntrain("exercise", "dense")
    assert nntrain("exercise", "check", "dense.py", code=2).stderr == (
        "dense.py: error: no such file; did you mean 'my_dense.py'?\n"
    )
    assert "nntrain exercise NAME writes one" in nntrain("exercise", "check", "other.py", code=2).stderr
