"""Mistakes that people make, each planted in a solution, and what the grading says of it."""

import pytest

from nntrain.textbook.exercise_texts import exercises
from nntrain.textbook.grading import grade

EXERCISES = exercises()
MISTAKES = [  # exercise, a piece of its solution, what stands there instead, what the hint has to say
    ("sigmoid", "1 / (1 + np.exp(-Z))", "1 / (1 + np.exp(Z))", "the sign of `Z` is wrong"),
    ("sigmoid", "dA * A * (1 - A)", "dA * (1 - A)", "a factor is forgotten: `A`"),
    ("dense", "p.W @ X + p.b", "p.W @ X", "a term is forgotten: `p.b`"),
    ("dense", "p.W @ X + p.b", "np.dot(p.W.T, X) + p.b", "`p.W` is transposed and should not be"),
    ("dense", "p.W.T @ dZ", "np.dot(p.W, dZ)", "a transpose is missing: `p.W` has to be transposed"),
    ("binary_cross_entropy", "(-Y / A + (1 - Y) / (1 - A)) / A.size",
     "(-Y / A + (1 - Y) / (1 - A)) / Y.shape[1]", "counts the examples alone"),
    ("softmax_cross_entropy", "-np.sum(one_hot * np.log(A)) / m", "-np.mean(one_hot * np.log(A))",
     "the mean runs over all elements, where a sum divided by m belongs"),
    ("momentum", "lr * v", "lr * dtheta", "`dtheta` stands where `v` belongs"),
    ("momentum", "self.beta * v + (1 - self.beta)", "(1 - self.beta) * v + self.beta",
     "`self.beta` and `1 - self.beta` stand in each other's place"),
    ("adam", "V_hat / (np.sqrt(S_hat)", "V / (np.sqrt(S)", "`V` stands where `V_hat` belongs, and `S` stands where"),
    ("adam", "V / (1 - self.beta1**t)", "V / (1 - self.beta1 * t)", "stands where the power belongs"),
    ("dropout", "dA * D / keep", "dA", "a factor is forgotten: `D`"),
    ("batch_norm", "(dX_hat - mean - X_hat * projection)", "dX_hat", "forgotten: `mean`"),
    ("batch_norm", "(X - mu) / deviation", "(X - mu) / variance", "`variance` stands where `deviation` belongs"),
    ("conv2d", "p.b[:, :, None, None]", "p.b", "axes of length 1 are missing: `p.b[:, :, None, None]`"),
    ("conv2d", "p.W[:, :, a, b], P", "p.W[:, :, b, a], P", "`a` and `b` stand in each other's place"),
    ("lstm", "update * candidate + forget * c", "forget * candidate + update * c", "`update` and `forget` stand"),
    ("lstm", "dc * c_before", "dc * c", "`c` stands where `c_before` belongs"),
    ("lstm", "dz @ a_before.T", "np.dot(dz, x.T)", "`x` stands where `a_before` belongs"),
    ("lstm", "p.U.T @ dz", "p.W.T @ dz", "`p.W` stands where `p.U` belongs"),
    ("dense", "p.W.T @ dZ", "(dZ.T @ p.W).T / X.shape[1]", "divided by m"),
    ("binary_cross_entropy", "np.sum(L) / A.size", "np.sum(L)", "the 1/m"),
    ("binary_cross_entropy", "-Y / A + (1 - Y)", "-Y / A - (1 - Y)", "the sign of `(1 - Y) / (1 - A)` is wrong"),
    ("softmax_cross_entropy", "E / np.sum(E, axis=0, keepdims=True)", "E / np.sum(E)", "axis= is missing"),
    ("softmax_cross_entropy", "(A - one_hot) / m", "(one_hot - A) / m", "the sign is wrong"),
    ("gradient_descent", "theta - lr * dtheta", "theta + lr * dtheta", "the sign of `lr * dtheta` is wrong"),
    ("momentum", "(1 - self.beta) * dtheta", "dtheta", "a factor is forgotten: `1 - self.beta`"),
    ("adam", "dtheta**2", "np.abs(dtheta)", "is to be squared"),
    ("adam", "1 - self.beta2**t", "1 - self.beta2", "the power of `self.beta2` is forgotten"),
    ("adam", "np.sqrt(S_hat)", "S_hat", "`sqrt` is forgotten"),
    ("dropout", "dA * D / keep", "dA * D", "the division by `keep` is missing"),
    ("batch_norm", "(dX_hat - mean - X_hat * projection)", "(dX_hat - mean)", "forgotten: `X_hat * projection`"),
    ("batch_norm", "np.mean((X - mu) ** 2, axis=1, keepdims=True)", "np.var(X, 1, ddof=1)[:, None]", "m − 1"),
    ("conv2d", "np.sum(dZ, axis=(1, 2, 3))", "np.mean(dZ, axis=(1, 2, 3))", "a mean where a sum belongs"),
    ("lstm", "1 - np.tanh(c) ** 2", "1 - c ** 2", "`tanh` is forgotten"),
    ("lstm", "dc = dc * forget", "dc = dc * update", "`update` stands where `forget` belongs"),
    ("attention", "K.T @ Q / np.sqrt(self.units)", "K.T @ Q / self.units", "`sqrt` is forgotten"),
    ("attention", "np.sum(P * dP, axis=0", "np.sum(P * dP, axis=1", "the sum runs over the wrong axis"),
    ("attention", "p.W_k.T @ dK + p.W_v.T @ dV", "p.W_k.T @ dK", "a term is forgotten: `p.W_v.T @ dV`"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "right", "wrong", "told"),
    [m if m[0] in ("sigmoid", "momentum", "dropout") else pytest.param(*m, marks=pytest.mark.slow) for m in MISTAKES],
)
def test_the_hint_names_the_mistake(tmp_path, name, right, wrong, told):
    source = EXERCISES[name].source
    assert source.count(right) == 1
    path = tmp_path / f"my_{name}.py"
    path.write_text(source.replace(right, wrong), "utf-8")
    assert told in grade(path).lines[-1]
