"""Classes that a generated PyTorch module needs where `torch.nn` has none: the source text of each."""

CLASSES = {
    "Bias": '''
class Bias(nn.Module):
    """x + b."""

    def __init__(self, n):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(n))

    def forward(self, x):
        return x + self.bias
''',
    "Tied": '''
class Tied(nn.Module):
    """Scores by the matrix of another layer of the same chain."""

    def __init__(self, to):
        super().__init__()
        self.to_layer = to

    def of(self, x, chain):
        layer = getattr(chain, self.to_layer)
        return F.linear(x, layer.weight if isinstance(layer, nn.Embedding) else layer.weight.t())
''',
    "PaddedConv2d": '''
class PaddedConv2d(nn.Conv2d):
    """A convolution with different numbers of zeros on the sides: left, right, top, bottom."""

    def __init__(self, pads, *args):
        super().__init__(*args)
        self.pads = pads

    def forward(self, x):
        return super().forward(F.pad(x, self.pads))
''',
    "StepsConv1d": '''
class StepsConv1d(nn.Conv1d):
    """A convolution of sequences (m, T, n) along their steps, with zeros at both ends."""

    def __init__(self, pads, *args):
        super().__init__(*args)
        self.pads = pads

    def forward(self, x):
        return super().forward(F.pad(x.transpose(1, 2), self.pads)).transpose(1, 2)
''',
    "CutConvTranspose2d": '''
class CutConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution of which an image of the given size is cut out, from (top, left) on."""

    def __init__(self, origin, size, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.origin, self.size = origin, size

    def forward(self, x):
        y = F.conv_transpose2d(x, self.weight, None, self.stride, 0, 0, self.groups, self.dilation)
        (top, left), (height, width) = self.origin, self.size
        y = F.pad(y, (-left, width + left - y.shape[3], -top, height + top - y.shape[2]))
        return y if self.bias is None else y + self.bias[:, None, None]
''',
    "PaddedMaxPool2d": '''
class PaddedMaxPool2d(nn.MaxPool2d):
    """Maxima of windows, with different padding on the sides: left, right, top, bottom."""

    def __init__(self, pads, *args):
        super().__init__(*args)
        self.pads = pads

    def forward(self, x):
        return super().forward(F.pad(x, self.pads, value=float("-inf")))
''',
    "PaddedAvgPool2d": '''
class PaddedAvgPool2d(nn.AvgPool2d):
    """Means of windows, with different numbers of zeros on the sides: left, right, top, bottom."""

    def __init__(self, pads, *args):
        super().__init__(*args)
        self.pads = pads

    def forward(self, x):
        return super().forward(F.pad(x, self.pads))
''',
    "GlobalAvgPool": '''
class GlobalAvgPool(nn.Module):
    """The mean over all pixels of an image, or all steps of a sequence."""

    def forward(self, x):
        return x.mean((2, 3) if x.ndim == 4 else 1)
''',
    "GlobalMaxPool": '''
class GlobalMaxPool(nn.Module):
    """The maximum over all pixels of an image, or all steps of a sequence."""

    def forward(self, x):
        return x.amax((2, 3) if x.ndim == 4 else 1)
''',
    "StepsBatchNorm": '''
class StepsBatchNorm(nn.BatchNorm1d):
    """Batch norm of the features of sequences (m, T, n)."""

    def forward(self, x):
        return super().forward(x.transpose(1, 2)).transpose(1, 2)
''',
    **{
        name: f'''
class {name}(nn.{name}):
    """Sequences (m, T, n): the outputs of all steps, or those at the end of each direction."""

    def __init__(self, n_x, units, last, bidirectional):
        super().__init__(n_x, units, batch_first=True, bidirectional=bidirectional)
        self.last = last

    def forward(self, x):
        outputs, states = super().forward(x)
        ends = states{"[0]" if name == "LSTM" else ""}
        return torch.cat(list(ends), 1) if self.last else outputs
'''
        for name in ("RNN", "GRU", "LSTM")
    },
    "Attention": '''
class Attention(nn.MultiheadAttention):
    """Self-attention of sequences (m, T, n)."""

    def __init__(self, n, heads, dropout, bias, causal):
        super().__init__(n, heads, dropout, bias, batch_first=True)
        self.causal = causal

    def forward(self, x):
        steps = x.shape[1]
        later = torch.ones(steps, steps, dtype=torch.bool, device=x.device).triu(1) if self.causal else None
        return super().forward(x, x, x, attn_mask=later, need_weights=False)[0]
''',
    "Mean": '''
class Mean(nn.Module):
    """Of means and log-variances the means."""

    def forward(self, x):
        return x.chunk(2, 1)[0]
''',
    "Reshape": '''
class Reshape(nn.Module):
    """Another shape, in row-major order."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.reshape(len(x), *self.shape)
''',
    "Last": '''
class Last(nn.Module):
    """The last step of a sequence (m, T, n)."""

    def forward(self, x):
        return x[:, -1]
''',
    "First": '''
class First(nn.Module):
    """The first step of a sequence (m, T, n)."""

    def forward(self, x):
        return x[:, 0]
''',
    "Position": '''
class Position(nn.Module):
    """x_t + P_t."""

    def __init__(self, steps, n):
        super().__init__()
        self.P = nn.Parameter(torch.zeros(steps, n))

    def forward(self, x):
        return x + self.P[: x.shape[1]]
''',
    "Patches": '''
class Patches(nn.Conv2d):
    """Images (m, C, H, W) as sequences of patches (m, T, n)."""

    def forward(self, x):
        return super().forward(x).flatten(2).transpose(1, 2)
''',
    "ClassToken": '''
class ClassToken(nn.Module):
    """A step more, before the others."""

    def __init__(self, n):
        super().__init__()
        self.c = nn.Parameter(torch.zeros(n))

    def forward(self, x):
        return torch.cat([self.c.expand(len(x), 1, -1), x], 1)
''',
    "Chain": '''
class Chain(nn.Module):
    """Named modules one after another."""

    def __init__(self, modules):
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, x):
        for name, module in self.named_children():
            if name != "shortcut":
                x = module.of(x, self) if hasattr(module, "of") else module(x)
        return x
''',
    "Residual": '''
class Residual(Chain):
    """F(x) + S(x): the modules, and the shortcut, which is x itself where there is none."""

    def forward(self, x):
        return super().forward(x) + (self.shortcut(x) if hasattr(self, "shortcut") else x)
''',
    "Concatenate": '''
class Concatenate(Chain):
    """Modules beside each other, their outputs joined along an axis."""

    def __init__(self, axis, modules):
        super().__init__(modules)
        self.axis = axis

    def forward(self, x):
        return torch.cat([module(x) for module in self.children()], self.axis)
''',
    "Product": '''
class Product(Chain):
    """The product of modules beside each other; a vector has a factor for each feature along an axis."""

    def __init__(self, axis, modules):
        super().__init__(modules)
        self.axis = axis

    def forward(self, x):
        parts = [module(x) for module in self.children()]
        axes = max(part.ndim for part in parts)
        product = 1
        for part in parts:
            if part.ndim < axes:
                part = part.reshape([len(x), *(part.shape[1] if i == self.axis else 1 for i in range(1, axes))])
            product = product * part
        return product
''',
}
