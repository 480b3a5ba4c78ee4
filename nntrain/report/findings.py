"""What a run's checkpoint says to its data beyond the log; the page's other rooms draw parts of it.

Needs the data where they were, as `nntrain eval` does; a report of runs whose data are gone says so and has the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nntrain.data.facts import required
from nntrain.data.parts import Batch, Data, Part
from nntrain.errors import DataError, NNTrainError
from nntrain.files.plain_values import JsonObject
from nntrain.inference.beam_search import Search
from nntrain.inference.evaluator import outputs
from nntrain.inference.load import Loaded, find_checkpoint, load
from nntrain.inference.totals import Totals
from nntrain.metrics.base import of_outputs, of_positions, weights_of
from nntrain.metrics.class_scores import PerClass
from nntrain.metrics.label_metrics import Confusion
from nntrain.model.shapes import Array

MOST_CLASSES = 30
MOST_WRONG = 12
MOST_EXAMPLES = 20_000
MOST_COLUMNS = 12
MOST_TURNED, MOST_NAMES = 500, 20


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
class Judged:
    """What the network says to the examples of a part that count, or to their steps.

    Z        (n, K) outputs
    Y        (K,) labels, or (n, K) values
    numbers  (K,) of the examples in the part; None where an example has an answer a step
    weights  (K,) what each counts for, or None
    results  loss, `confusion` and `per_class` of them, as the evaluator has them
    """

    Z: Array
    Y: Array
    numbers: Array | None
    weights: Array | None
    results: JsonObject


@dataclass
class Findings:
    """What was found; None or empty where it does not apply.  `problem`: why there is nothing."""

    run_dir: Path
    problem: str = ""
    loaded: Loaded | None = None
    data: Data | None = None  # those of training, else None
    judged: Judged | None = None
    examples: int = 0
    labels: list[str] = field(default_factory=list)
    confusion: Array | None = None  # (truth, decided), counts
    wrong: list[Wrong] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)  # what sources are turned into

    @property
    def part(self) -> str:
        """The name of the part that is judged: the last there is."""
        return "" if self.data is None else list(self.data.parts)[-1]

    @property
    def examined(self) -> Part:
        """The part that is judged."""
        assert self.data is not None
        return self.data.parts[self.part]


def find(run_dir: Path) -> Findings:
    """Everything about the best checkpoint of a run."""
    found = Findings(run_dir)
    try:
        file, _ = find_checkpoint(run_dir)
        loaded = found.loaded = load(file)
        config = loaded.config
        with np.errstate(all="ignore"):
            data = config.dataset.load(config.seed, np.dtype(config.dtype), loaded.facts)
            if data.sha256 != loaded.saved.manifest.get("data_sha256"):
                raise DataError("the data are not those of training any more, so nothing is judged on them")
            found.data = data
            if loaded.loop.translates:
                _turned(found, loaded)
            elif loaded.loop.predicts:
                _judge(found, loaded)
    except NNTrainError as error:
        found.problem = str(error).splitlines()[0]
    return found


class Few(Part):
    """Some examples of a part, by number."""

    def __init__(self, part: Part, numbers: Array):
        self.part, self.numbers, self.size = part, numbers, len(numbers)

    def batch(self, indices: Array) -> Batch:
        return self.part.batch(self.numbers[indices])


def _turned(found: Findings, loaded: Loaded) -> None:
    """What the first sources of the last part are turned into by greedy search, and what is wrong in it."""
    from nntrain.inference.translator import Translator

    part, translator = found.examined, Translator(loaded)
    batch = part.batch(np.arange(min(part.size, MOST_TURNED)))
    found.examples = batch.size
    sources = [required(loaded.facts.text, "a text").text(x) for x in batch.X.T]
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
    part, facts, loss = found.examined, loaded.facts, loaded.config.loss
    if part.streams or part.size == 0 or (facts.target == "values" and not facts.outputs):
        return  # pieces of a text; nothing to tell right from wrong by
    if facts.text is not None and facts.label_names is None:
        return  # the classes are the symbols of a text that goes on
    said, targets, numbers, weights, read = [], [], [], [], 0
    decides = facts.target == "labels" or (loss.target != "values" and not loaded.config.dataset.reconstruct)
    metrics = (Confusion(), PerClass()) if facts.target == "labels" else (PerClass(),) if decides else ()
    totals = Totals(loss, metrics, facts)
    for out in outputs(loaded, part):
        batch, mask = out.batch, out.mask
        J = loss.evaluate(out.Z, batch.Y, mask, **batch.weighing)
        totals.add(J, J, out.Z, batch, mask)
        of_labels = facts.target == "labels" and batch.Y.ndim < out.Z.ndim
        said.append(of_outputs(out.Z, mask))
        targets.append(of_positions(batch.Y, mask) if of_labels else of_outputs(batch.Y.reshape(out.Z.shape), mask))
        weights.append(weights_of(batch.weights, out.Z, mask))
        if out.Z.ndim == 2:
            numbers.append(read + np.flatnonzero(np.ones(batch.size, bool) if mask is None else mask))
        read += batch.size
        if read >= MOST_EXAMPLES:
            break
    Z, Y = np.concatenate(said, -1), np.concatenate(targets, -1)
    if not Y.size:
        return
    w = [one for one in weights if one is not None]
    judged = Judged(
        Z, Y, np.concatenate(numbers) if numbers else None, np.concatenate(w) if w else None, totals.results()
    )
    found.judged, found.examples = judged, Z.shape[-1]
    if facts.target == "labels":
        found.labels = [*facts.class_names] if facts.classes else ["0", "1"]
        if len(found.labels) <= MOST_CLASSES:
            found.confusion = np.asarray(judged.results["confusion"])
    if judged.numbers is not None and not loaded.config.dataset.reconstruct:
        found.wrong = list(_worst(found, loaded, judged, judged.numbers))


def _worst(found: Findings, loaded: Loaded, judged: Judged, numbers: Array) -> Iterator[Wrong]:
    """The examples that are decided wrongly, the surest first; of values those with the largest errors."""
    facts, loss = loaded.facts, loaded.config.loss
    if facts.target == "labels":
        Y = judged.Y.astype(np.intp)
        P, decided, surprise = loss.probabilities(judged.Z), loss.decide(judged.Z), loss.surprise(judged.Z, Y)
        wrong = np.flatnonzero(decided != Y)
        for i in wrong[np.argsort(-surprise[wrong], kind="stable")][:MOST_WRONG]:
            said = f"{found.labels[decided[i]]} ({P[decided[i], i]:.0%})"
            yield _shown(found, loaded, Wrong(int(numbers[i]), found.labels[Y[i]], said, float(surprise[i])))
        return
    predicted, truth = (np.asarray(facts.to_units(v), np.float64) for v in (loss.predict(judged.Z), judged.Y))
    error, questions = np.nan_to_num(np.abs(predicted - truth)), loss.target != "values"
    scaled = error / (truth.std(axis=1, keepdims=True) + 1e-12) if len(truth) > 1 and not questions else error
    names = facts.output_names or tuple(map(str, range(len(truth))))
    for i in np.argsort(-scaled.max(axis=0), kind="stable")[:MOST_WRONG]:
        k = int(scaled[:, i].argmax())  # of several outputs the one that is furthest off, in deviations of its truth
        before = f"{names[k]} " if len(truth) > 1 else ""
        is_so = ("yes" if truth[k, i] > 0.5 else "no") if questions else f"{truth[k, i]:.4g}"
        text = f"{before}{is_so}", f"{before}{predicted[k, i]:.4g}"
        yield _shown(found, loaded, Wrong(int(numbers[i]), *text, float(error[k, i])))


def _shown(found: Findings, loaded: Loaded, wrong: Wrong) -> Wrong:
    """With the example itself."""
    x = found.examined.batch(np.array([wrong.number])).X[..., 0]
    if len(loaded.facts.input_shape) == 3:
        wrong.picture = loaded.facts.example(x)
    else:
        wrong.row = loaded.facts.cells(x, MOST_COLUMNS)
    return wrong
