"""`start` reads the parameters of a file that PyTorch wrote: names, shapes and the order of gates are translated."""

from types import SimpleNamespace

import numpy as np
import pytest
from export.networks import inputs, network_of, outputs
from export.test_torch import NETWORKS

from nntrain.config.settings import Start
from nntrain.errors import CheckpointError
from nntrain.export.placed import place
from nntrain.export.torch_module import source, state_dict
from nntrain.files import safetensors
from nntrain.inference import transfer
from nntrain.layers import Attention, ClassToken, Dense, First, LayerNorm, Linear, Patches, Position, Residual, RMSNorm

KINDS = {
    **NETWORKS,
    "attention": ((Patches(2, 8), ClassToken(), Residual((LayerNorm(), Attention(2))), First()), (2, 4, 6)),
    "linear": ((RMSNorm(), Linear(4), Position("learned")), (5, 3)),
}


def begun(network, path, renamed=None):
    """What came of a start from this file."""
    config = SimpleNamespace(start=Start(path, (), renamed))
    return transfer.begin(SimpleNamespace(networks={"network": network}, config=config))


@pytest.mark.parametrize("name", KINDS)
def test_what_was_exported_by_pytorchs_names_is_read_again_to_the_bit(name, tmp_path):
    layers, shape = KINDS[name]
    network, other = network_of(*layers, shape=shape), network_of(*layers, shape=shape, seed=1)
    path = tmp_path / "net.safetensors"
    path.write_bytes(safetensors.dump(state_dict(place(network))))
    assert not np.array_equal(network.theta, other.theta)
    taken = begun(other, path)
    assert not taken.left
    assert not taken.unused
    assert np.array_equal(network.theta, other.theta)


@pytest.mark.parametrize("name", KINDS)
def test_what_pytorch_wrote_gives_what_its_module_says_to_1e_6(name, tmp_path):
    torch = pytest.importorskip("torch")
    package = pytest.importorskip("safetensors.torch")
    layers, shape = KINDS[name]
    network = network_of(*layers, shape=shape)
    space = {}
    exec(source(place(network), "test", "x.safetensors", "float32"), space)
    torch.manual_seed(3)
    module = space["network"]().eval()
    for parameter in [*module.parameters(), *(b for n, b in module.named_buffers() if "running" in n)]:
        torch.nn.init.uniform_(parameter, 0.02, 0.3)
    package.save_file(module.state_dict(), tmp_path / "net.safetensors")
    begun(network, tmp_path / "net.safetensors")
    X = inputs(shape, 4)
    with torch.no_grad():
        said = module(torch.tensor(np.moveaxis(X, -1, 0))).numpy()
    Z = outputs(network, X)
    assert np.abs(said - Z).max() <= 1e-6 * max(1, np.abs(Z).max())


def test_map_names_pytorchs_module_or_its_parameter(tmp_path):
    network = network_of(*NETWORKS["lstm"][0], shape=NETWORKS["lstm"][1])
    state = state_dict(place(network))
    words = {"lstm_1": "rnn.first", "lstm_2": "rnn.second", "dense_1": "head"}
    theirs = {f"{words[name.partition('.')[0]]}.{name.partition('.')[2]}": array for name, array in state.items()}
    (tmp_path / "net.safetensors").write_bytes(safetensors.dump(theirs))
    by_parameter = {"lstm_2.W": "rnn.second.weight_ih_l0", "lstm_2.U": "rnn.second.weight_hh_l0"}
    by_parameter |= {"lstm_2.b": "rnn.second.bias_ih_l0", "dense_1.W": "head.weight", "dense_1.b": "head.bias"}
    for renamed in (words, {"lstm_1": "rnn.first", **by_parameter}):
        other = network_of(*NETWORKS["lstm"][0], shape=NETWORKS["lstm"][1], seed=1)
        assert not begun(other, tmp_path / "net.safetensors", renamed).left
        assert np.array_equal(network.theta, other.theta)


def test_a_shape_that_does_not_fit_is_told_as_it_is(tmp_path):
    (tmp_path / "net.safetensors").write_bytes(safetensors.dump({"dense_1.weight": np.zeros((3, 9), np.float32)}))
    network = network_of(Dense(3), Dense(9), shape=(4,))
    with pytest.raises(CheckpointError, match=r"dense_1\.W: there it is \(3, 9\), here \(3, 4\)"):
        begun(network, tmp_path / "net.safetensors")
