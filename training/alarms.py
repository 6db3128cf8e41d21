"""What is alarming in a GRPO log."""

from collections.abc import Sequence

from training.log import Line
from training.rewards.trl import RIGHT, SHARE, UNPARSED

COLLAPSED = 0.95
"""Share of one label among the readable answers from which the policy counts as collapsed."""
READABLE = 0.5
"""Share of readable answers from which their distribution says something."""
NO_SIGNAL = 0.8
"""Share of groups whose completions all earn the same, from which a step hardly learns."""
LESS_REWARD, LESS_RIGHT = 0.5, 0.15
"""Fall of the accuracy reward, and of the share of right answers, that counts as falling."""
WINDOW = 4
"""Steps that are compared with the first ones."""


def alarms(lines: Sequence[Line]) -> list[str]:
    """Return what the last step, and the way there, show: collapse, groups without contrast, a hacked format."""
    last = lines[-1]
    shares = {
        key.removeprefix(SHARE): value for key, value in last.items() if key.startswith(SHARE) and key != UNPARSED
    }
    readable = sum(shares.values())
    found = [
        f"nearly all answers say '{label}': the policy has collapsed to one action"
        for label, share in shares.items()
        if readable >= READABLE and share / readable >= COLLAPSED
    ]
    if last.get("frac_reward_zero_std", 0.0) > NO_SIGNAL:
        found.append(f"in more than {NO_SIGNAL:.0%} of the groups all answers earn the same: raise temperature")
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
