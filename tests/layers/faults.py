"""Mistakes that people make in backward passes.

A fault: the module, the component whose cases must show it, the text that stands there and what replaces it.
"""

from layers.faults_of_attention import ATTENTION_FAULTS
from layers.faults_of_cross_attention import CROSS_ATTENTION_FAULTS
from layers.faults_of_images import IMAGE_FAULTS

DENSE, NORM = "nntrain.kernels.affine", "nntrain.kernels.batch_norm"
LAYER_NORM, GELU = "nntrain.kernels.layer_norm", "nntrain.kernels.gelu"
STEPS, LOOK_UP = "nntrain.kernels.affine_steps", "nntrain.kernels.lookup"
CROSS_ENTROPY = "nntrain.kernels.cross_entropy"
LAYERS = "nntrain.layers."
ACTIVATIONS, CONTAINERS, NORMALIZATION = LAYERS + "activations", LAYERS + "containers", LAYERS + "normalization"
RECURRENT = LAYERS + "recurrent"

NOT_CENTRED = "        if True:\n            np.subtract(dx"
LAYER_FAULTS = {
    **IMAGE_FAULTS,
    **ATTENTION_FAULTS,
    **CROSS_ATTENTION_FAULTS,
    "dense: wrong sign of dW": (DENSE, "dense", "dW += dZ.dot(X.T)", "dW -= dZ.dot(X.T)"),
    "dense: dW assigned, not added": (DENSE, "dense", "dW += dZ.dot(X.T)", "dW[...] = dZ.dot(X.T)"),
    "dense: 1/m a second time": (DENSE, "dense", "dW += dZ.dot(X.T)", "dW += dZ.dot(X.T) / X.shape[1]"),
    "dense: db a mean, not a sum": (
        DENSE,
        "dense",
        "db += dZ.dot(_ones(dZ.shape[1], dZ.dtype))\n        return",
        "db += dZ.mean(1, keepdims=True)\n        return",
    ),
    "dense: db forgotten": (DENSE, "dense", "db += dZ.dot(_ones(dZ.shape[1], dZ.dtype))\n        return", "return"),
    "dense: dX a little too large": (DENSE, "dense", "dX: Floats = W.T.dot(dZ)", "dX: Floats = W.T.dot(dZ) * 1.0001"),
    "dense: dX without W": (DENSE, "dense", "dX: Floats = W.T.dot(dZ)", "dX: Floats = np.ones_like(W.T).dot(dZ)"),
    "dense: bias of the first step alone": (
        STEPS,
        "dense",
        "sums += D @ ones[: D.shape[1]]",
        "sums += dZ[tile.start] @ ones[:m]",
    ),
    "dense: steps add nothing to dW": (
        STEPS,
        "dense",
        "np.add(gradient, share, gradient)",
        "gradient[...] = share / 2",
    ),
    "embedding: equal symbols counted once": (
        LOOK_UP,
        "embedding",
        "np.add.reduceat(rows[order], starts, axis=0).T",
        "rows[order][starts].T",
    ),
    "embedding: dW assigned": (LOOK_UP, "embedding", "g_W[:, words] += sums", "g_W[:, words] = sums"),
    "bias: first step alone": (DENSE, "bias", "dZ = dZ.sum(axis=0)", "dZ = dZ[0]"),
    "bias: writes into X": (LAYERS + "dense", "bias", "return X + p.b, None", "X += p.b; return X, None"),
    "sigmoid: factor A missing": (ACTIVATIONS, "sigmoid", "        dZ *= A\n", ""),
    "tanh: A for A squared": (
        ACTIVATIONS,
        "tanh",
        "np.multiply(A, A, out=dZ)",
        "np.multiply(A, 1, out=dZ)",
    ),
    "relu: wrong threshold": (ACTIVATIONS, "relu", "positive(A), out", "positive(A - 0.5), out"),
    "relu: gradient everywhere": (
        ACTIVATIONS,
        "relu",
        "np.multiply(dA, elementwise.positive(A), out=dZ)",
        "dZ[...] = dA",
    ),
    "relu: writes into dA": (
        ACTIVATIONS,
        "relu",
        "np.multiply(dA, elementwise.positive(A), out=dZ)",
        "dZ[...] = np.multiply(dA, elementwise.positive(A), out=dA)",
    ),
    "leaky_relu: slope forgotten": (
        ACTIVATIONS,
        "leaky_relu",
        "np.multiply(dA, self.slope, out=dZ)",
        "dZ[...] = 0",
    ),
    "elu: alpha taken for 1": (ACTIVATIONS, "elu", "np.add(A, self.alpha, out=dZ)", "np.add(A, 1, out=dZ)"),
    "gelu: factor 3 of the cube missing": (GELU, "gelu", "real(6 * _C * _K)", "real(2 * _C * _K)"),
    "gelu: density missing": (GELU, "gelu", "        np.add(phi, e, d)", "        np.copyto(d, phi)"),
    "gelu: density without its root": (GELU, "gelu", "1 / sqrt(2 * pi)", "1 / (2 * pi)"),
    "position: gradient of the first example alone": (
        LAYERS + "position",
        "position",
        "np.add.reduce(columns(dY).reshape(n, m, T), 1)",
        "columns(dY).reshape(n, m, T)[:, 0]",
    ),
    "patches: columns for rows": (
        LAYERS + "patches",
        "patches",
        "        cut = self._cut(dX)\n        np.copyto(cut, dM.reshape(cut.shape))",
        "        cut = self._cut(dX)\n        np.copyto(cut, dM.reshape(cut.shape)[..., ::-1])",
    ),
    "class_token: gradient of the wrong step": (LAYERS + "patches", "class_token", "dY[0].sum", "dY[1].sum"),
    "first: gradient at the last step": (LAYERS + "steps", "first", "dX[0] = dY", "dX[-1] = dY"),
    "silu: product rule's first term missing": (
        ACTIVATIONS,
        "silu",
        "        dZ *= Z\n        dZ += 1\n",
        "        dZ *= Z\n",
    ),
    "softplus: tanh for sigmoid": (
        ACTIVATIONS,
        "softplus",
        "elementwise.sigmoid(Z, dZ)",
        "np.tanh(Z, out=dZ)",
    ),
    "softmax: diagonal alone": (ACTIVATIONS, "softmax", "dZ = dA - inner", "dZ = dA.copy()"),
    "softmax: sum over the wrong axis": (
        ACTIVATIONS,
        "softmax",
        "(A * dA).sum(axis=feature_axis(A.shape[:-1])",
        "(A * dA).sum(axis=-1",
    ),
    "dropout: mask not applied": (LAYERS + "dropout", "dropout", "dA if D is None else self._drop(dA, D)", "dA"),
    "dropout: scaled twice": (
        LAYERS + "dropout",
        "dropout",
        "else self._drop(dA, D)",
        "else self._drop(dA, D) / (1 - self.rate)",
    ),
    "reshape: column-major": (LAYERS + "shaping", "flatten", "dY.reshape(shape)", 'dY.reshape(shape, order="F")'),
    "recurrent: da taken for dc": (RECURRENT, "lstm", "(da, None)[: self.states]", "(None, da)[: self.states]"),
    "recurrent: forward's gradient for both directions": (
        RECURRENT,
        "gru",
        "i * self.units : (i + 1) * self.units",
        "0 * i : self.units",
    ),
    "recurrent: dX of one direction": (RECURRENT, "rnn", "else dXs[0] + dXs[1]", "else dXs[0]"),
    "recurrent: dropout anew in every pass": (
        RECURRENT,
        "lstm",
        "context.stream(p)",
        "Stream(*np.random.default_rng().integers(99, size=9).tolist())",
    ),
    "lstm: dc not carried back": (
        "nntrain.kernels.lstm",
        "lstm",
        "        dc = next_dc\n",
        "        dc = 0 * next_dc\n",
    ),
    "lstm: mask forgotten going back": (
        "nntrain.kernels.lstm",
        "lstm",
        "            multiply(da, mask, da)",
        "            pass",
    ),
    "lstm: gates in another order": (
        "nntrain.kernels.lstm",
        "lstm",
        "for packed, saved in ((0, 2), (1, 0), (2, 1), (3, 3))",
        "for packed, saved in ((0, 0), (1, 1), (2, 2), (3, 3))",
    ),
    "gru: reset's path missing": (
        "nntrain.kernels.gru",
        "gru",
        "    multiply(d_reset, q, d_reset)\n",
        "    d_reset[...] = 0\n",
    ),
    "gru: b for b_u": ("nntrain.kernels.gru", "gru", "g_b_u[other] +=", "g_b[other] +="),
    "rnn: slope of tanh": ("nntrain.kernels.rnn", "rnn", "        np.multiply(A, A, F)", "        np.abs(A, F)"),
    "last: first step's gradient": (LAYERS + "steps", "last", "dX[steps, :, ", "dX[steps * 0, :, "),
    "mean_over_time: not divided": (
        LAYERS + "pooling",
        "mean_over_time",
        "np.multiply(share, dY",
        "np.multiply(share > 0, dY",
    ),
    "batch_norm: gamma forgotten": (NORM, "batch_norm", "dx *= gamma[tile] * scale", "dx *= scale"),
    "batch_norm: path through the mean missing": (NORM, "batch_norm", "dx -= d_beta[tile] / n", "pass"),
    "batch_norm: path through the variance missing": (
        NORM,
        "batch_norm",
        "dx *= -scale * d_gamma[tile] / n",
        "dx *= 0",
    ),
    "batch_norm: dgamma without X̂": (NORM, "batch_norm", "_sums(d, dx) * scale", "d_beta[tile]"),
    "batch_norm: dbeta assigned": (
        NORMALIZATION,
        "batch_norm",
        "g.beta[...] += dbeta",
        "g.beta[...] = dbeta",
    ),
    "layer_norm: gamma forgotten": (LAYER_NORM, "layer_norm", "np.multiply(d, by_row, out=dx)", "dx[...] = d"),
    "layer_norm: path through the mean missing": (
        LAYER_NORM,
        "layer_norm",
        "np.subtract(dx, np.matmul(mean_of_gamma, d), out=dx)",
        "pass",
    ),
    "layer_norm: path through the variance missing": (
        LAYER_NORM,
        "layer_norm",
        "np.subtract(dx, product, out=dx)",
        "pass",
    ),
    "layer_norm: scale forgotten": (LAYER_NORM, "layer_norm", "        np.multiply(dx, scale, out=dx)\n", ""),
    "layer_norm: dbeta of dγ": (LAYER_NORM, "layer_norm", "else _sums(d)", "else of_gamma"),
    "rms_norm: a mean taken off": (
        LAYER_NORM,
        "rms_norm",
        "        if centred:\n            np.subtract(dx",
        "        if True:\n            np.subtract(dx",
    ),
    "rms_norm: dγ assigned": (LAYER_NORM, "rms_norm", "d_gamma += ", "d_gamma[...] = "),
    "product: other factors forgotten": (
        LAYERS + "branches",
        "product",
        "_product([dY, *spread[:i], *spread[i + 1 :]])",
        "dY * 1",
    ),
    "product: the factor itself": (
        LAYERS + "branches",
        "product",
        "_product([dY, *spread[:i], *spread[i + 1 :]])",
        "_product([dY, *spread[i:]])",
    ),
    "product: first row of pixels alone": (
        LAYERS + "branches",
        "product",
        "share.sum(axis=(1, 2) if dY.ndim == 4 else 0)",
        "share[0] if dY.ndim == 3 else share[:, 0].sum(axis=1)",
    ),
    "residual: shortcut dropped": (
        LAYERS + "residual",
        "residual",
        "caches[-1]) if self.shortcut else dY\n",
        "caches[-1]) if self.shortcut else 0 * dY\n",
    ),
    "residual: shortcut's layers skipped": (
        LAYERS + "residual",
        "residual",
        "dS = self._S.backward(p.children[-1], g.children[-1], dY, caches[-1]) if",
        "dS = self._S.backward(p.children[-1], g.children[-1], 0 * dY, caches[-1]) if",
    ),
    "residual: accumulate forgets the shortcut": (
        LAYERS + "residual",
        "residual",
        "self._S.accumulate(p.children[-1], g.children[-1], dY, caches[-1])",
        "pass",
    ),
    "concatenate: one branch's dX alone": (
        LAYERS + "branches",
        "concatenate",
        "elementwise.add(dXs[0], dXs[1])",
        "dXs[1]",
    ),
    "sequential: a layer skipped by accumulate": (
        CONTAINERS,
        "sequential",
        "caches, k + 1)",
        "caches, k + 2)",
    ),
}

LOSS_FAULTS = {
    "cross_entropy: 1/m missing": (CROSS_ENTROPY, "cross_entropy", "type(1 / count)", "type(1)"),
    "cross_entropy: plus for minus": (
        CROSS_ENTROPY,
        "cross_entropy",
        "dZ.reshape(-1)[at] -= scale\n",
        "dZ.reshape(-1)[at] += scale\n",
    ),
    "cross_entropy: gradient at padding": (
        CROSS_ENTROPY,
        "cross_entropy",
        "scales = scale * mask",
        "scales = scale + 0 * mask",
    ),
    "cross_entropy: weights of the targets missing": (
        "classification",
        "cross_entropy",
        "Q.sum(-2, keepdims=True) / total",
        "1 / total / Y.size",
    ),
    "binary_cross_entropy: a + y": (
        "binary_classification",
        "binary_cross_entropy",
        "np.subtract(A, Y, A)",
        "np.add(A, Y, A)",
    ),
    "binary_cross_entropy: one pole missing": (
        "binary_classification",
        "binary_cross_entropy",
        "(1 - Y) / (1 - A) - Y / A",
        "(1 - Y) - Y / A",
    ),
    "gan: smoothing left out of the derivative": (
        "adversarial",
        "gan",
        "return _LOGISTIC.terms(Z, np.multiply(Y, 1 - self.label_smoothing, dtype=Z.dtype))",
        "return _LOGISTIC.terms(Z, np.multiply(Y, 1 - self.label_smoothing, dtype=Z.dtype))[0], "
        "_LOGISTIC.terms(Z, Y)[1]",
    ),
    "hinge: gradient beyond the margin": ("adversarial", "hinge", "np.where(L > 0, -S, 0)", "-S"),
    "wasserstein: sign of drawn examples": (
        "adversarial",
        "wasserstein",
        "return -S * Z, -S",
        "return -S * Z, -abs(S)",
    ),
    "mse: factor 2 missing": ("regression", "mse", "return E * E, E + E", "return E * E, E"),
    "mae: sign forgotten": ("regression", "mae", "np.sign(E)", "np.ones_like(E)"),
    "huber: not clipped": ("regression", "huber", "* C), C", "* C), E"),
    "mean: sum for mean": ("base", "mse", "np.multiply(dZ, Z.dtype.type(1 / whole), dZ)", "pass"),
    "mask: gradient at padding": ("base", "mse", "np.multiply(dZ, each, dZ)", "pass"),
    "weights: gradient of the plain mean": (
        "base",
        "mse",
        "np.multiply(dZ, each, dZ)",
        "np.multiply(dZ, each > 0, dZ)",
    ),
    "cross_entropy: weights of the examples missing": (
        "classification",
        "cross_entropy",
        "Q.sum(-2, keepdims=True) / total",
        "Q.sum() / Y.size / total",
    ),
    "binary_cross_entropy: a no weighs as a yes": (
        "binary_classification",
        "binary_cross_entropy",
        "no * A - yes * B",
        "no * A - no * B",
    ),
    "binary_cross_entropy: pos_weight left out of the pole": (
        "binary_classification",
        "binary_cross_entropy",
        "no / (1 - A) - yes / A",
        "no / (1 - A) - Y / A",
    ),
}
