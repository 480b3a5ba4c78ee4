"""nntrain: neural networks declared in YAML and trained in pure NumPy.

    import nntrain
    run = nntrain.fit("configs/digits_mlp.yaml", {"optimizer.lr": 0.05})
    run.run_dir, run.history[-1]["validation"], run.summary["best"]
    nntrain.load(run.run_dir).predict(X)

What these names stand for is imported when they are first used: `import nntrain` costs nothing, and the command line
starts without NumPy.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nntrain.api.train import fit, resume
    from nntrain.api.trained_run import TrainedRun, load

__version__ = "0.1.0"
__all__ = ["TrainedRun", "__version__", "fit", "load", "resume"]

_MODULES = {"TrainedRun": "trained_run", "fit": "train", "load": "trained_run", "resume": "train"}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        from importlib import import_module

        from nntrain.runtime import blas

        blas.one_thread_from_the_start()
        return getattr(import_module(f"nntrain.api.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'nntrain' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
