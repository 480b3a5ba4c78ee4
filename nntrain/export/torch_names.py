"""Parameters by PyTorch's names, for `load_state_dict`.

    nntrain                             torch.nn
    dense, linear   W (n_y, n_x)        Linear              weight; bias (n_y,)
    conv2d, conv1d  W                   Conv2d, Conv1d      weight; bias
    conv_transpose2d  W                 ConvTranspose2d     weight; bias
    embedding       W (n, vocabulary)   Embedding           weight (vocabulary, n), the transpose
    batch_norm      gamma, beta         BatchNorm1d, 2d     weight, bias; mean, variance: running_mean, running_var;
                                                            num_batches_tracked is 0
    layer_norm      gamma, beta         LayerNorm           weight, bias; of images GroupNorm with one group
    rms_norm        gamma               RMSNorm             weight
    rnn, gru, lstm  W, U, b             RNN, GRU, LSTM      weight_ih_l0, weight_hh_l0, bias_ih_l0; bias_hh_l0 is 0, of
                                                            gru b_u; the backward direction's end in _reverse
        rows of gates: lstm u f o c     i f g o             u is i, c is g: the last two change places
                       gru  r u c       r z n               the same order
    attention       W_q, W_k, W_v, W_o  MultiheadAttention  in_proj_weight, one below another; out_proj.weight; biases
    tied                                no parameter of its own

Everything is examples first: (m, n), (m, T, n), (m, C, H, W).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nntrain.export.placed import Placed
from nntrain.model.shapes import Array

FORM = "a module of PyTorch"


@dataclass(frozen=True, eq=False)
class Module:
    """How a module is built, in Python, and its parameters by PyTorch's names.  A class that is not of `nn` is one of
    torch_helpers."""

    built: str
    state: Mapping[str, Array] = field(default_factory=dict)


def weight_and_bias(placed: Placed) -> dict[str, Array]:
    """W and b (n, 1) as PyTorch's `weight` and `bias` (n,)."""
    arrays = placed.arrays
    return {"weight": arrays["W"], **({"bias": arrays["b"].reshape(-1)} if "b" in arrays else {})}
