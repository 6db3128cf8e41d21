"""Whether prompts fit into what a model reads. Nothing is ever cut to fit."""

from collections.abc import Sequence

from tickertune.core.errors import TickerTuneError


def context_of(model: str, revision: str | None) -> int | None:
    """Tokens that the model of a folder or Hub id reads; None where its configuration does not say."""
    from transformers import AutoConfig

    found = getattr(AutoConfig.from_pretrained(model, revision=revision), "max_position_embeddings", None)
    return None if found is None else int(found)


def check_context(model: str, context: int | None, lengths: Sequence[int], room: int) -> None:
    """Refuse prompts that do not fit together with their replies.

    Args:
        model: Its name, for the error.
        context: Tokens that the model reads; None: unknown, and all passes.
        lengths: Tokens of every prompt.
        room: Tokens of the longest reply.

    Raises:
        TickerTuneError: Some do not fit; they are counted.
    """
    long = 0 if context is None else sum(length + room > context for length in lengths)
    if long:
        counted = f": {long} of {len(lengths)} prompts do not fit" if len(lengths) > 1 else ""
        raise TickerTuneError(
            f"The longest prompt and its reply have {max(lengths) + room} tokens, but {model} reads {context}{counted}",
            "Lower max_documents or max_document_chars, or set prompt.token_budget, and build the data again; or lower"
            " votes.max_tokens, where replies are drawn, or shots, where examples stand before the prompts",
        )
