"""What is settled before torch is imported: how threads wait, and who stays silent."""

import logging
import os


def prepare() -> None:
    """Let idle OpenMP threads sleep instead of spinning, unless the environment says otherwise.

    With as many threads as cores and anything else running, a spinning thread takes the core that the thread it waits
    for needs: a training step then takes several times as long. bitsandbytes also stops telling, at every start, of an
    optional kernel that it does well without. To be called before torch is imported.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)
