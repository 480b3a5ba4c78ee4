"""Mistakes that people make in attention to another sequence (see faults)."""

LAYER, KERNEL = "nntrain.layers.cross_attention", "nntrain.kernels.attention"
CROSS = "cross_attention"

CROSS_ATTENTION_FAULTS = {
    "cross_attention: source's gradient forgotten": (LAYER, CROSS, "        source.add(sequence(dS, T_s))\n", ""),
    "cross_attention: source's gradient of the keys alone": (
        LAYER,
        CROSS,
        "        source.add(sequence(dS, T_s))\n",
        "        dS = affine.affine(p.W_k.T, dKV[: len(dKV) // 2], None)\n        source.add(sequence(dS, T_s))\n",
    ),
    "cross_attention: padding of the source seen on the way back": (LAYER, CROSS, "dKV *= of_source", "dKV += 0.01"),
    "cross_attention: scale missing going back": (
        LAYER,
        CROSS,
        "        dQ *= dO.dtype.type(1 / sqrt(len(Q) // self.heads))\n",
        "",
    ),
    "cross_attention: scale of all features, not of a head's": (
        LAYER,
        CROSS,
        "dQ *= dO.dtype.type(1 / sqrt(len(Q) // self.heads))",
        "dQ *= dO.dtype.type(1 / sqrt(len(Q)))",
    ),
    "cross_attention: gradients of keys and values exchanged": (
        LAYER,
        CROSS,
        "Gradients(dq, dk, dv)",
        "Gradients(dq, dv, dk)",
    ),
    "cross_attention: output's bias forgotten": (
        LAYER,
        CROSS,
        "affine.backward(p.W_o, g.W_o, g.b_o if self.bias else None,",
        "affine.backward(p.W_o, g.W_o, None,",
    ),
    "cross_attention: gradient written, not added": (
        LAYER,
        CROSS,
        "columns(source.A), g.zero)",
        "columns(source.A), True)",
    ),
    "cross_attention: softmax over the queries": (
        KERNEL,
        CROSS,
        "np.subtract(g, delta[..., queries], out=g)",
        "np.subtract(g, (g * e).sum(axis=3, keepdims=True), out=g)",
    ),
}
