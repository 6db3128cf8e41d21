"""What a page says of itself for machines: JSON-LD, meta elements, canonical link."""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from data_pipeline.sources.markup import plain_text

_MAX_SCRIPTS = 60
_MAX_SCRIPT = 4 << 20
"""Characters of the longest JSON-LD script that is read."""
_MAX_NODES = 2000
_ARTICLE_TYPES = frozenset(("BlogPosting", "LiveBlogPosting", "Report"))


@dataclass(frozen=True, slots=True)
class Structured:
    """The statements of one page; every value is a string, whatever the page holds in its place."""

    meta: dict[str, str]
    """First content of each meta name, property or itemprop, lower case."""
    article: dict[str, Any] = field(default_factory=dict)
    """The JSON-LD node of the article, undecoded; ask it through ``text``."""
    canonical: str | None = None
    language: str | None = None
    """``lang`` of the html element."""

    @property
    def says_article(self) -> bool:
        """Whether the page declares itself to be one article."""
        return bool(self.article) or self.meta.get("og:type", "").lower() == "article"

    def text(self, name: str) -> str:
        """Return the JSON-LD value ``name`` as text without markup; empty where there is none."""
        return plain_text(_string(self.article.get(name)))

    def addresses(self) -> Iterator[str]:
        """Yield what the page says is its address, the most reliable first."""
        stated = (_string(self.article.get(name)) for name in ("url", "mainEntityOfPage"))
        yield from filter(None, (self.canonical, *stated, self.meta.get("og:url")))


def read_structured(root: Any) -> Structured:
    """Collect the statements of a parsed page (lxml root): broken or hostile ones are passed over."""
    meta: dict[str, str] = {}
    for element in root.iter("meta"):
        content = element.get("content")
        for attribute in ("name", "property", "itemprop"):
            name = element.get(attribute)
            if name and content:
                meta.setdefault(name.strip().lower(), content.strip())
    links = (link.get("href") for link in root.iter("link") if (link.get("rel") or "").strip().lower() == "canonical")
    return Structured(
        meta=meta,
        article=_article(root),
        canonical=next((href.strip() for href in links if href), None),
        language=root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang"),
    )


def _article(root: Any) -> dict[str, Any]:
    """Return the first JSON-LD node that is an article; an empty one where there is none."""
    scripts = 0
    for script in root.iter("script"):
        if not (script.get("type") or "").strip().lower().startswith("application/ld+json"):
            continue
        scripts += 1
        text = script.text or ""
        if scripts > _MAX_SCRIPTS or len(text) > _MAX_SCRIPT:
            continue
        try:
            value = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(value):
            if _is_article(node.get("@type")):
                return node
    return {}


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects at the top, in lists and in ``@graph``, breadth first."""
    waiting, seen = deque([value]), 0
    while waiting and seen < _MAX_NODES:
        current, seen = waiting.popleft(), seen + 1
        if isinstance(current, list):
            waiting.extend(current[:_MAX_NODES])
        elif isinstance(current, dict):
            yield current
            waiting.append(current.get("@graph"))


def _is_article(kind: Any) -> bool:
    kinds = kind if isinstance(kind, list) else [kind]
    return any(isinstance(name, str) and (name.endswith("Article") or name in _ARTICLE_TYPES) for name in kinds)


def _string(value: Any) -> str:
    """Return the string that a JSON-LD value holds: itself, its first item, or its ``@id``, ``@value`` or ``name``."""
    for _ in range(3):
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            value = value[0] if value else None
        elif isinstance(value, dict):
            value = value.get("@id") or value.get("@value") or value.get("name")
    return value if isinstance(value, str) else ""
