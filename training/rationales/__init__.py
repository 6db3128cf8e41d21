"""Rationales from a teacher: rejection sampling for SFT, reflection for preference pairs (docs/rationales.md).

The teacher sees the prompt of a training sample and never its label. ``synthesise`` asks, keeps what is right, and writes
two data sets with cards. Command (any key of the recipe can follow as ``--key value``, dotted for nested ones)::

    python -m training.rationales --config recipes/rationales/rationales.yaml --dataset DATA --output OUT --draws 8
"""
