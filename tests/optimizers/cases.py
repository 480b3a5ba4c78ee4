"""A case of every optimizer and of every form it takes.  An optimizer without a case here fails the suite."""

from nntrain.optimizers import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Optimizer,
    RMSprop,
)

EACH: list[Optimizer] = [
    SGD(),
    SGD(momentum=0.9),
    SGD(momentum=0.9, nesterov=True),
    SGD(momentum=0.9, nesterov=True, weight_decay=0.1),
    Adagrad(weight_decay=0.1),
    RMSprop(weight_decay=0.1),
    RMSprop(momentum=0.9),
    Adam(weight_decay=0.1),
    AdamW(weight_decay=0.1),
]
