"""A report as its HTML has it: elements, what is around each, texts, and the files that can be downloaded."""

import gzip
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """A page's elements in order, with their attributes, and what is open around each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str], tuple[str, ...]]] = []
        self.text = ""
        self._inside: dict[int, str] = {}
        self._open: list[tuple[str, int]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}, tuple(name for name, _ in self._open)))
        if tag not in VOID:
            self._open.append((tag, len(self.elements) - 1))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"

    def handle_data(self, data: str) -> None:
        self.text += data
        for _, place in self._open:
            self._inside[place] = self._inside.get(place, "") + data

    def close(self) -> None:
        super().close()
        assert self._open == []

    def all(self, tag: str) -> list[dict[str, str]]:
        """Attributes of the elements of a tag."""
        return [attributes for name, attributes, _ in self.elements if name == tag]

    def texts(self, tag: str) -> list[str]:
        """Texts of the elements of a tag."""
        return [self.text_at(at).strip() for at, (name, _, _) in enumerate(self.elements) if name == tag]

    def text_at(self, at: int) -> str:
        """All text inside of an element, by its place."""
        return self._inside.get(at, "")

    @property
    def tags(self) -> list[str]:
        """The elements' tags."""
        return [tag for tag, _, _ in self.elements]

    @property
    def addresses(self) -> list[str]:
        """Where the page would fetch from."""
        return [
            value
            for _, attributes, _ in self.elements
            for name, value in attributes.items()
            if name in ("src", "srcset", "action")
        ]


def page_of(runs: dict[str, Path], name: str) -> Page:
    file = "board.html" if name == "board" else "report.html"
    return Page((runs[name] / file).read_text(encoding="utf-8"))


def files_of(page: Page) -> dict[str, bytes]:
    """Files behind the links of a page, unpacked, by name."""
    found = {}
    for link in page.all("a"):
        if "download" in link:
            content = b64decode(link["href"].partition(",")[2])
            found[link["download"]] = gzip.decompress(content) if link["download"].endswith(".gz") else content
    return found
