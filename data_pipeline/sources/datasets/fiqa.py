"""FiQA 2018 task 1: headlines and posts with the sentiment towards an aspect.

Each of the four files is an object of sentences by their number. They carry no date; targets, aspects, snippets and
scores are annotators' answers and not read (see ``sentences``).
"""

from pathlib import PurePosixPath
from typing import Any, ClassVar

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.datasets.file_source import FileSource
from data_pipeline.sources.datasets.reading import unpacked
from data_pipeline.sources.datasets.sentences import Sentences
from data_pipeline.sources.parsing import Payload, expect_object, read_json
from data_pipeline.sources.protocol import Parsed, Response, SourceInfo


class Answer(Payload):
    """An annotator's answer: known and left unread."""

    unused: ClassVar[frozenset[str]] = frozenset({"snippets", "target", "sentiment_score", "aspects"})


class Sentence(Payload):
    """One headline or post."""

    sentence: str
    info: tuple[Answer, ...] = ()


class Fiqa(FileSource):
    """The sentences of the four files."""

    kind = "json"
    layout: ClassVar[str] = "task1_headline_ABSA_{train,test}.json and task1_post_ABSA_{train,test}.json"
    info = SourceInfo(
        name="fiqa",
        title="FiQA-SA",
        fingpt_row=33,
        category="dataset",
        market="global",
        modes=("file",),
        access="JSON files of the FiQA 2018 open challenge, task 1",
        needs=("path",),
        zone_rule="no dates",
        terms="As the copy that the user holds states; MIT for the collection proven here.",
        licence="MIT (the collection's); headlines and posts belong to their authors",
        evidence="recorded",
        evidence_note="sentiment/fiqa_sa/task1_headline_ABSA_train.json and the three other files",
        parser_version="fiqa-1",
    )

    def wants(self, path: PurePosixPath) -> bool:
        """The four files."""
        return path.name.startswith("task1_") and path.suffix == ".json"

    def parse(self, response: Response) -> Parsed:
        """Read the sentences without the annotators' answers."""
        items: dict[str, Any] = expect_object(read_json(unpacked(self.info, response)), "the top")
        out = Collector(self.info, response)
        sentences = Sentences(out)
        for key, value in items.items():
            address = f"{response.url}#/{key}"
            out.parsed.counts["items"] += 1
            item = out.validate(Sentence, value, address)
            if item is not None:
                sentences.add(address, item.sentence)
        return out.parsed


SOURCE = Fiqa()
