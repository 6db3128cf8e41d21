"""What a recipe's prompt block adds to a plain view: context, anonymisation, a token budget; and its template."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from data_pipeline.labels.prices import PricePanel
from data_pipeline.labels.sessions import Sessions
from data_pipeline.labels.spec import LabelSpec
from data_pipeline.samples.anonymise import Anonymiser, Mask, read_aliases
from data_pipeline.samples.budget import TokenBudget, token_budget
from data_pipeline.samples.companies import Companies
from data_pipeline.samples.context import ContextBuilder, History, Moment
from data_pipeline.samples.view import KnownDocument, shortened
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import MovementDataConfig
from tickertune.core.tasks import ContextBlock, MovementView, NewsItem, get_task
from tickertune.core.tasks.template import Template


@dataclass(frozen=True)
class Prompting:
    """The parts that are switched on."""

    context: ContextBuilder | None = None
    anonymiser: Anonymiser | None = None
    budget: TokenBudget | None = None

    def finish(
        self, view: MovementView, documents: list[KnownDocument], moment: Moment, max_chars: int
    ) -> tuple[MovementView, list[KnownDocument]] | None:
        """Add context, take names away, cut and fit.

        Names are replaced before a document is cut, for a name cut in two is found by nobody.

        Returns:
            The view and the documents that it shows; None where the token budget has no room for any.
        """
        if self.context is not None:
            view = replace(view, context=self.context.at(moment))
        if self.anonymiser is not None:
            view, documents = _anonymous(
                view, documents, self.anonymiser.mask(moment.instrument_id, moment.day), max_chars
            )
        return (view, documents) if self.budget is None else self.budget.fit(view, documents)

    @property
    def counts(self) -> dict[str, int]:
        """What the blocks left empty and what the budget left out."""
        found: Counter[str] = Counter()
        for part in (self.context, self.budget):
            if part is not None:
                found.update(part.counts)
        return dict(sorted(found.items()))


def prompting_of(
    config: MovementDataConfig,
    spec: LabelSpec,
    instruments: pl.DataFrame,
    bars: pl.DataFrame,
    actions: pl.DataFrame,
    observations: pl.DataFrame | None,
    sessions: Sessions,
    panel: PricePanel,
) -> Prompting:
    """What the recipe switches on. A label that asks whose text it is (ticker, sector) anonymises by itself.

    Raises:
        TickerTuneError: A part lacks its data, or the label's prompts cannot be fitted into a budget.
    """
    block = config.prompt
    context = None
    if block.context:
        history = History(bars, actions, sessions, panel)
        context = ContextBuilder(block.context, history, Companies(instruments), observations, config.latency_minutes)
    anonymiser = None
    if block.anonymise is not None or spec.categorical:
        path = block.anonymise.aliases if block.anonymise else None
        anonymiser = Anonymiser(instruments, read_aliases(path) if path else {})
    budget = None
    if block.token_budget is not None and spec.categorical:
        raise TickerTuneError(
            f"Label {spec.name} lists its answers in the prompt, which are known only after the prompts are fitted",
            "Leave out prompt.token_budget, and set max_documents and max_document_chars",
        )
    if block.token_budget is not None:
        budget = token_budget(block.token_budget, get_task(config.task), template_of(config))
    return Prompting(context, anonymiser, budget)


def template_of(config: MovementDataConfig) -> Template:
    """The template that the recipe names, or the task's own."""
    return get_task(config.task).load(config.prompt.template)


def prompt_facts(config: MovementDataConfig) -> dict[str, Any]:
    """What a data set says of its prompts: template and its hash, and the prompt block where it sets something."""
    template = template_of(config)
    switched_on = config.prompt.model_dump(mode="json", exclude_defaults=True, exclude={"template"})
    return {"template": template.reference, "template_hash": template.hash, **switched_on}


def _anonymous(
    view: MovementView, documents: Sequence[KnownDocument], mask: Mask, max_chars: int
) -> tuple[MovementView, list[KnownDocument]]:
    context = [ContextBlock(block.title, [mask.text(line) for line in block.lines]) for block in view.context]
    texts = [mask.text(document.text) for document in documents]
    shown = [
        replace(document, text=shortened(text, max_chars), cut=len(text) > max_chars)
        for document, text in zip(documents, texts, strict=True)
    ]
    news = [NewsItem(document.available_at, document.text, document.date_only) for document in shown]
    return replace(view, company=mask.company, symbol=mask.symbol, context=context, news=news), shown
