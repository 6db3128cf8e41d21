"""How to load a data set, and how to bring back texts that are not in it."""

from data_pipeline.dataset.info import DatasetInfo

_LOAD = """## How to load it

```python
from datasets import load_dataset

dataset = load_dataset("FOLDER_OR_OWNER/NAME")
```

A row is a chat prompt (`messages`), the `answer` wanted, the `label`, the continuous targets and the times that the audit
needs. Times are UTC. `label` is one of {labels}.
"""

_IDS = """## This copy holds ids and no texts

The licence of the texts does not let us publish them. `documents.parquet` names each document by its id, address and
SHA-256, and the prompts hold `<document N>` where the text of the sample's N-th document (from 0, in `doc_ids`) belongs.
With documents of your own, from your store or from the source named in `recipe.yaml`, the prompts are rebuilt:

```
tickertune data rehydrate FOLDER --store YOUR_STORE
```

Every text is checked by its SHA-256 and all prompts together by the prompt hash below; documents that you lack are listed.
"""


def usage_section(info: DatasetInfo) -> str:
    """Lines to paste."""
    load = _LOAD.format(labels=", ".join(f"`{label}`" for label in info.labels))
    return load + "\n" + _IDS if info.ids_only else load
