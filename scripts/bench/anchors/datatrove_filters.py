"""datatrove's filters in their usual order, as FineWeb runs them without the language model: Gopher's two, then PII."""

from datatrove.data import Document
from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.formatters import PIIFormatter


def filtered(texts: list[str], ids: list[str]) -> list[Document]:
    """Return the documents that pass, with e-mail and IP addresses masked."""
    stream = iter([Document(text=text, id=name) for text, name in zip(texts, ids, strict=True)])
    for step in (GopherRepetitionFilter(language="eng"), GopherQualityFilter(language="eng"), PIIFormatter()):
        stream = step.run(stream, 0, 1)
    return list(stream)
