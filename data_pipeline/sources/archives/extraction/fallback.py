"""The text of pages of publishers that have no rules: JSON-LD where it is whole, else trafilatura."""

import re
from typing import Any

from lxml.etree import LxmlError

from data_pipeline.sources.archives.extraction.structured import Structured

MAX_ELEMENTS = 10_000
"""Elements of the largest page that trafilatura is given; recorded news pages have 1,100 to 1,800. It takes seconds for these."""
MIN_BODY = 200
"""Characters of the shortest text that is taken for an article by its length alone."""
_GLUED = re.compile("[a-z][.!?][\u201d\"\u2019']?[A-Z][a-z]")
"""A sentence that begins without a blank: paragraphs were joined without one."""


def stated_body(page: Structured) -> str:
    """Return JSON-LD ``articleBody`` where it has the length of an article and its paragraphs are still apart."""
    body = page.text("articleBody")
    return body if len(body) >= MIN_BODY and _GLUED.search(body) is None else ""


def found_body(root: Any) -> str:
    """Return the main text that trafilatura finds in a parsed page; empty where it finds none or the page is too large.

    Its network functions are not used: it is handed the tree.
    """
    if sum(1 for _ in root.iter()) > MAX_ELEMENTS:
        return ""
    import trafilatura  # takes half a second, and pages of known publishers do not need it

    try:
        found = trafilatura.extract(root, fast=True, include_comments=False, include_tables=True)
    except (LxmlError, ValueError, TypeError, AttributeError, IndexError, RecursionError):
        # It raises what its passes over a tree of unexpected form happen to raise; such a page has no text for us.
        return ""
    return found if isinstance(found, str) else ""
