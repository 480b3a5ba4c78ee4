"""summary.json: the final and best metrics of a run that has ended."""

from __future__ import annotations

from nntrain.files import checkpoint
from nntrain.files.plain_values import JsonObject
from nntrain.inference.load import load_arrays
from nntrain.parallel import team
from nntrain.training.engine import Engine


def measured(engine: Engine, status: str) -> JsonObject:
    """Of a run that came to its end.  The numbers of `best` are those that `nntrain eval` prints for the run."""
    trainer, parts = engine.trainer, engine.data.parts
    shown = {name: part for name, part in parts.items() if name != "train"} or parts
    history = engine.run.read_metrics()
    final = {"epoch": engine.epoch, "step": engine.step, "train": history[-1]["train"] if history else {}}
    final.update({name: engine.evaluate(part) for name, part in shown.items()})
    summary = {**_facts(engine, status), "final": final}
    if engine.monitor is not None and engine.monitor.best is not None:
        saved = team.current().from_first(lambda: checkpoint.read(engine.run.best))
        load_arrays(saved, trainer.networks, engine.run.best)  # with an average, that
        best: JsonObject = {"epoch": engine.monitor.best_epoch, "step": engine.monitor.best_step}
        best.update({name: trainer.evaluate(engine.watched(part)) for name, part in shown.items()})
        watched, _, metric = engine.monitor.name.partition(".")
        if watched not in best:  # of the training part; what is compared with other runs has to stand here
            best[watched] = {metric: engine.monitor.best}
        summary |= {"monitor": engine.monitor.name, "best": best}
    return summary


def logged(engine: Engine, status: str) -> JsonObject:
    """Of a run that diverged: nothing is evaluated any more, `final` and `best` are lines of its log."""
    history = engine.run.read_metrics()
    summary = {**_facts(engine, status), "final": _values(history[-1]) if history else {}}
    if engine.monitor is not None and engine.monitor.best is not None:
        best = next((line for line in history if line["step"] == engine.monitor.best_step), None)
        if best is not None:
            summary |= {"monitor": engine.monitor.name, "best": _values(best)}
    return summary


def _values(line: JsonObject) -> JsonObject:
    return {key: value for key, value in line.items() if key != "lr"}


def _facts(engine: Engine, status: str) -> JsonObject:
    return {
        "name": engine.config.name,
        "status": status,
        "seed": engine.config.seed,
        "parameters": engine.trainer.built.trainable,
        "epochs": engine.epoch,
        "steps": engine.step,
        "seconds": round(engine.run.seconds(), 3),
    }
