"""What the reward of a GRPO recipe pays scripted policies that read nothing, beside an honest one.

    python scripts/reward_hacks.py --config recipes/trading_r1/grpo.yaml --dataset runs/trading_r1-data [--json]

Prints a table for each stage of the recipe. Exits with 1 where a hack earns more than the honest policy, whose accuracy is that of
TF-IDF and logistic regression on days of the train split that their fit did not see.
"""

import argparse
import json
import sys
from pathlib import Path

from data_pipeline.dataset import read_info, read_split
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import GrpoConfig, load_config
from training.rewards.compose import compose
from training.rewards.constant import ROUNDING
from training.rewards.hacks import HONEST, earnings, scenes_of


def main() -> int:
    """Print the tables; returns 1 where a hack wins, 2 where the recipe does not fit the data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="a grpo.yaml")
    parser.add_argument("--dataset", type=Path, required=True, help="the data stage's folder")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    try:
        config = load_config(GrpoConfig, options.config)
        samples = read_split(options.dataset, "train")
        scenes = scenes_of(samples, compose(config, read_info(options.dataset)), config.seed)
    except TickerTuneError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    found = {scene.reward.stage or "the whole run": (scene.accuracy, earnings(scene)) for scene in scenes}
    if options.json:
        print(json.dumps({stage: {"accuracy": accuracy, "reward": paid} for stage, (accuracy, paid) in found.items()}))
    else:
        for stage, (accuracy, paid) in found.items():
            print(f"\n# {stage}; the honest policy is right with probability {accuracy:.3f}")
            for name, value in sorted(paid.items(), key=lambda item: -item[1]):
                print(f"{name:<28}{value:+8.3f}{value - paid[HONEST]:+9.3f}")
    return int(any(value > paid[HONEST] + ROUNDING for _, paid in found.values() for value in paid.values()))


if __name__ == "__main__":
    sys.exit(main())
