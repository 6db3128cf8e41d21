"""What a publisher's rules consist of."""

from dataclasses import dataclass
from datetime import date

from lxml.etree import XPath


@dataclass(frozen=True, slots=True)
class Layout:
    """How the pages of a publisher are laid out until they change."""

    body: XPath
    """Selects paragraphs, list items and subheadings in the order of the page."""
    drop: XPath | None = None
    """Selects what stands between or within paragraphs and is no text of the article: buttons, teasers, hints."""
    valid_until: date | None = None
    """Last day (UTC) on which pages had this layout, as far as is known; None for the present one."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """The rules for the pages of one publisher."""

    name: str
    hosts: tuple[str, ...]
    """Registered host names; their subdomains are meant too."""
    layouts: tuple[Layout, ...]
    """Oldest first; the last one is the present one."""
    zone: str | None = None
    """IANA zone of stamps that carry none; None: such a stamp tells the date alone."""
    title_meta: str | None = None
    """Name of the meta element with the printed headline, where the JSON-LD headline is one for search engines."""

    def layouts_for(self, seen: date) -> list[Layout]:
        """Return the layouts to try for a page seen on ``seen``: the one valid then, then newer ones, then older."""
        fits = [layout.valid_until is None or seen <= layout.valid_until for layout in self.layouts]
        first = fits.index(True) if True in fits else len(self.layouts) - 1
        return [*self.layouts[first:], *reversed(self.layouts[:first])]
