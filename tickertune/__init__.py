"""TickerTune: tune open language models on financial text and on what the market then did."""

__version__ = "0.1.0"
