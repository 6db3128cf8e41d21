"""Training: completion-only SFT and GRPO on stock-price feedback, by TRL, on whatever accelerate launches.

``training.sft.train`` and ``training.grpo.train`` each do one stage: they check first (``preflight``), read the train
split, say what they leave out and why, resume from the last complete checkpoint, and leave ``adapter/`` (or
``model/``), ``tickertune.json`` and ``log.jsonl`` in the stage's folder.
"""

import logging

from tickertune.core.threads import share_cores

# bitsandbytes tells at every start of a missing optional kernel, which it does well without.
logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)

share_cores()  # before any module of this package imports torch
