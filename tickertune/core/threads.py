"""How the threads of numeric libraries wait for each other."""

import os


def share_cores() -> None:
    """Let idle OpenMP threads sleep instead of spinning, unless the environment says otherwise.

    With as many threads as cores and anything else running, a spinning thread takes the core that the thread it waits
    for needs: a training step then takes several times as long. To be called before torch is imported.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
