"""Engines behind one protocol: score label tokens, generate replies."""

from eval.backends.base import Backend, Completion
from eval.backends.factory import choose_backend, open_backend

__all__ = ["Backend", "Completion", "choose_backend", "open_backend"]
