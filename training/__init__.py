"""Training: completion-only SFT and GRPO on stock-price feedback, by TRL, on whatever accelerate launches.

``training.sft.train`` and ``training.grpo.train`` each do one stage: they check first (``preflight``), read the train
split, say what they leave out and why, resume from the last complete checkpoint, and leave ``adapter/`` (or
``model/``), ``tickertune.json`` and ``log.jsonl`` in the stage's folder.
"""

from tickertune.core.startup import prepare

prepare()  # before any module of this package imports torch
