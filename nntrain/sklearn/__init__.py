"""Networks as estimators of scikit-learn: `from nntrain.sklearn import Classifier, Regressor` (extra `sklearn`)."""

try:
    import sklearn as _sklearn  # noqa: F401
except ImportError:
    raise ImportError("nntrain.sklearn needs scikit-learn: pip install nntrain[sklearn]") from None

from nntrain.sklearn.estimators import Classifier, Regressor

__all__ = ["Classifier", "Regressor"]
