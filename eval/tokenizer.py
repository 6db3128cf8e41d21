"""The tokenizer that prompts are scored with; a base model that was given no chat template reads its turns as paragraphs."""

from typing import Any

from tickertune.core.progress import console

PLAIN = "{{ bos_token if STARTS else '' }}{% for turn in messages %}{{ turn['content'] }}{{ '\\n\\n' }}{% endfor %}"
"""Contents one below the other with a blank line between, the way text on the Web is set; nothing marks who speaks."""


def load_tokenizer(source: str, revision: str | None = None) -> Any:
    """Load a tokenizer; one without chat template gets ``PLAIN``, and that is said.

    Training refuses such a model, so that no checkpoint of ours was trained on another form of its prompts.

    Args:
        source: Folder or Hub id.
        revision: Hub commit.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(source, revision=revision)
    if not tokenizer.chat_template:
        console.print(f"Note: {source} has no chat template: its prompts are plain paragraphs, one for each turn.")
        starts = tokenizer.bos_token_id is not None and tokenizer.encode("a")[0] == tokenizer.bos_token_id
        tokenizer.chat_template = PLAIN.replace("STARTS", str(starts).lower())
    return tokenizer
