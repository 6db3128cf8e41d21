"""Financial PhraseBank (Malo et al., 2014): sentences of financial news with the sentiment that annotators agreed on.

The zip holds four files by the share of annotators that agreed; ``Sentences_50Agree.txt`` holds the sentences of all.
Sentences carry no date; labels are not read (see ``sentences``).
"""

import io
from pathlib import PurePosixPath
from typing import ClassVar

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.datasets.file_source import FileSource
from data_pipeline.sources.datasets.sentences import Sentences
from data_pipeline.sources.labelled import LABELS, sentences_text
from data_pipeline.sources.protocol import Parsed, RefusedResponse, Response, SourceInfo
from tickertune.core.errors import TickerTuneError


class PhraseBank(FileSource):
    """The sentences of the file in which at least half of the annotators agree."""

    layout: ClassVar[str] = "FinancialPhraseBank-v1.0.zip"
    info = SourceInfo(
        name="phrasebank",
        title="Financial PhraseBank",
        fingpt_row=34,
        category="dataset",
        market="global",
        modes=("file",),
        access="zip of the data set, as its authors publish it",
        needs=("path",),
        zone_rule="no dates",
        terms="Non-commercial use, with the authors named, changes under the same licence.",
        licence="CC BY-NC-SA 3.0",
        redistributable=True,
        evidence="recorded",
        evidence_note="sentiment/FinancialPhraseBank-v1.0.zip",
        parser_version="phrasebank-1",
    )

    def wants(self, path: PurePosixPath) -> bool:
        """The zip."""
        return path.name.startswith("FinancialPhraseBank") and path.suffix == ".zip"

    def parse(self, response: Response) -> Parsed:
        """Read the sentences, in latin-1, without their labels."""
        try:
            text = sentences_text(io.BytesIO(response.body), "the answer")
        except TickerTuneError as error:
            raise RefusedResponse(error.cause) from None
        out = Collector(self.info, response)
        sentences = Sentences(out)
        # Not splitlines(): in latin-1, U+0085 within a sentence would count as a line end.
        for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
            if not line:
                continue
            out.parsed.counts["items"] += 1
            address = f"{response.url}#Sentences_50Agree.txt:{number}"
            sentence, separator, label = line.rpartition("@")
            if not separator or label.strip() not in LABELS:
                out.set_aside(address, f"does not end in @label: {line[-40:]!r}", line)
                continue
            sentences.add(address, sentence)
        return out.parsed


SOURCE = PhraseBank()
