"""What other programs call our commands: what `nntrain train` means."""

from __future__ import annotations

from collections.abc import Iterable

from nntrain.messages import did_you_mean

_MEANT = {
    "fit": ("train", "run", "start", "learn"),
    "resume": ("continue", "restart", "go"),
    "eval": ("evaluate", "test", "score", "validate", "measure"),
    "predict": ("infer", "inference", "classify", "forecast", "translate"),
    "sample": ("generate", "write", "draw", "decode"),
    "runs": ("list", "ls", "history", "status", "results"),
    "show": ("summary", "summarize", "describe", "print", "info"),
    "check": ("gradcheck", "grad-check", "gradient-check", "lint"),
    "find-lr": ("lr", "lr-find", "lr-finder", "range-test"),
    "compare": ("diff",),
    "plot": ("curves", "chart"),
    "report": ("html", "page", "board", "dashboard"),
    "graph": ("visualize", "visualise", "diagram"),
    "explain": ("equations", "formulas", "math"),
    "exercise": ("exercises", "homework", "grade", "assignment"),
    "sweep": ("search", "grid", "tune", "optimize", "hyperopt"),
    "init": ("new", "create", "example", "template", "starter"),
    "components": ("layers", "optimizers", "losses", "datasets"),
    "data": ("dataset",),
    "export": ("save", "convert", "onnx"),
    "help": ("docs", "man", "doc"),
}


def meant_command(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'fit'?` for what other programs call a command, or what is nearly ours; else where they stand."""
    plain = word.lower().replace("_", "-")
    for name, others in _MEANT.items():
        if plain in others:
            return f"; did you mean {name!r}?"
    return did_you_mean(plain.replace("-", "_"), known) or did_you_mean(plain, known) or "; nntrain --help lists them"
