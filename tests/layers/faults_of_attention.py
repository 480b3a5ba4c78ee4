"""Mistakes that people make in attention (see faults)."""

KERNEL, LAYER = "nntrain.kernels.attention", "nntrain.layers.self_attention"

ATTENTION_FAULTS = {
    "attention: causal mask forgotten on the way back": (
        KERNEL,
        "attention",
        "np.multiply(g, e, out=g)",
        "np.multiply(g, np.where(e == 0, 1.0, e), out=g)",
    ),
    "attention: padding seen on the way back": (
        LAYER,
        "attention",
        "            d_projected *= counts\n",
        "            d_projected += 0 * counts + 0.01\n",
    ),
    "attention: scale missing going back": (
        LAYER,
        "attention",
        "        dQKV[0] *= dO.dtype.type(1 / sqrt(dQKV.shape[3]))\n",
        "",
    ),
    "attention: scale of all features, not of a head's": (
        LAYER,
        "attention",
        "dQKV[0] *= dO.dtype.type(1 / sqrt(dQKV.shape[3]))",
        "dQKV[0] *= dO.dtype.type(1 / sqrt(len(O)))",
    ),
    "attention: sum over queries for the sum over keys": (
        KERNEL,
        "attention",
        "np.subtract(g, delta[..., queries], out=g)",
        "np.subtract(g, (g * e).sum(axis=3, keepdims=True), out=g)",
    ),
    "attention: path through the softmax's sum missing": (
        KERNEL,
        "attention",
        "np.subtract(g, delta[..., queries], out=g)",
        "pass",
    ),
    "attention: weights not divided by their sum": (KERNEL, "attention", "np.divide(do, sums, out=do)", "pass"),
    "attention: queries for keys": (KERNEL, "attention", "_put(q[..., queries], g", "_put(k[..., queries], g"),
    "attention: dK of dQ": (
        KERNEL,
        "attention",
        "np.matmul(k[..., keys], G[..., keys, queries], out=dq[..., queries])",
        "np.matmul(q[..., keys], G[..., keys, queries], out=dq[..., queries])",
    ),
    "attention: dropped weights forgotten in dV": (
        KERNEL,
        "attention",
        "e = np.multiply(e, D[..., keys, queries])",
        "pass",
    ),
    "attention: dropped weights forgotten in dS": (
        KERNEL,
        "attention",
        "np.multiply(g, D[..., keys, queries], out=g)",
        "pass",
    ),
    "attention: share of dropout missing": (
        KERNEL,
        "attention",
        "share = Q.dtype.type(1 / (1 - masks.rate))",
        "share = Q.dtype.type(1)",
    ),
    "attention: queries and keys not turned back": (
        LAYER,
        "attention",
        "rotation.rotate(dQKV[:2], back=True)",
        "rotation.rotate(dQKV[:2])",
    ),
    "attention: keys not turned back": (
        LAYER,
        "attention",
        "rotation.rotate(dQKV[:2], back=True)",
        "rotation.rotate(dQKV[:1], back=True)",
    ),
    "attention: output's bias forgotten": (
        LAYER,
        "attention",
        "affine.backward(p.W_o, g.W_o, g.b_o if self.bias else None,",
        "affine.backward(p.W_o, g.W_o, None,",
    ),
    "attention: gradient written, not added": (
        LAYER,
        "attention",
        "d_projected, M, g.zero",
        "d_projected, M, True",
    ),
}
