"""The rounds: ask, judge, reflect on what was wrong, write two data sets."""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from data_pipeline.dataset import read_info
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import remove_leftovers, write_json, write_text
from tickertune.core.lock import folder_lock
from tickertune.core.progress import progress_bar
from tickertune.core.prompting import chat
from tickertune.core.recipe.rationales import EndpointTeacherConfig, RationalesConfig
from tickertune.core.tasks import Task
from training.preflight import folders
from training.rationales.endpoint import EndpointTeacher
from training.rationales.engine import EngineTeacher
from training.rationales.judging import KEPT, WRONG, Counts, Judged, choose, judge
from training.rationales.ledger import FILE, Ledger
from training.rationales.output import Made, Pair, Rationale, write_pairs, write_rationales
from training.rationales.samples import training_samples
from training.rationales.styles import (
    CONTROL,
    answering_again,
    reflecting,
    speaks_of_another_answer,
    teacher_messages,
)
from training.rationales.teacher import Ask, Chat, Reply, Teacher
from training.stage import FACTS, RECIPE, Timer, dump, say, settle_libraries


@dataclass(frozen=True)
class Case:
    """One training sample on its way."""

    sample_id: str
    label: str
    prompt: Chat
    """The sample's own prompt: what the student is given."""
    asked: Chat
    """What the teacher is given."""


@dataclass
class Usage:
    """Tokens of all replies that the result rests on, whenever they were asked."""

    replies: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    unstated: int = 0
    """Replies whose tokens the endpoint did not count."""

    def add(self, reply: Reply) -> None:
        """Count one reply."""
        self.replies += 1
        self.tokens_in += reply.tokens_in
        self.tokens_out += reply.tokens_out
        self.unstated += not reply.tokens_in


@dataclass
class Work:
    """What the rounds share."""

    config: RationalesConfig
    task: Task
    teacher: Teacher
    ledger: Ledger
    usage: Usage = field(default_factory=Usage)

    def replies(self, what: str, asks: Sequence[Ask]) -> list[Reply]:
        """Ask for what is missing; returns all replies in the order of ``asks``."""
        missing = len(self.ledger.missing(asks))
        with progress_bar(f"rationales: {what}", missing) as bar:
            for _ in self.ledger.ask(self.teacher, asks):
                bar.advance()
        found = [self.ledger[ask] for ask in asks]
        for reply in found:
            self.usage.add(reply)
        return found

    def wanted(self, messages: Chat, draw: int) -> Ask:
        """Describe one reply that is wanted, with all that determines it."""
        settings = {
            "teacher": self.teacher.identity,
            "temperature": self.config.temperature,
            "max_tokens": self.config.max_tokens,
            "seed": self.config.seed,
        }
        return Ask(messages, draw, settings)


@contextmanager
def open_teacher(config: RationalesConfig) -> Iterator[Teacher]:
    """Make the recipe's teacher ready for the block."""
    if isinstance(config.teacher, EndpointTeacherConfig):
        yield EndpointTeacher(config, config.teacher)
        return
    engine = EngineTeacher(config, config.teacher)
    try:
        yield engine
    finally:
        engine.close()


def synthesise(config: RationalesConfig) -> dict[str, Any]:
    """Make rationales and preference pairs of a data set's train split, or take up where it stopped.

    Args:
        config: With ``dataset`` and ``output``.

    Returns:
        The facts that are also in ``tickertune.json``.

    Raises:
        TickerTuneError: Something that the user can put right; the replies so far stay in ``answers.jsonl``.
    """
    settle_libraries()
    folders(config)
    with open_teacher(config) as teacher:
        return synthesise_with(teacher, config)


def synthesise_with(teacher: Teacher, config: RationalesConfig) -> dict[str, Any]:
    """``synthesise`` with a teacher that is at hand."""
    timer = Timer()
    dataset, output = folders(config)
    info = read_info(dataset)
    samples, task = training_samples(dataset, info, config)
    with folder_lock(output):
        remove_leftovers(output)
        write_text(output / RECIPE, dump(config))
        work = Work(config, task, teacher, Ledger(output / FILE))
        if len(work.ledger):
            say(f"rationales: {len(work.ledger)} replies are there already")
        cases, too_long = _cases(samples, teacher, config)
        judged, counts, by_label = _first_pass(work, cases)
        pairs, reflected = _reflections(work, cases, judged)
        rationales = [
            Rationale(case.sample_id, number, one.text)
            for case, row in zip(cases, judged, strict=True)
            for number, one in enumerate(one for one in row if one.reason == KEPT)
        ]
        facts = {
            "teacher": dict(teacher.identity),
            "style": config.style,
            "samples": len(cases),
            "too_long": too_long,
            "rationales": counts.facts(),
            "rationales_by_label": {label: own.facts() for label, own in by_label.items()},
            "samples_with_a_rationale": len({one.sample_id for one in rationales}),
            "pairs": len(pairs),
            "reflections": dict(sorted(reflected.items())),
            **_spent(work.usage, config),
        }
        made = Made(info, samples, task, config, facts)
        _remove_results(output)
        if pairs:
            write_pairs(pairs, made, output / "pairs")
        if not rationales:
            reasons = ", ".join(f"{count} {reason}" for reason, count in counts.facts()["dropped"].items())  # type: ignore[attr-defined]
            raise TickerTuneError(
                f"None of {counts.asked} replies is a rationale to keep ({reasons or 'none was asked'})",
                "Raise draws or max_tokens, choose another style, or take a stronger teacher: the replies stay",
            )
        write_rationales(rationales, made, output / "sft")
        facts["seconds"] = timer.seconds
        write_json(output / FACTS, facts)
    return facts


def _remove_results(output: Path) -> None:
    """Remove what another call with other settings made of the replies."""
    (output / FACTS).unlink(missing_ok=True)
    for name in ("pairs", "sft"):
        if (output / name).is_dir():
            shutil.rmtree(output / name)


def _cases(samples: pl.DataFrame, teacher: Teacher, config: RationalesConfig) -> tuple[list[Case], int]:
    """The samples that fit into what the teacher reads, and how many do not."""
    cases = []
    for sample_id, label, messages in samples.select("sample_id", "label", "messages").iter_rows():
        prompt = chat(messages)
        case = Case(sample_id, label, prompt, teacher_messages(prompt, config.style))
        if teacher.fits(case.asked):
            cases.append(case)
    return cases, samples.height - len(cases)


def _first_pass(work: Work, cases: Sequence[Case]) -> tuple[list[list[Judged]], Counts, dict[str, Counts]]:
    """Draw replies to every prompt and choose among them; what became of them is counted, over all and by true label."""
    draws = work.config.draws
    asks = [work.wanted(case.asked, draw) for case in cases for draw in range(draws)]
    replies = work.replies("first answers", asks)
    judged, counts, by_label = [], Counts(), {label: Counts() for label in work.task.labels}
    for place, case in enumerate(cases):
        own = replies[place * draws : (place + 1) * draws]
        row = choose([judge(reply, case.label, work.task, case.prompt, work.config) for reply in own], work.config.keep)
        counts.add(row)
        by_label[case.label].add(row)
        judged.append(row)
    return judged, counts, by_label


def _reflections(
    work: Work, cases: Sequence[Case], judged: Sequence[Sequence[Judged]]
) -> tuple[list[Pair], Counter[str]]:
    """Let each prompt's first wrong reply be reflected on, round by round, until a second answer is right."""
    pairs: dict[int, Pair] = {}
    counts: Counter[str] = Counter()
    first = {
        place: wrong
        for place, row in enumerate(judged)
        if (wrong := next((one.text for one in row if one.reason == WRONG), None)) is not None
    }
    counts["wrong_first_answers"] = len(first)
    for round_ in range(work.config.reflection_rounds):
        open_ = [place for place in first if place not in pairs]
        open_ = [place for place in open_ if work.teacher.fits(reflecting(cases[place].asked, first[place]))]
        asks = [work.wanted(reflecting(cases[place].asked, first[place]), round_) for place in open_]
        thoughts = dict(zip(open_, work.replies("reflections", asks), strict=True))
        again = {}
        for place, thought in thoughts.items():
            if not thought.finished or not thought.text.strip() or CONTROL.search(thought.text):
                counts["unusable_reflection"] += 1
                continue
            messages = answering_again(cases[place].asked, first[place], thought.text)
            if work.teacher.fits(messages):
                again[place] = work.wanted(messages, 0)
            else:
                counts["too_long"] += 1
        for place, reply in zip(again, work.replies("second answers", list(again.values())), strict=True):
            case = cases[place]
            one = judge(reply, case.label, work.task, case.prompt, work.config)
            mentions = one.reason == KEPT and speaks_of_another_answer(one.text, work.config.style)
            reason = "mentions_the_first_answer" if mentions else one.reason
            counts[reason if reason != WRONG else "wrong_again"] += 1
            if reason == KEPT:
                pairs[place] = Pair(case.sample_id, case.label, list(case.prompt), one.text, first[place])
    return [pairs[place] for place in sorted(pairs)], counts


def _spent(usage: Usage, config: RationalesConfig) -> Mapping[str, object]:
    """Tokens, and their cost where the recipe says what they cost."""
    facts: dict[str, object] = {
        "replies": usage.replies,
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
        "replies_without_token_counts": usage.unstated,
    }
    teacher = config.teacher
    if isinstance(teacher, EndpointTeacherConfig) and teacher.price_in is not None and teacher.price_out is not None:
        facts["cost"] = round((usage.tokens_in * teacher.price_in + usage.tokens_out * teacher.price_out) / 1e6, 6)
    return facts
