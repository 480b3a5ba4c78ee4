"""Parameters by PyTorch's names: the plain module of the same shape gives the same outputs."""

import numpy as np
import pytest
from export.networks import CHOSEN, LABELS, inputs, known, network_of, of_case, outputs

from nntrain.errors import ConfigError
from nntrain.export.placed import place
from nntrain.export.torch_layers import LAYERS
from nntrain.export.torch_module import source, state_dict
from nntrain.layers import (
    GRU,
    LSTM,
    RNN,
    BatchNorm,
    Conv2d,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAvgPool,
    Layer,
    MaxPool2d,
    ReLU,
    Residual,
    Symbols,
)

torch = pytest.importorskip("torch")


def said_by_torch(network, X):
    """What the generated module says to examples (…, m) with the exported parameters, examples first."""
    placed = place(network)
    space = {}
    exec(source(placed, "test", "x.safetensors", network.dtype.name), space)
    model = space["network"]()
    model.load_state_dict({name: torch.tensor(array) for name, array in state_dict(placed).items()})
    model.eval()
    with torch.no_grad():
        return model(torch.tensor(np.moveaxis(X, -1, 0))).numpy()


def pytorch_has(layer, shape):
    """Whether there is a plain module for it."""
    if not known(layer, LAYERS):
        return False
    if layer.type == "attention":
        return layer.positions == "none" and layer.units in (None, shape[-1])
    return len(shape) < 3 or layer.type != "rms_norm"


@pytest.mark.parametrize("case", CHOSEN, ids=LABELS)
def test_every_layer(case):
    network = of_case(case, "float64")
    X = inputs(case.shape, 3, "float64")
    if not pytorch_has(case.layer, case.shape):
        with pytest.raises(ConfigError, match="cannot be written as a module of PyTorch"):
            said_by_torch(network, X)
        return
    Z = said_by_torch(network, X)
    np.testing.assert_allclose(Z, outputs(network, X), rtol=1e-10, atol=1e-12)


def block(filters, stride=1):
    shortcut = () if stride == 1 else (Conv2d(filters, 1, stride=2, bias=False), BatchNorm())
    layers = (Conv2d(filters, 3, stride, "same", bias=False), BatchNorm(), ReLU())
    return Residual((*layers, Conv2d(filters, 3, 1, "same", bias=False), BatchNorm()), shortcut), ReLU()


RESNET_20 = (
    *(Conv2d(16, 3, 1, "same", bias=False), BatchNorm(), ReLU()),
    *(
        layer
        for filters in (16, 32, 64)
        for i in range(3)
        for layer in block(filters, 2 if i == 0 < filters - 16 else 1)
    ),
    *(GlobalAvgPool(), Dense(10)),
)
NETWORKS = {
    "mlp": ((Flatten(), Dense(64), ReLU(), Dropout(0.2), Dense(10)), (1, 8, 8)),
    "cnn": ((Conv2d(8, 3), BatchNorm(), ReLU(), MaxPool2d(2), Flatten(), Dense(10)), (3, 12, 12)),
    "resnet-20": (RESNET_20, (3, 32, 32)),
    "lstm": ((LSTM(20), LSTM(7, "last"), Dense(5)), (9, 4)),
    "gru": ((Embedding(8), GRU(20, bidirectional=True), Dense(30)), Symbols((9,), 30)),
    "rnn": ((RNN(20, "last", bidirectional=True), Dense(3)), (9, 4)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_of_every_kind_agree_to_1e_6(name):
    layers, shape = NETWORKS[name]
    network = network_of(*layers, shape=shape)
    X = inputs(shape, 4)
    Z = outputs(network, X)
    assert np.abs(said_by_torch(network, X) - Z).max() <= 1e-6 * max(1, np.abs(Z).max())


def test_the_names_are_those_of_plain_modules():
    network = network_of(*NETWORKS["resnet-20"][0], shape=(3, 32, 32))
    names = state_dict(place(network))
    assert {"conv2d_1.weight", "residual_4.shortcut.batch_norm_1.running_var", "dense_1.bias"} <= {*names}


def test_a_layer_of_ones_own_is_an_error_that_names_it():
    class Softsign(Layer):
        type = "softsign"

    with pytest.raises(ConfigError, match=r"softsign_1 \(softsign\) cannot be written as a module of PyTorch"):
        state_dict(place(network_of(Softsign(), shape=(3,))))
