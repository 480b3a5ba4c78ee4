"""nntrain: neural networks declared in YAML and trained in pure NumPy.

    import nntrain
    result = nntrain.fit("configs/digits_mlp.yaml", ["optimizer.lr=0.05"])
    result.run_dir, result.history[-1]["validation"], result.summary["best"]

`fit` and `resume` are nntrain.training.session's; they are imported when they are first used, so that the command line
starts without NumPy.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nntrain.training.session import Result, fit, resume

__version__ = "0.1.0"
__all__ = ["Result", "__version__", "fit", "resume"]


def __getattr__(name: str) -> Any:
    if name in ("Result", "fit", "resume"):
        from nntrain.training import session

        return getattr(session, name)
    raise AttributeError(f"module 'nntrain' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
