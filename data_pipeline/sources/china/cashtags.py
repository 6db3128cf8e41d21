"""Cashtags of Chinese sites: ``$平安银行(SZ000001)$`` on Xueqiu, ``$平安银行 sz000001$`` on Weibo."""

import re

from data_pipeline.sources.china.symbols import symbol_of

_TAG = re.compile(r"\$[^$\n]{1,30}?[(\uff08 ]\s*((?:SH|SZ|BJ)[0-9]{6})\s*[)\uff09]?\$", re.IGNORECASE)


def cashtags(text: str) -> list[tuple[str, str]]:
    """Return (symbol, matched text) for each mainland listing that ``text`` tags; Hong Kong and US tags are left out."""
    return [(symbol, found[0]) for found in _TAG.finditer(text) if (symbol := symbol_of(found[1]))]
