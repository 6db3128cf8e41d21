"""What is alarming in a GRPO log."""

from collections.abc import Sequence

from tickertune.core.recipe.curriculum import CollapseConfig
from training.collapse import causes
from training.log import Line
from training.rewards.trl import RIGHT

LESS_REWARD, LESS_RIGHT = 0.5, 0.15
"""Fall of the accuracy reward, and of the share of right answers, that counts as falling."""
WINDOW = 4
"""Steps that are compared with the first ones."""


def alarms(lines: Sequence[Line], collapse: CollapseConfig | None = None) -> list[str]:
    """Return what the last step, and the way there, show: signs of collapse in this one step, or a hacked format.

    Args:
        lines: The log so far.
        collapse: Bounds; None: the defaults.
    """
    found = list(causes(lines[-1:], collapse or CollapseConfig()).values())
    less_right = _change(lines, "rewards/accuracy/mean") < -LESS_REWARD or _change(lines, RIGHT) < -LESS_RIGHT
    if _change(lines, "rewards/format/mean") > 0 and less_right:
        found.append("the format reward rises while accuracy falls")
    return found


def _change(lines: Sequence[Line], key: str) -> float:
    """Mean of the last steps minus mean of the first; 0 where the log is too short to tell."""
    values = [line[key] for line in lines if key in line]
    if len(values) < 2 * WINDOW:
        return 0.0
    return float(sum(values[-WINDOW:]) - sum(values[:WINDOW])) / WINDOW
