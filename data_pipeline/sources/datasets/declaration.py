"""What a user declares of a data set on the Hub: its name and what its columns are."""

from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator

from data_pipeline.sources.protocol import RefusedResponse
from tickertune.core.errors import TickerTuneError
from tickertune.core.noun import Noun


class Declaration(Noun):
    """One data set; the module ``hub`` explains the keys."""

    dataset: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*(/[\w.-]+)?$")
    config: str = "default"
    split: str = "train"
    title: str = ""
    body: str = ""
    time: str = ""
    updated: str = ""
    symbol: str = ""
    url: str = ""
    id: str = ""
    language: str = ""
    zone: str = "UTC"
    unit: Literal["s", "ms", "us"] = "s"
    market: str = "global"
    licence: str = ""
    via: Literal["parquet", "rows"] = "parquet"
    token: Literal["yes", "no"] = "no"

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{zone!r} is no IANA zone") from None
        return zone

    @property
    def columns(self) -> set[str]:
        """The declared columns."""
        names = (self.title, self.body, self.time, self.updated, self.symbol, self.url, self.id, self.language)
        return {name for name in names if name}

    @classmethod
    def from_context(cls, context: dict[str, str]) -> "Declaration":
        """Read it back from a request's context.

        Raises:
            RefusedResponse: The request is none of this source's.
        """
        try:
            return cls.model_validate({name: value for name, value in context.items() if name in cls.model_fields})
        except ValidationError as error:
            raise RefusedResponse(f"the request declares no data set: {error.error_count()} problem(s)") from None


def declarations(query: str | None) -> list[Declaration]:
    """Read ``key=value`` words, several data sets apart by ``;``.

    Raises:
        TickerTuneError: A word is no ``key=value``, a key is unknown, or ``dataset`` and a text column are missing.
    """
    remedy = "Declare for example: dataset=owner/name title=headline time=date zone=America/New_York"
    found = []
    for part in (query or "").split(";"):
        if not part.strip():
            continue
        pairs = [word.partition("=") for word in part.split()]
        if wrong := [word for word, separator, _ in pairs if not separator]:
            raise TickerTuneError(f"The query of source hub holds {wrong[0]!r}, which is no key=value", remedy)
        try:
            declared = Declaration.model_validate({key: value for key, _, value in pairs})
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            where = ".".join(map(str, problem["loc"]))
            raise TickerTuneError(f"The query of source hub is wrong at {where}: {problem['msg']}", remedy) from None
        if not (declared.title or declared.body):
            raise TickerTuneError(f"The query of source hub names no text column of {declared.dataset}", remedy)
        found.append(declared)
    if not found:
        raise TickerTuneError("The query of source hub names no data set", remedy)
    return found
