"""What no single value of a config can say: names, and what the loop asks of the rest."""

from __future__ import annotations

import re

from nntrain.components import find
from nntrain.config.constructor import HOLE, Values
from nntrain.config.dotted_paths import child, type_name
from nntrain.config.nodes import Node, node_of
from nntrain.config.problems import Problems
from nntrain.config.settings import DeclaredLoop, Training
from nntrain.messages import join, show, suggest

_NAME = re.compile(r"\w[\w .,+=@-]*")
_NAME_BYTES = 200  # a run directory adds a number; file systems take 255


def safe_name(stem: str) -> str:
    """A file's stem as the name of a run, which names a directory."""
    name = re.sub(r"[^\w .,+=@-]", "-", stem).lstrip(" .,+=@-") or "run"
    return name.encode()[:_NAME_BYTES].decode("utf-8", "ignore")


def loop_of(tree: Node) -> type[DeclaredLoop] | None:
    """The class of the config's loop; None where there is none of its name."""
    training = child(tree, "training")
    loop = child(training, "loop") if training else None
    if loop is None:
        return DeclaredLoop
    cls = find("loop").get(type_name(loop) or "")
    return cls if cls is not None and issubclass(cls, DeclaredLoop) else None


def with_loop(tree: Node) -> Node:
    """The tree with the loop that its architecture means: where none is said, the one with networks of these names."""
    training, architecture = child(tree, "training"), child(tree, "architecture")
    if training is None or not isinstance(training.value, dict) or "loop" in training.value:
        return tree
    if architecture is None or not isinstance(architecture.value, dict) or type_name(architecture) is not None:
        return tree
    named = set(architecture.value)
    loop = next((name for name, cls in find("loop").items() if set(getattr(cls, "networks", ())) == named), None)
    if loop is None:
        return tree
    mark = training.mark
    said = {**training.value, "loop": Node(mark, {"type": node_of(loop, mark)}, keys={"type": mark})}
    keys = {**training.keys, "loop": mark}
    assert isinstance(tree.value, dict)
    return Node(tree.mark, {**tree.value, "training": Node(mark, said, keys=keys)}, keys=tree.keys)


def check(tree: Node, values: Values, problems: Problems) -> None:
    """What no single value can say."""
    name = values.get("name")
    if isinstance(name, str) and not (_NAME.fullmatch(name) and len(name.encode()) <= _NAME_BYTES):
        node = child(tree, "name") or tree
        message = f"expected letters, digits, and . _ - + = , @ (at most {_NAME_BYTES} bytes), got {show(name)}"
        problems.add(node.mark, "name", f"names a directory: {message}")
    _check_loop(tree, values, problems)
    metrics = values.get("metrics", ())
    if metrics is HOLE:
        return
    types = [metric.type for metric in metrics]
    if twice := [t for i, t in enumerate(types) if t in types[:i]]:
        problems.add((child(tree, "metrics") or tree).mark, "metrics", f"{twice[0]} is listed twice")
    training = values.get("training")
    if isinstance(training, Training) and training.monitor is not None and training.loop.monitors:
        known = ["loss", "cost", *(m.type for m in metrics if getattr(m, "better", "more") is not None)]
        names = [f"{part}.{metric}" for part in ("validation", "train") for metric in known]
        if training.monitor not in names:
            node = child(child(tree, "training") or tree, "monitor") or tree
            unlisted = training.monitor.partition(".")[2] in find("metric").keys() - types
            hint = "; list the metric under metrics" if unlisted else suggest(training.monitor, names)
            problems.add(node.mark, "training.monitor", f"expected {join(names)}, got {show(training.monitor)}{hint}")


def _check_loop(tree: Node, values: Values, problems: Problems) -> None:
    """What the loop asks of the rest: a game of two networks has losses of its own and no best checkpoint."""
    training, loss = values.get("training"), values.get("loss", HOLE)
    if not isinstance(training, Training):
        return
    loop = training.loop

    def wrong(message: str, *path: str) -> None:
        node = tree
        for part in path:
            node = child(node, part) or node
        problems.add(node.mark, ".".join(path), message)

    if loss is not HOLE and loss.adversarial != loop.adversarial:
        fitting = join(_adversarial("loss", loop.adversarial))
        if loop.adversarial:
            wrong(f"the loop {loop.type} takes {fitting}, not {loss.type}", "loss")
        else:
            games = join(_adversarial("loop", True))
            wrong(f"{loss.type} is a game of two networks: set training.loop to {games}, or take {fitting}", "loss")
    if loop.monitors:
        return
    nothing = f"the loop {loop.type} has no value that says which network is the best"
    for key in ("monitor", "early_stopping", "average"):
        if getattr(training, key) is not None:
            wrong(f"{nothing}; leave {key} out", "training", key)
    if getattr(values.get("schedule"), "listens", False):
        wrong(f"{nothing}, and {values['schedule'].type} waits for one; take another schedule", "schedule")
    if values.get("metrics", HOLE) not in ((), HOLE):
        wrong(f"the loop {loop.type} measures by itself; leave metrics out", "metrics")


def _adversarial(kind: str, adversarial: bool) -> list[str]:
    """Names of the losses or loops that are, or are not, for a game of two networks."""
    return [name for name, cls in find(kind).items() if getattr(cls, "adversarial", False) == adversarial]
