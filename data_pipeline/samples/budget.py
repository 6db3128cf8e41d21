"""The token budget: whole documents leave the prompt, the least relevant and oldest first, until it fits."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from data_pipeline.samples.view import KnownDocument
from tickertune.core.errors import TickerTuneError
from tickertune.core.models import resolve_model
from tickertune.core.prompting import prompt_ids
from tickertune.core.recipe import TokenBudgetConfig
from tickertune.core.sample import Message
from tickertune.core.tasks import MovementView, Task, Template

CountTokens = Callable[[Sequence[Message]], int]


class TokenBudget:
    """Fits views into a number of tokens.

    Args:
        tokens: Most tokens of a prompt.
        count: Tokens of a prompt.
        task: Renders the prompt.
        template: With this template.
    """

    def __init__(self, tokens: int, count: CountTokens, task: Task, template: Template) -> None:
        self._tokens, self._count, self._task, self._template = tokens, count, task, template
        self.counts: Counter[str] = Counter(documents_over_budget=0, samples_over_budget=0, samples_without_room=0)
        """Documents left out, samples that lost some but not all, samples in which not even one had room."""

    def fit(
        self, view: MovementView, documents: Sequence[KnownDocument]
    ) -> tuple[MovementView, list[KnownDocument]] | None:
        """Leave out documents until the prompt fits.

        The least relevant goes first: relevance is where a document names the company (title, the publisher's own
        tag, body), then how few other companies it is about, then how new it is.

        Args:
            view: The view with the news of all ``documents``, in their order.
            documents: The documents shown.

        Returns:
            The view and the documents that stay, in their order; None where no document has room.

        Raises:
            TickerTuneError: The prompt is longer than the budget without any news.
        """
        order = sorted(range(len(documents)), key=lambda at: (*documents[at].relevance, documents[at].available_at, at))
        for gone in range(len(documents)):
            kept = sorted(order[gone:])
            fitted = replace(view, news=[view.news[at] for at in kept])
            if self._length(fitted) <= self._tokens:
                self.counts["documents_over_budget"] += gone
                self.counts["samples_over_budget"] += gone > 0
                return fitted, [documents[at] for at in kept]
        bare = self._length(replace(view, news=[]))
        if bare > self._tokens:
            raise TickerTuneError(
                f"A prompt without any news has {bare} tokens, more than prompt.token_budget.tokens: {self._tokens}",
                f"Raise tokens well above {bare}, or show fewer context blocks",
            )
        self.counts["documents_over_budget"] += len(documents)
        self.counts["samples_without_room"] += 1
        return None

    def _length(self, view: MovementView) -> int:
        return self._count(self._task.messages(view, self._template))


def token_budget(config: TokenBudgetConfig, task: Task, template: Template) -> TokenBudget:
    """The budget of a recipe, counted by its model's tokenizer and chat template.

    Raises:
        TickerTuneError: The model is not to be had, or has no chat template.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(resolve_model(config.model), revision=config.model.revision)
    return TokenBudget(config.tokens, lambda turns: len(prompt_ids(tokenizer, turns)), task, template)
