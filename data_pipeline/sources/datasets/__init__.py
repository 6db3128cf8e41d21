"""Published data sets that the user supplies as files, a file each, and data sets of the Hub by name."""

from data_pipeline.sources.datasets import (
    astock,
    chrnn,
    fiqa,
    fnspid,
    fomc,
    hub,
    investorbench,
    nwgi,
    phrasebank,
    stocknet,
    surge,
    tfns,
    tte,
    yahoo_articles,
)
from data_pipeline.sources.protocol import Source

SOURCES: tuple[Source, ...] = (
    astock.SOURCE,
    chrnn.SOURCE,
    fiqa.SOURCE,
    fnspid.SOURCE,
    fomc.SOURCE,
    hub.SOURCE,
    investorbench.SOURCE,
    nwgi.SOURCE,
    phrasebank.SOURCE,
    stocknet.SOURCE,
    surge.SOURCE,
    tfns.SOURCE,
    tte.SOURCE,
    yahoo_articles.SOURCE,
)
