"""Score a JSONL or Parquet file of news with any checkpoint: ``tickertune infer`` as a script.

python scripts/batch_inference.py news.jsonl scores.jsonl --model smollm2-135m --adapter runs/demo/planted/sft --task sentiment
"""

import sys

from tickertune.cli.main import main

if __name__ == "__main__":
    main(["infer", *sys.argv[1:]])
