"""Vocabulary scores of the answer's tokens only, on the CPU too.

TRL's fused language-model head scores just the positions that carry a loss where Triton runs, and every position of the
batch elsewhere, since some accelerators would compile anew for each shape. A CPU does not compile: there the extra
positions only cost time, 16 of 17 here, where an answer has nine tokens behind a prompt of 150. Their contribution to
loss and gradient is zero either way; a test compares the two.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import trl.trainer.utils as trl_utils


@contextmanager
def completion_scores_only() -> Iterator[None]:
    """Let TRL's fused head leave out, on the CPU, the positions that carry no loss.

    Raises:
        AttributeError: TRL no longer has the switch; this module is then to be looked at anew.
    """
    original = trl_utils._use_triton

    def compact(device: torch.device) -> bool:
        return device.type == "cpu" or bool(original(device))

    trl_utils._use_triton = compact
    try:
        yield
    finally:
        trl_utils._use_triton = original
