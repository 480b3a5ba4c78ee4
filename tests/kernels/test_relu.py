import numpy as np

from nntrain import threads
from nntrain.kernels.relu import relu_backward, relu_forward


def test_relu_keeps_what_is_positive_and_its_gradient_follows():
    Z = np.array([[-1.0, 0.0, 2.0], [3.0, -0.0, np.nan]])
    A = relu_forward(Z)
    np.testing.assert_array_equal(A, [[0, 0, 2], [3, 0, np.nan]])
    np.testing.assert_array_equal(relu_backward(np.full(Z.shape, 5.0), A)[:, :2], [[0, 0], [5, 0]])


def test_bits_do_not_depend_on_the_number_of_threads():
    Z = np.random.default_rng(0).standard_normal((40, 32, 32, 16)).astype(np.float32)
    results = []
    for count in (1, 2, 3):
        threads.set_threads(count)
        A = relu_forward(Z)
        results.append((A.tobytes(), relu_backward(Z, A).tobytes()))
    assert results[0] == results[1] == results[2]
