"""One step of the recurrent networks for one example, and the way back through it.   Course 5, week 1.

A cell takes x (n_x,) and the state before the step to the state after it.  With a recurrent mask D (n,) it is D ∘ a
that meets U.  Γ' = Γ (1 − Γ) is the derivative of σ, 1 − tanh² that of tanh.  Backward functions take the derivatives
by the state after the step, add those of the parameters to g, and return dx and the derivatives by the state before.
"""

from __future__ import annotations

import numpy as np

from nntrain.kernels.reference.naive_functions import sigmoid
from nntrain.model.shapes import Floats

Parameters = dict[str, Floats]  # W (gates·n, n_x), U (gates·n, n), b (gates·n, 1), of gru b_u (3n, 1) too
States = tuple[Floats, ...]  # (a,), of lstm (a, c); each (n,)


def rnn_forward(p: Parameters, x: Floats, states: States, D: Floats) -> States:
    """a_t = tanh(W x_t + U a_{t−1} + b)."""
    (a,) = states
    return (np.tanh(p["W"] @ x + p["U"] @ (D * a) + p["b"][:, 0]),)


def rnn_backward(
    p: Parameters, g: Parameters, x: Floats, states: States, D: Floats, d: States
) -> tuple[Floats, States]:
    """dz = da (1 − a_t²)."""
    (a,), (da,) = states, d
    (after,) = rnn_forward(p, x, states, D)
    return _through_products(p, g, da * (1 - after**2), x, a, D)


def lstm_forward(p: Parameters, x: Floats, states: States, D: Floats) -> States:
    """c_t = Γ_u c̃ + Γ_f c_{t−1},   a_t = Γ_o tanh c_t; gate rows in the order update, forget, output, candidate."""
    _, c = states
    update, forget, output, candidate = _lstm_gates(p, x, states, D)
    c = update * candidate + forget * c
    return output * np.tanh(c), c


def lstm_backward(
    p: Parameters, g: Parameters, x: Floats, states: States, D: Floats, d: States
) -> tuple[Floats, States]:
    """Through a_t to c_t, from there to the gates and to c_{t−1}."""
    (a, c), (da, dc) = states, d
    update, forget, output, candidate = _lstm_gates(p, x, states, D)
    tanh_c = np.tanh(update * candidate + forget * c)
    dc = dc + da * output * (1 - tanh_c**2)
    dz = np.concatenate(
        [
            dc * candidate * update * (1 - update),
            dc * c * forget * (1 - forget),
            da * tanh_c * output * (1 - output),
            dc * update * (1 - candidate**2),
        ]
    )
    dx, (da,) = _through_products(p, g, dz, x, a, D)
    return dx, (da, dc * forget)


def _lstm_gates(p: Parameters, x: Floats, states: States, D: Floats) -> list[Floats]:
    """Γ_u, Γ_f, Γ_o, c̃."""
    z = np.split(p["W"] @ x + p["U"] @ (D * states[0]) + p["b"][:, 0], 4)
    return [sigmoid(z[0]), sigmoid(z[1]), sigmoid(z[2]), np.tanh(z[3])]


def gru_forward(p: Parameters, x: Floats, states: States, D: Floats) -> States:
    """a_t = (1 − Γ_u) c̃ + Γ_u a_{t−1},   c̃ = tanh(W_c x + b_c + Γ_r (U_c a_{t−1} + d_c)).

    Rows in the order reset, update, candidate; d is the parameter b_u.  The reset comes after the product with U.
    """
    (a,) = states
    _, update, candidate, _ = _gru_gates(p, x, a, D)
    return ((1 - update) * candidate + update * a,)


def gru_backward(
    p: Parameters, g: Parameters, x: Floats, states: States, D: Floats, d: States
) -> tuple[Floats, States]:
    """The candidate's sum reaches x as it is, and a_{t−1} through the reset gate."""
    (a,), (da,) = states, d
    reset, update, candidate, from_state = _gru_gates(p, x, a, D)
    dz_c = da * (1 - update) * (1 - candidate**2)
    dz_u = da * (a - candidate) * update * (1 - update)
    dz_r = dz_c * from_state * reset * (1 - reset)
    to_x, to_state = np.concatenate([dz_r, dz_u, dz_c]), np.concatenate([dz_r, dz_u, dz_c * reset])
    g["W"] += np.outer(to_x, x)
    g["b"][:, 0] += to_x
    g["U"] += np.outer(to_state, D * a)
    g["b_u"][:, 0] += to_state
    return p["W"].T @ to_x, (da * update + D * (p["U"].T @ to_state),)


def _gru_gates(p: Parameters, x: Floats, a: Floats, D: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Γ_r, Γ_u, c̃ and U_c a_{t−1} + d_c."""
    x_r, x_u, x_c = np.split(p["W"] @ x + p["b"][:, 0], 3)
    a_r, a_u, a_c = np.split(p["U"] @ (D * a) + p["b_u"][:, 0], 3)
    reset = sigmoid(x_r + a_r)
    return reset, sigmoid(x_u + a_u), np.tanh(x_c + reset * a_c), a_c


def _through_products(
    p: Parameters, g: Parameters, dz: Floats, x: Floats, a: Floats, D: Floats
) -> tuple[Floats, States]:
    """dx and da of z = W x + U (D ∘ a) + b."""
    g["W"] += np.outer(dz, x)
    g["U"] += np.outer(dz, D * a)
    g["b"][:, 0] += dz
    return p["W"].T @ dz, (D * (p["U"].T @ dz),)


CELLS = {
    "rnn": (rnn_forward, rnn_backward),
    "lstm": (lstm_forward, lstm_backward),
    "gru": (gru_forward, gru_backward),
}
