"""How long a run has taken and what is left, told from its finished stages."""

import time
from dataclasses import dataclass, field
from statistics import fmean


@dataclass
class Clock:
    """Tells how long the rest takes, from the finished stages of the same kind."""

    left: list[str]
    """Kinds of the stages that are still to come."""
    seconds: dict[str, list[float]] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)

    def finished(self, stage: str, seconds: float) -> None:
        """Record the time that one stage took."""
        self.left.remove(stage)
        self.seconds.setdefault(stage, []).append(seconds)

    def estimate(self) -> float | None:
        """Seconds that are left, or None while a kind of stage is still to come for the first time."""
        if any(stage not in self.seconds for stage in self.left):
            return None
        return sum(fmean(self.seconds[stage]) for stage in self.left)

    def line(self) -> str:
        """Elapsed time and, where it is known, the time left."""
        left = self.estimate()
        text = f"elapsed {duration(time.monotonic() - self.begun)}"
        return text if left is None else f"{text}, about {duration(left)} left"


def duration(seconds: float) -> str:
    """Write seconds as ``1h 02m``, ``3m 20s`` or ``45s``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02d}m"
    return f"{minutes}m {rest:02d}s" if minutes else f"{rest}s"
