"""A network of nntrain as the same network of PyTorch's modules."""

from __future__ import annotations

from nntrain.layers import GRU, LSTM, BatchNorm, Conv2d, Dense, Flatten, GlobalAvgPool, MaxPool2d, ReLU, Residual


def modules(torch, layers, shape):
    """The layers one after another, for examples of this shape."""
    nn = torch.nn

    def chain(layers, shape):
        made = []
        for layer in layers:
            made.append(module(layer, shape))
            shape = layer.declare(shape)[0]
        return nn.Sequential(*made)

    def module(layer, shape):
        match layer:
            case Conv2d():
                padding = layer.kernel // 2 if layer.padding == "same" else layer.padding
                return nn.Conv2d(shape[0], layer.filters, layer.kernel, layer.stride, padding, bias=layer.bias)
            case BatchNorm():
                return nn.BatchNorm2d(shape[0])
            case Dense():
                return nn.Linear(shape[-1], layer.units)
            case LSTM():
                return First(nn.LSTM(shape[-1], layer.units, batch_first=True))
            case GRU():
                return First(nn.GRU(shape[-1], layer.units, batch_first=True))
            case Residual():
                return Sum(chain(layer.layers, shape), chain(layer.shortcut, shape))
            case GlobalAvgPool():
                return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        return {ReLU: nn.ReLU(inplace=True), MaxPool2d: nn.MaxPool2d(2), Flatten: nn.Flatten()}[type(layer)]

    class Sum(nn.Module):
        def __init__(self, body, shortcut):
            super().__init__()
            self.body, self.shortcut = body, shortcut

        def forward(self, x):
            return self.body(x) + self.shortcut(x)

    class First(nn.Module):
        def __init__(self, layer):
            super().__init__()
            self.layer = layer

        def forward(self, x):
            return self.layer(x)[0]

    return chain(layers, shape)
