"""Mistakes that people make in backward passes of convolution and pooling; see faults."""

LAYERS = "nntrain.layers."
CONV, POOL = "nntrain.kernels.correlation", "nntrain.kernels.pool2d"

IMAGE_FAULTS = {
    "conv2d: kernel not flipped": (
        CONV,
        "conv2d",
        "swapped[:, :, taps_h, taps_w]",
        "swapped[:, :, taps_h, ::-1][..., taps_w]",
    ),
    "conv2d: filters and channels not exchanged": (
        CONV,
        "conv2d",
        "c, kh, kw).swapaxes(1, 2).reshape(groups * c",
        "c, kh, kw).reshape(groups * c",
    ),
    "conv2d: padding forgotten by dW": (
        CONV,
        "conv2d",
        "window.kernel, window.origin, window.stride, window.dilation\n    if chosen",
        "window.kernel, (0, 0), window.stride, window.dilation\n    if chosen",
    ),
    "conv2d: stride forgotten by dW": (
        CONV,
        "conv2d",
        "window.kernel, window.origin, window.stride, window.dilation\n    if chosen",
        "window.kernel, window.origin, (1, 1), window.dilation\n    if chosen",
    ),
    "conv2d: groups share a gradient": (
        CONV,
        "conv2d",
        "zip(np.split(X, groups), np",
        "zip([X[: len(X) // groups]] * groups, np",
    ),
    "conv2d: pixels between strides keep what was there": (
        CONV,
        "conv2d",
        "range(min(window.stride[1], size[1]))",
        "range(1)",
    ),
    "conv2d: db a mean": (
        CONV,
        "conv2d",
        "flat @ np.ones((flat.shape[1], 1), dZ.dtype)",
        "flat.mean(1, keepdims=True)",
    ),
    "conv2d: dW assigned, not added": (
        LAYERS + "convolution",
        "conv2d",
        "g.W[...] += kernel.conv2d",
        "g.W[...] = kernel.conv2d",
    ),
    "conv2d: bias twice": (LAYERS + "convolution", "conv2d", "g.b[...] += kernel", "g.b[...] += 2 * kernel"),
    "conv1d: a gradient at steps that do not count": (
        LAYERS + "conv1d",
        "conv1d",
        "(t < self.lengths) & (at < self.span)",
        "(t < 2 * self.lengths) & (at < self.span)",
    ),
    "conv1d: steps and features mixed": (
        LAYERS + "conv1d",
        "conv1d",
        "row[:, 0].transpose(1, 0, 2)",
        "row[:, 0].reshape(row.shape[2], row.shape[0], -1)",
    ),
    "conv_transpose2d: dW of an image moved by a row": (
        LAYERS + "transposed",
        "conv_transpose2d",
        "kernel.conv_transpose2d_backward_weights(X, dZ, slid,",
        "kernel.conv_transpose2d_backward_weights(X, dZ[:, [-1, *range(dZ.shape[1] - 1)]], slid,",
    ),
    "max_pool2d: a window's gradient to every pixel": (
        POOL,
        "max_pool2d",
        "(seen == Y[tile][inside])",
        "(seen == seen)",
    ),
    "max_pool2d: overlapping windows overwrite": (POOL, "max_pool2d", "target += routed", "target[...] = routed"),
    "max_pool2d: columns of a pair exchanged": (
        POOL,
        "max_pool2d",
        "d_rows[:, :, ::2], d_rows[:, :, 1::2])",
        "d_rows[:, :, 1::2], d_rows[:, :, ::2])",
    ),
    "avg_pool2d: sum for mean": (POOL, "avg_pool2d", "np.multiply(dY[tile], share, out=even)", "even[...] = dY[tile]"),
    "global_avg_pool: not divided": (LAYERS + "pooling", "global_avg_pool", "1 / (H * W), X.dtype)", "1.0, X.dtype)"),
    "global_max_pool: first pixel": (LAYERS + "pooling", "global_max_pool", "(dX, at, np", "(dX, 0 * at, np"),
    "upsample2d: one pixel of the block": (
        LAYERS + "pooling",
        "upsample2d",
        "dY.reshape(blocks).sum(axis=(2, 4))",
        "dY.reshape(blocks)[:, :, 0, :, 0].copy()",
    ),
    "pad2d: shifted": (
        LAYERS + "pooling",
        "pad2d",
        "dY[:, top : dY.shape[1] - bottom",
        "dY[:, bottom : dY.shape[1] - top",
    ),
    "sample_latent: KL left out of dμ": (LAYERS + "latent", "sample_latent", "dZ + share * mean", "dZ"),
    "sample_latent: σ for σ²": (LAYERS + "latent", "sample_latent", "sigma * sigma - 1))", "sigma - 1))"),
    "sample_latent: noise forgotten": (LAYERS + "latent", "sample_latent", "dZ * noise * sigma", "dZ * sigma"),
}
