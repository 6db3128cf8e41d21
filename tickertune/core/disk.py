"""A full disk, told from other failures whichever library met it first."""

import errno
import re
from pathlib import Path

from tickertune.core.errors import TickerTuneError

_NUMBERS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_TEXTS = re.compile(
    r"no space left on device|\(os error (?:28|122|27)\)"  # polars and safetensors, which are written in Rust
    r"|PytorchStreamWriter failed writing|inline_container.*unexpected pos",  # torch.save
    re.IGNORECASE,
)


def is_disk_full(error: BaseException | None) -> bool:
    """Whether ``error``, or one that it came from, says that no more could be written to a disk."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NUMBERS:
            return True
        if _TEXTS.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def disk_full_error(path: Path | str) -> TickerTuneError:
    """Return the error to raise when ``path`` could not be written because the disk is full."""
    return TickerTuneError(
        f"The disk is full: {path} could not be written", "Free some space and run the same command again: it resumes"
    )
