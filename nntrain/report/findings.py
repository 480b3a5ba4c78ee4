"""What a run's checkpoint says beyond its log: what it confuses, what it gets most wrong, its first weights.

Needs the data where they were, as `nntrain eval` does; a report of runs whose data are gone says so and has the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nntrain.data.facts import Facts, required
from nntrain.errors import ConfigError, DataError, NNTrainError
from nntrain.inference.beam_search import Search
from nntrain.inference.evaluator import outputs
from nntrain.inference.load import Loaded, find_checkpoint, load
from nntrain.inference.sampling import Drawing
from nntrain.inference.text_writer import Writer
from nntrain.losses.base import Loss
from nntrain.model.shapes import Array
from nntrain.report import attention_maps
from nntrain.report.attention_maps import Maps

MOST_CLASSES = 30
MOST_WRONG = 12
MOST_EXAMPLES = 20_000
MOST_TILES = 64
MOST_POINTS = 500
MOST_COLUMNS = 12
MOST_TURNED = 500
MOST_TEXTS, TEXT_LENGTH, MOST_NAMES = 3, 300, 20


@dataclass
class Wrong:
    """One example: its picture or its row, what it is and what the network says of it."""

    number: int
    truth: str
    said: str
    amount: float  # loss −log p of the truth, or the size of the error
    picture: Array | None = None  # (C, H, W) in 0 … 1
    row: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Findings:
    """What was found; None or empty where it does not apply.  `problem`: why there is nothing."""

    part: str = ""
    examples: int = 0
    labels: list[str] = field(default_factory=list)
    confusion: Array | None = None  # (truth, decided), counts
    wrong: list[Wrong] = field(default_factory=list)
    truth: list[float] = field(default_factory=list)  # of a regression
    predicted: list[float] = field(default_factory=list)
    weights_name: str = ""
    weights: Array | None = None  # (N, C, H, W), or (H, W) where they are no pictures
    texts: list[str] = field(default_factory=list)  # what a model of text writes
    attention: Maps | None = None
    problem: str = ""


def find(run_dir: Path) -> Findings:
    """Everything about the best checkpoint of a run."""
    found = Findings()
    try:
        file, _ = find_checkpoint(run_dir)
        loaded = load(file)
        _first_weights(found, loaded)
        if loaded.loop.translates:
            _turned(found, loaded)
        elif loaded.facts.text is not None:
            found.texts = _written(loaded)
        found.attention = attention_maps.look(loaded)
        if loaded.loop.predicts and not loaded.loop.translates:
            _judge(found, loaded)
    except NNTrainError as error:
        found.problem = str(error).splitlines()[0]
    return found


def _first_weights(found: Findings, loaded: Loaded) -> None:
    """The first matrix of the network that examples go into; of a GAN, the discriminator."""
    network = loaded.loop.input_network(loaded.networks)
    for saved, array in network.layout.arrays(network.theta).items():
        if saved.endswith(".W") and array.ndim in (2, 4) and min(array.shape[:2]) > (1 if array.ndim == 2 else 0):
            found.weights_name = saved
            shape = network.input_shape
            if array.ndim == 4:
                tiles = np.array(array) if array.shape[1] == 3 else np.array(array).reshape(-1, 1, *array.shape[2:])
                found.weights = tiles[:MOST_TILES]
            elif len(shape) == 3 and array.shape[1] == np.prod(shape):
                found.weights = np.array(array).reshape(-1, *shape)[:MOST_TILES, :1]
            else:
                found.weights = np.array(array)[:256, :256]
            return


def _written(loaded: Loaded) -> list[str]:
    """A few texts, or names, as the best checkpoint draws them by the run's seed; none where it cannot write."""
    try:
        writer = Writer(loaded, Drawing(), seed=None)
    except ConfigError:
        return []
    if loaded.config.dataset.ends:
        return ["\n".join(writer.names("", MOST_NAMES))]
    return ["".join(writer.text("", TEXT_LENGTH, number)) for number in range(MOST_TEXTS)]


def _turned(found: Findings, loaded: Loaded) -> None:
    """What the first sources of the last part are turned into by greedy search, and what is wrong in it."""
    from nntrain.inference.translator import Translator

    config, facts = loaded.config, loaded.facts
    with np.errstate(all="ignore"):
        data = config.dataset.load(config.seed, np.dtype(config.dtype), facts)
    found.part = list(data.parts)[-1]
    part, translator = data.parts[found.part], Translator(loaded)
    batch = part.batch(np.arange(min(part.size, MOST_TURNED)))
    found.examples = batch.size
    sources = [required(facts.text, "a text").text(x) for x in batch.X.T]
    truths = [translator.targets.vocabulary.text(y) for y in batch.Y.T]
    lines = []
    for i, best in enumerate(texts[0] for texts in translator.hypotheses(batch, Search())):
        said = translator.text(best)
        lines.append(f"{sources[i]}  →  {said}")
        if said != truths[i]:
            found.wrong.append(Wrong(i, truths[i], said, -best.log_p, row=[("source", sources[i])]))
    found.wrong = sorted(found.wrong, key=lambda wrong: wrong.amount)[:MOST_WRONG]
    found.texts = ["\n".join(lines[:MOST_NAMES])]


def _judge(found: Findings, loaded: Loaded) -> None:
    """Predictions over the last part there is."""
    config, facts = loaded.config, loaded.facts
    if config.dataset.reconstruct:
        return  # what comes out is the example again: there is no answer to tell wrong from right
    with np.errstate(all="ignore"):
        data = config.dataset.load(config.seed, np.dtype(config.dtype), facts)
        if data.sha256 != loaded.saved.manifest.get("data_sha256"):
            raise DataError("the data are not those of training any more, so nothing is judged on them")
        found.part = list(data.parts)[-1]
        part = data.parts[found.part]
        if part.streams:
            return  # pieces of a text
        said, targets, numbers, read = [], [], [], 0
        for out in outputs(loaded, part):
            if out.Z.ndim != 2:
                return  # an answer a step
            counts = np.ones(out.batch.size, bool) if out.mask is None else out.mask  # but for an ignored class
            numbers.append(np.flatnonzero(counts) + read)
            said.append(out.Z[:, counts])
            targets.append(out.batch.Y[..., counts])
            read, found.examples = read + out.batch.size, found.examples + int(counts.sum())
            if found.examples >= MOST_EXAMPLES:
                break
        Z, Y, at = np.concatenate(said, -1), np.concatenate(targets, -1), np.concatenate(numbers)
        if not found.examples:
            return
        if facts.target == "labels":
            order = _classification(found, facts, config.loss, Z, Y)
        else:
            order = _regression(found, facts, config.loss.predict(Z), Y)
    for wrong, i in zip(found.wrong, order, strict=False):  # order goes on
        wrong.number = int(at[i])
        x = part.batch(at[i : i + 1]).X[..., 0]
        if len(facts.input_shape) == 3:
            wrong.picture = facts.example(x)
        else:
            wrong.row = facts.cells(x, MOST_COLUMNS)


def _classification(found: Findings, facts: Facts, loss: Loss, Z: Array, Y: Array) -> Array:
    """The confusion, and the examples decided wrongly, the surest first."""
    Y = Y.reshape(-1).astype(np.intp)
    P, decided, surprise = loss.probabilities(Z), loss.decide(Z), loss.surprise(Z, Y)
    classes = len(P)
    found.labels = [str(name) for name in facts.label_names or range(classes)]
    if classes <= MOST_CLASSES:
        counts = np.bincount(Y * classes + decided, minlength=classes * classes)
        found.confusion = counts.reshape(classes, classes)
    wrong = np.flatnonzero(decided != Y)
    order = wrong[np.argsort(-surprise[wrong], kind="stable")]
    for i in order[:MOST_WRONG]:
        said = f"{found.labels[decided[i]]} ({P[decided[i], i]:.0%})"
        found.wrong.append(Wrong(0, found.labels[Y[i]], said, float(surprise[i])))
    return order


def _regression(found: Findings, facts: Facts, Y_hat: Array, Y: Array) -> Array:
    """Truth and prediction of the first output in the data's units, and all examples, the largest error first."""
    predicted, truth = (np.asarray(facts.to_units(v), np.float64)[0] for v in (Y_hat, Y))
    error = predicted - truth
    order = np.argsort(-np.abs(np.nan_to_num(error)), kind="stable")
    shown = np.arange(0, len(truth), max(1, len(truth) // MOST_POINTS))
    found.truth, found.predicted = truth[shown].tolist(), predicted[shown].tolist()
    for i in order[:MOST_WRONG]:
        found.wrong.append(Wrong(0, f"{truth[i]:.4g}", f"{predicted[i]:.4g}", float(abs(error[i]))))
    return order


def samples(run_dir: Path, most: int = 6) -> list[Path]:
    """What a run drew as it went, from the first to the last, at most so many evenly spread."""
    files = [p for p in (run_dir / "samples").glob("*") if p.suffix in (".png", ".txt") and p.is_file()]
    files.sort(key=lambda p: (len(p.stem), p.stem))
    if len(files) <= most:
        return files
    return [files[round(i * (len(files) - 1) / (most - 1))] for i in range(most)]
