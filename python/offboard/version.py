"""The version of the distribution, once (``pyproject.toml`` says the same; a test compares)."""

__all__ = ["__version__"]

__version__ = "0.1.0"
