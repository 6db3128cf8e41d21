"""US symbols with a share class: one spelling for what is stored.

Vendors write Berkshire Hathaway's class B as BRK.B, BRK-B, BRK/B and BRK_B. EDGAR, whose listings go into the
instrument registry, writes BRK-B, so that is the stored one: a provisional id in another spelling would resolve to
nothing, and two price sources of one share would look like two instruments. Requests keep their vendor's spelling. The
case stays as it is: Massive tells preferred series by a small letter, and TpA is not TPA.
"""

import re

_SEPARATOR = re.compile(r"[._/]")


def us_symbol(text: str) -> str:
    """Return the stored spelling of a US symbol, ``BRK.B`` as ``BRK-B``; one without a separator stays as it is."""
    return _SEPARATOR.sub("-", "".join(letter for letter in text if letter.isprintable()).strip())


def dotted_symbol(text: str) -> str:
    """Return the spelling with a dot, ``BRK.B``, which Alpaca and Massive use."""
    return us_symbol(text).replace("-", ".")


def us_listing(text: str) -> str:
    """Return the provisional id of a US symbol, ``US:BRK-B``."""
    return f"US:{us_symbol(text)}"
