"""The base of all nouns: immutable records that refuse unknown fields and naive times."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


def _to_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


UtcTime = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware time, stored in UTC. A naive time is refused: its zone would be a guess."""


class Noun(BaseModel):
    """An immutable record with a closed set of fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
