"""``python -m training.rationales``."""

import sys

from tickertune.core.recipe import RationalesConfig
from training.rationales.synthesis import synthesise
from training.stage import main

if __name__ == "__main__":
    sys.exit(main(RationalesConfig, synthesise, package="training.rationales"))
