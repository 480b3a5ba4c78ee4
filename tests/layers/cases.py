"""A case of every layer: what the gradient check, the dtype test and the float32 test run on.

A layer without a case here fails the suite.  Sizes within a case differ from each other, so that a transposed or
swapped axis cannot go unseen; every case runs with m = 1 too.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nntrain.layers import (
    ELU,
    GELU,
    GRU,
    LSTM,
    RNN,
    Attention,
    AvgPool2d,
    BatchNorm,
    Bias,
    ClassToken,
    Concatenate,
    Context,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    CrossAttention,
    Dense,
    Dropout,
    Embedding,
    First,
    Flatten,
    GlobalAvgPool,
    GlobalMaxPool,
    Identity,
    Last,
    Layer,
    LayerNorm,
    LeakyReLU,
    Linear,
    MaxPool2d,
    MeanOverTime,
    Pad2d,
    Patches,
    Position,
    Product,
    ReLU,
    Repeat,
    Reshape,
    Residual,
    RMSNorm,
    SampleLatent,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Source,
    Symbols,
    Tanh,
    Tied,
    Upsample2d,
    WithSource,
)
from nntrain.model.initializers import Normal
from nntrain.model.parameters import Param, Shared


def plain(m: int) -> Context:
    return Context(training=True, seed=3, step=5)


def padded(m: int) -> Context:
    """Sequences of different lengths, the first of full length."""
    context = plain(m)
    context.lengths = (3 - np.arange(m)) % 4 + 1
    return context


def of(*lengths: int) -> Callable[[int], Context]:
    """Sequences of these lengths, again and again."""

    def context(m: int) -> Context:
        context = plain(m)
        context.lengths = np.resize(lengths, m)
        return context

    return context


def carried(states: int, n: int, path: str = "") -> Callable[[int], Context]:
    """State from the batch before, in `states` arrays (n, m)."""

    def context(m: int) -> Context:
        context = padded(m)
        random = np.random.default_rng(m)
        context.state = {path: tuple(random.standard_normal((n, m)) for _ in range(states))}
        return context

    return context


def beside(T: int, n: int, *of_source: int, own: tuple[int, ...] = ()) -> Callable[[int], Context]:
    """Within a decoder: the encoder gives (T, n, m), its sequences and the decoder's own of these lengths."""

    def context(m: int) -> Context:
        context = of(*own)(m) if own else plain(m)
        A = np.random.default_rng([T, n, m]).standard_normal((T, n, m))
        context.source = Source(A, np.resize(of_source, m) if of_source else None)
        return context

    return context


def symbols(vocabulary: int, T: int) -> Callable[[int], np.ndarray]:
    return lambda m: np.random.default_rng(m).integers(0, vocabulary, (T, m))


@dataclass(frozen=True)
class Case:
    """A layer on inputs of `shape`.

    context(m)  what a pass knows besides X: lengths, labels, carried state; made anew for every pass
    X(m)        the input, where random normal numbers will not do
    """

    layer: Layer
    shape: tuple[int, ...]
    context: Callable[[int], Context] = plain
    X: Callable[[int], np.ndarray] | None = None


VECTOR, SEQUENCE, IMAGE = (5,), (4, 5), (2, 5, 4)


def of_lengths(m: int) -> Context:
    context = plain(m)
    context.lengths = 1 + np.arange(m) % 4
    return context


POOLED = [((3, 4, 5), plain), (SEQUENCE, plain), (SEQUENCE, of_lengths)]


def everywhere(layer: Layer) -> list[Case]:
    return [Case(layer, shape) for shape in (VECTOR, SEQUENCE, IMAGE)]


def recurrent(kind: type[Layer], states: int) -> list[Case]:
    """All that a recurrent layer can be told, and all that it can meet."""
    return [
        Case(kind(3), SEQUENCE),
        Case(kind(3), SEQUENCE, padded),
        Case(kind(3, "last"), SEQUENCE, padded),
        Case(kind(3), SEQUENCE, carried(states, 3)),
        Case(kind(3, "last"), SEQUENCE, carried(states, 3)),
        Case(kind(3, bidirectional=True), SEQUENCE, carried(states, 3, "forward")),
        Case(kind(3, "last", bidirectional=True), SEQUENCE, padded),
        Case(kind(3, recurrent_dropout=0.4), SEQUENCE, carried(states, 3)),
        Case(kind(6, bidirectional=True, recurrent_dropout=0.4), SEQUENCE, padded),
        Case(kind(2), (1, 3)),
        Case(kind(1, "last"), SEQUENCE),
    ]


def on_vectors_and_sequences(layer: Layer) -> list[Case]:
    return [Case(layer, shape) for shape in (VECTOR, SEQUENCE)]


CASES: dict[str, list[Case]] = {
    "dense": [*on_vectors_and_sequences(Dense(3)), Case(Dense(3, bias=False), VECTOR), Case(Dense(1), VECTOR)],
    "linear": on_vectors_and_sequences(Linear(3)),
    "bias": on_vectors_and_sequences(Bias()),
    "identity": everywhere(Identity()),
    "sigmoid": everywhere(Sigmoid()),
    "tanh": everywhere(Tanh()),
    "relu": everywhere(ReLU()),
    "leaky_relu": [*everywhere(LeakyReLU()), Case(LeakyReLU(0.3), VECTOR), Case(LeakyReLU(0.0), VECTOR)],
    "elu": [*everywhere(ELU()), Case(ELU(0.3), VECTOR)],
    "gelu": [*everywhere(GELU()), *everywhere(GELU("none"))],
    "silu": everywhere(SiLU()),
    "softplus": everywhere(Softplus()),
    "softmax": everywhere(Softmax()),
    "dropout": [*everywhere(Dropout(0.4)), Case(Dropout(0.0), VECTOR)],
    "flatten": [*everywhere(Flatten()), Case(Flatten(), SEQUENCE, padded)],
    "reshape": [
        Case(Reshape((4, 10)), IMAGE),
        Case(Reshape((2, -1, 4)), (5, 8)),
        Case(Reshape((-1,)), SEQUENCE),
        Case(Reshape((2, 10)), SEQUENCE, padded),
        Case(Reshape((1, 5)), VECTOR),
    ],
    "embedding": [Case(Embedding(3), Symbols((4,), 7), X=symbols(7, 4))],
    "tied": on_vectors_and_sequences(Tied("other", shared=Shared("other.W", Param((5, 3), Normal(1.0))))),
    "attention": [
        Case(Attention(2), (4, 6)),
        Case(Attention(3, 12, causal=True), (5, 4)),
        Case(Attention(1, bias=False), SEQUENCE, padded),
        Case(Attention(2, causal=True, positions="rope"), (5, 8), of(5, 1, 3)),
        Case(Attention(5, dropout=0.4), SEQUENCE, of(2, 4, 1)),
        Case(Attention(2, 4, dropout=0.2, causal=True, positions="rope", bias=False), (7, 3)),
        Case(Attention(1, 2), (1, 3)),
    ],
    "cross_attention": [
        Case(CrossAttention(2), WithSource((4, 6), (5, 3)), beside(5, 3)),
        Case(CrossAttention(3, 12), WithSource((5, 4), (2, 7)), beside(2, 7, 1, 2)),
        Case(CrossAttention(1, bias=False), WithSource(SEQUENCE, (3, 2)), beside(3, 2, 3, 1, own=(2, 4, 1))),
        Case(CrossAttention(5, dropout=0.4), WithSource(SEQUENCE, (6, 3)), beside(6, 3, 2, 6, 1, own=(4, 2))),
        Case(CrossAttention(2, 4, dropout=0.2, bias=False), WithSource((7, 3), (4, 8)), beside(4, 8)),
        Case(CrossAttention(1, 2), WithSource((1, 3), (1, 5)), beside(1, 5)),
    ],
    "rnn": recurrent(RNN, 1),
    "gru": recurrent(GRU, 1),
    "lstm": recurrent(LSTM, 2),
    "position": [
        Case(Position("learned", Normal(1.0)), SEQUENCE),
        Case(Position("learned"), SEQUENCE, padded),
        Case(Position("sinusoidal"), SEQUENCE),
        Case(Position("sinusoidal"), (3, 6)),
    ],
    "patches": [
        Case(Patches(2, 3), (2, 4, 6)),
        Case(Patches((2, 5), 4, bias=False), (3, 4, 5)),
        Case(Patches(1, 3), (2, 2, 3)),
    ],
    "class_token": [Case(ClassToken(), SEQUENCE), Case(ClassToken(), SEQUENCE, padded)],
    "first": [Case(First(), SEQUENCE), Case(First(), SEQUENCE, padded)],
    "last": [Case(Last(), SEQUENCE), Case(Last(), SEQUENCE, padded)],
    "mean_over_time": [Case(MeanOverTime(), SEQUENCE), Case(MeanOverTime(), SEQUENCE, padded)],
    "conv2d": [
        Case(Conv2d(4, 3), (2, 5, 6)),
        Case(Conv2d(4, 3, padding="same"), (3, 5, 7)),
        Case(Conv2d(3, (2, 3), stride=(3, 2), padding=(1, 2), dilation=(2, 1)), (2, 7, 8)),  # strides do not divide
        Case(Conv2d(4, 1, bias=False), (3, 5, 2)),
        Case(Conv2d(4, 1, stride=2), (3, 5, 4)),
        Case(Conv2d(6, 3, groups=2, stride=2, padding="same"), (4, 6, 5)),
        Case(Conv2d(6, 3, groups=3, padding=1, algorithm="direct"), (3, 4, 5)),  # depthwise
        Case(Conv2d(4, (3, 5), padding=2), (2, 1, 3)),  # larger than the image, not than the padded one
    ],
    "conv1d": [
        Case(Conv1d(4, 3), (7, 2)),
        Case(Conv1d(3, 4, stride=3, padding=2), (8, 5)),
        Case(Conv1d(6, 3, padding="same", dilation=2, groups=2, bias=False), (5, 4)),
        Case(Conv1d(4, 1), (5, 3)),
        Case(Conv1d(6, 3, groups=3, stride=2, padding="same"), (6, 3)),
        Case(Conv1d(3, 3), (7, 2), of(5, 7, 1, 3)),  # shorter than the kernel too
        Case(Conv1d(3, 4, stride=3, padding=2), (8, 5), of(4, 2, 8)),
        Case(Conv1d(6, 3, padding="same", dilation=2, groups=2), (7, 4), of(3, 6)),
        Case(Conv1d(3, 4, stride=3, padding="same"), (8, 2), of(8, 7, 6, 5, 1)),
        Case(Conv1d(3, 2, stride=3), (8, 5), of(2, 7, 4)),
    ],
    "conv_transpose2d": [
        Case(ConvTranspose2d(4, 3), (2, 5, 3)),
        Case(ConvTranspose2d(3, 4, stride=2, padding=1), (2, 3, 5)),
        Case(ConvTranspose2d(3, (2, 3), stride=(3, 2), padding="same", bias=False), (4, 2, 5)),
        Case(ConvTranspose2d(6, 3, stride=2, dilation=2, groups=2), (4, 3, 2)),
        Case(ConvTranspose2d(4, 1, stride=2), (3, 2, 5)),
    ],
    "max_pool2d": [
        Case(MaxPool2d(2), (3, 4, 6)),
        Case(MaxPool2d(2), (3, 5, 7)),
        Case(MaxPool2d(3, stride=2, padding=1), (2, 7, 6)),
        Case(MaxPool2d((2, 3), stride=(3, 2), padding="same"), (2, 7, 4)),
        Case(MaxPool2d(1), (2, 3, 4)),
    ],
    "avg_pool2d": [
        Case(AvgPool2d(2), (3, 4, 6)),
        Case(AvgPool2d(3, stride=2, padding=1), (2, 7, 6)),
        Case(AvgPool2d((2, 3), stride=(3, 2), padding="same"), (2, 7, 4)),
    ],
    "global_avg_pool": [Case(GlobalAvgPool(), shape, context) for shape, context in POOLED],
    "global_max_pool": [Case(GlobalMaxPool(), shape, context) for shape, context in POOLED],
    "upsample2d": [Case(Upsample2d(2), (3, 4, 5)), Case(Upsample2d((1, 3)), (2, 4, 3))],
    "pad2d": [Case(Pad2d(2), (3, 4, 5)), Case(Pad2d((1, 0)), (2, 4, 3)), Case(Pad2d((0, 1, 2, 3)), (2, 4, 3))],
    "batch_norm": [*everywhere(BatchNorm()), Case(BatchNorm(), SEQUENCE, of(3, 4, 2))],
    "layer_norm": [
        *everywhere(LayerNorm()),
        Case(LayerNorm(), SEQUENCE, padded),
        Case(LayerNorm(bias=False), SEQUENCE),
    ],
    "rms_norm": [*everywhere(RMSNorm()), Case(RMSNorm(0.3), SEQUENCE)],
    "sample_latent": [
        Case(SampleLatent(0.7), (6,)),
        Case(SampleLatent(0.0), (6,)),
        Case(SampleLatent(2.0), (4, 3, 5)),
    ],
    "sequential": [
        Case(Sequential((Dense(4), Tanh(), BatchNorm(), ReLU(), Dense(3))), VECTOR),
        Case(Sequential((Flatten(), Dense(3), Softmax())), IMAGE),
        Case(Sequential((Tanh(), Sequential((Dense(3), GELU())))), SEQUENCE),
        Case(Sequential((Tanh(), Flatten())), IMAGE),
        Case(Sequential(()), VECTOR),
        Case(
            Sequential((GRU(4), Residual((LayerNorm(), CrossAttention(2))), CrossAttention(1, 3), Dense(2))),
            WithSource(SEQUENCE, (6, 3)),
            beside(6, 3, 2, 6, 1, own=(4, 2)),
        ),
        Case(Sequential((Embedding(5), LSTM(3), GRU(2, "last"))), Symbols((4,), 7), padded, symbols(7, 4)),
        Case(Sequential((Embedding(5), Tanh(), Tied("embedding_1"))), Symbols((4,), 7), X=symbols(7, 4)),
        Case(Sequential((Dense(3, name="code"), Tanh(), Tied("code"))), VECTOR),
        Case(Sequential((LSTM(3), Dense(2), Dropout(0.4), RNN(6, bidirectional=True), Last())), SEQUENCE, padded),
        Case(
            Sequential((Conv1d(3, 3, stride=2, padding="same"), GRU(2, bidirectional=True), Last())),
            (7, 2),
            of(7, 4, 5),
        ),
        Case(Sequential((Patches(2, 6), ClassToken(), Position("learned"), Attention(2), First())), (3, 4, 6)),
        Case(Sequential((ClassToken(), Attention(1), GELU(), First())), SEQUENCE, padded),
        Case(Sequential((Conv1d(3, 2), Tanh(), MeanOverTime())), (6, 2), of(3, 6, 1)),
        Case(Sequential((Conv1d(3, 3), BatchNorm(), ReLU(), GlobalMaxPool())), (6, 2), of(4, 6, 5)),
        Case(Sequential((LSTM(6, "last"), Reshape((3, 2)), RNN(5), GlobalAvgPool())), SEQUENCE, padded),
    ],
    "residual": [
        Case(Residual((Dense(3), Tanh(), Dense(5))), VECTOR),
        Case(Residual((Dense(3), ReLU()), shortcut=(Linear(3),)), VECTOR),
        Case(Residual((Dense(5), Dropout(0.4))), SEQUENCE),
        Case(Residual((Tanh(),), shortcut=(LayerNorm(),)), IMAGE),
        Case(Residual((Identity(),)), VECTOR),
        Case(Residual((Conv1d(2, 3, padding="same"), Tanh())), (5, 2), of(3, 5)),
        Case(Residual((Conv1d(3, 2, stride=2),), shortcut=(Conv1d(3, 1, stride=2),)), (6, 2), of(5, 6, 3)),
        Case(Residual((Softplus(), Residual((Dense(5), Tanh())))), VECTOR),
    ],
    "concatenate": [
        Case(Concatenate((Dense(3), Identity(), (Dense(2), Tanh()))), VECTOR),
        Case(Concatenate((Dense(3), Identity())), SEQUENCE),
        Case(Concatenate((Tanh(), (Softplus(), BatchNorm()), Identity())), IMAGE),
        Case(Concatenate((Sigmoid(),)), VECTOR),
        Case(Concatenate((Conv1d(2, 3, padding="same"), Conv1d(3, 1), GRU(4))), (5, 2), of(3, 5, 1)),
    ],
    "product": [
        Case(Product(((Dense(3), SiLU()), Dense(3))), VECTOR),
        Case(Product(((Dense(3), SiLU()), Dense(3), (Dense(3), Tanh()))), SEQUENCE),
        Case(Product((Identity(), (GlobalAvgPool(), Dense(2), Sigmoid()))), IMAGE),
        Case(Product(((Last(), Dense(5)), Tanh())), SEQUENCE),
        Case(Product((Tanh(),)), IMAGE),
    ],
    "repeat": [
        Case(Repeat(3, (Dense(5, name="hidden"), Tanh())), VECTOR),
        Case(Repeat(2, (Residual((Dense(5), SiLU())), LayerNorm())), SEQUENCE),
    ],
}
