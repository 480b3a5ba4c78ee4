"""nntrain: neural networks declared in YAML and trained in pure NumPy."""

__version__ = "0.1.0"
