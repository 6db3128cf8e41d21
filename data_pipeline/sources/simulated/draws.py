"""Random generators that depend on what is drawn, not on when: a longer window changes nothing drawn before."""

import zlib
from datetime import date

import numpy as np


def generator(seed: int, purpose: str, session: date | None = None, index: int = 0) -> np.random.Generator:
    """Return the generator for one purpose, session and company of a simulated world."""
    day = session.toordinal() if session else 0
    return np.random.default_rng([seed, zlib.crc32(purpose.encode()), day, index])
