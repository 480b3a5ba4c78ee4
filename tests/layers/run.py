"""One layer with its parameters, for tests."""

import numpy as np

from nntrain.layers import Context, Layer
from nntrain.model.parameters import Layout, allocate


class Run:
    """A layer on inputs of a shape: theta and dtheta, views p and g, forward and backward."""

    def __init__(self, layer: Layer, shape: tuple[int, ...], dtype="float64", seed=0, training=True):
        self.layer = layer
        self.out, tree = layer.declare(shape)
        self.layout = Layout(tree)
        self.theta, self.dtheta = allocate(self.layout.size, dtype), allocate(self.layout.trainable, dtype)
        self.layout.draw(self.theta, seed)
        self.p, self.g = self.layout.views(self.theta), self.layout.views(self.dtheta)
        self.context = Context(training=training)

    def forward(self, X):
        Y, self.cache = self.layer.forward(self.p, np.asarray(X), self.context)
        return Y

    def evaluate(self, X):
        return self.layer.apply(self.p, np.asarray(X), Context(training=False))

    def backward(self, dY):
        return self.layer.backward(self.p, self.g, np.asarray(dY), self.cache)
