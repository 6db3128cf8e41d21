"""Chinese listings in a text: codes that say their exchange, tags of Xueqiu and Weibo, and names.

Six digits alone are an amount, a telephone number, a date or a fund more often than a share: they count with their
exchange (``SH600519``, ``600519.SH``), behind the word for code, or in brackets directly behind the company's
name (behind any name that is no fund's, where the table holds no Chinese name of the company).
Chinese text has no blanks, so the longest name that is known wins, and a name does not count where it is part of a
longer one: 中国平安 in 中国平安人寿.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from data_pipeline.linking.common_words import word_set
from data_pipeline.linking.spans import covers, name_spans
from data_pipeline.sources.china.symbols import listing

_HAN = re.compile(r"[\u3400-\u9fff]")
_CODE = re.compile(
    r"(?<![A-Za-z0-9])(?P<prefixed>(?:SH|SZ|BJ)[.:]?[0-9]{6})(?![0-9])"
    r"|(?<![A-Za-z0-9.])(?P<suffixed>[0-9]{6}\.(?:SH|SS|SZ|BJ|XSHG|XSHE))(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9.])(?P<hk>[0-9]{4,5}\.HK)(?![A-Za-z0-9])|(?<![A-Za-z0-9])HK[.:]?(?P<hk_prefixed>[0-9]{4,5})(?![0-9])",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d{4}")
_STATED = re.compile(
    r"(?:(?<![\u3400-\u9fff])|股票|证券|股份|公司|[AH]股)代码\s*(?:为|是)?\s*[:\uff1a]?\s*([0-9]{6}|[0-9]{5})(?![0-9])"
)
_TAG = re.compile(r"\$[^$\n]{1,30}?[(\uff08 ]\s*((?:SH|SZ|BJ|HK)?[0-9]{5,6})\s*[)\uff09]?\$", re.IGNORECASE)
_BRACKET = re.compile(r"\s*[(\uff08\[【<]\s*([0-9]{5,6})(?:\.[A-Z]{2})?\s*[)\uff09\]】>]", re.IGNORECASE)
_COMPANY_TAIL = re.compile(
    r"(?:\((?:集团|控股|中国|香港)\))?(?:控股|集团)?(?:股份)?(?:有限责任公司|有限公司)$|股份公司$"
)
_MARKS = re.compile(r"^(?:\*?ST|S\*?ST|XD|XR|DR|N|C)(?=[\u3400-\u9fff])|(?:-[A-Z]{1,2}|[AB]股?)$", re.IGNORECASE)
_LONGER = re.compile(
    r"集团|人寿|银行|证券|基金|保险|财险|产险|寿险|养老|健康险|信托|期货|资管|资产管理|租赁|科技|地产|置业|物业|物流|医药|医疗|文旅|文化|传媒"
    r"|投资(?:公司|集团|有限|管理|基金)|实业|新能源|汽车|电子|电器|能源|环境|环保|国际|大学|学院|中学|小学|医院|广场|大厦|大道|路(?!演)|镇|村|县"
)
"""What makes a longer name of it: 中国平安人寿, 贵州茅台集团."""
_QUOTED = re.compile(
    r"[:\uff1a]?(?:股价|股票|股份|公告|涨|跌|停牌|复牌|财报|年报|季报|业绩|净利|营收|回购|增持|减持|分红|派息|董事|高管|总裁|市值|拟|中标|获)"
)
"""What follows a name that is also a word, where the company is meant."""
_WORDS = word_set(
    "好日子 新希望 老百姓 好想你 太阳能 机器人 健康元 好当家 我爱我家 大富翁 全聚德 三六零 益生股份 东方财富 新天地 美好生活 喜临门 "
    "步步高 大家乐 开门红 一心堂 好利来 金太阳 万里马 人民网 新华网 大自然 红太阳 明月镜片 新世界 世纪星 大众公用 农产品 百大集团"
)
"""Names that are words of daily life."""
_BEHIND_NAME = re.compile(r"(?<=[\u3400-\u9fffA-Z])[(\[]([0-9]{6})[)\]]")
_FUND = re.compile(r"(?:基金|混合|债券|债|指数|联接|ETF|LOF|QDII|货币|成长|稳健|精选|优选)[A-F]?[(\[]$", re.IGNORECASE)
"""What the name of a fund ends with, whose six digits are no share's."""


def has_chinese(text: str) -> bool:
    """Whether a text holds Chinese characters."""
    return _HAN.search(text) is not None


def normal_code(text: str) -> str | None:
    """Return ``600519.SH`` or ``00700.HK`` for any spelling of a listing that says its exchange, else None."""
    spelled = text.strip().upper()
    found = re.fullmatch(r"([0-9]{1,5})\.(?:HK|XHKG|HKG)|HK[.:]?([0-9]{1,5})", spelled)
    if found:
        return f"{(found.group(1) or found.group(2)).zfill(5)}.HK"
    mainland = listing(spelled)
    return mainland.symbol if mainland else None


class _Name(NamedTuple):
    text: str
    instrument_id: str
    span: Mapping[str, Any]


class ChineseIndex:
    """Finds Chinese and Hong Kong listings by code and by name, as of the day of the text."""

    def __init__(self, instruments: Iterable[Mapping[str, Any]], aliases: Iterable[Mapping[str, Any]] = ()) -> None:
        """Index rows of ``Instrument`` on the exchanges of mainland China and Hong Kong, and of ``Alias``."""
        self._codes: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._names: dict[str, list[_Name]] = defaultdict(list)
        self._own: dict[str, set[str]] = defaultdict(set)
        self._named: set[str] = set()
        for row in instruments:
            code = _code_of(row)
            if code:
                self._codes[code].append(row)
                self._own[row["instrument_id"]].add(code)
            for span in name_spans(row):
                self._add(span["name"], row["instrument_id"], span)
        for alias in aliases:
            self._add(alias["alias"], alias["instrument_id"], alias)
        for names in self._names.values():
            names.sort(key=lambda name: (-len(name.text), name.text, name.instrument_id))

    def _add(self, name: str, instrument_id: str, span: Mapping[str, Any]) -> None:
        if not has_chinese(name):
            return
        self._named.add(instrument_id)
        for form in _forms(name):
            entry = _Name(form, instrument_id, span)
            if entry not in self._names[form[:2]]:
                self._names[form[:2]].append(entry)

    def by_code(self, code: str, day: date) -> tuple[str, str] | None:
        """Return (instrument_id, symbol) of a listing such as ``600519.SH`` on ``day``."""
        rows = {row["instrument_id"]: row["symbol"] for row in self._codes.get(code, ()) if covers(row, day)}
        return next(iter(rows.items())) if len(rows) == 1 else None

    def codes(self, text: str, day: date) -> Iterator[tuple[str, str, str]]:
        """Yield (instrument_id, symbol, matched text) of codes that say their exchange, tags, and codes behind "代码"."""
        if not self._codes or _DIGITS.search(text) is None:
            return
        text = unicodedata.normalize("NFKC", text)
        for match in _CODE.finditer(text):
            spelled = next(group for group in match.groups() if group)
            code = normal_code(f"HK{spelled}" if match.lastgroup == "hk_prefixed" else spelled)
            if code and (hit := self.by_code(code, day)):
                yield *hit, match.group()
        for match in _BEHIND_NAME.finditer(text):
            code = normal_code(match.group(1))
            hit = self.by_code(code, day) if code else None
            if (
                hit
                and hit[0] not in self._named
                and not _FUND.search(text[max(0, match.start() - 12) : match.start() + 1])
            ):
                yield *hit, match.group()
        for match in (*_STATED.finditer(text), *_TAG.finditer(text)):
            spelled = match.group(1)
            code = normal_code(spelled if len(spelled) != 5 else f"{spelled}.HK")
            if code and (hit := self.by_code(code, day)):
                yield *hit, match.group()

    def names(self, text: str, day: date) -> dict[str, str]:
        """Return instrument_id -> matched name, for names that held on ``day``."""
        found: dict[str, str] = {}
        if not self._names or not has_chinese(text):
            return found
        text = re.sub(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])", "", unicodedata.normalize("NFKC", text))
        index = 0
        while index < len(text) - 1:
            known = [
                name
                for name in self._names.get(text[index : index + 2], ())
                if text.startswith(name.text, index) and _begun(name.span, day)
            ]
            if not known:
                index += 1
                continue
            end = index + len(known[0].text)
            ids = {name.instrument_id for name in known if len(name.text) == end - index and covers(name.span, day)}
            overlapping = self._overlaps(text, index, end, day)
            if len(ids) == 1 and not overlapping and self._counts(text, index, end, next(iter(ids)), day):
                found.setdefault(ids.pop(), text[index:end])
            index = index + 1 if overlapping else end
        return found

    def _overlaps(self, text: str, start: int, end: int, day: date) -> bool:
        """Whether another name begins inside this one and goes beyond it: the head of a Chinese name is its end."""
        return any(
            text.startswith(name.text, inside) and inside + len(name.text) > end and _begun(name.span, day)
            for inside in range(start + 1, end - 1)
            for name in self._names.get(text[inside : inside + 2], ())
        )

    def _counts(self, text: str, start: int, end: int, instrument_id: str, day: date) -> bool:
        bracket = _BRACKET.match(text, end)
        if bracket:
            code = bracket.group(1)
            own = [
                key for key, rows in self._codes.items() if any(row["instrument_id"] == instrument_id for row in rows)
            ]
            return any(key.startswith(code) for key in own)
        if _LONGER.match(text, end) or (text[end - 1] == "股" and text[end : end + 1] in ("权", "东", "份")):
            return False
        if text[start:end] in _WORDS:
            return _QUOTED.match(text, end) is not None
        return True


def _code_of(row: Mapping[str, Any]) -> str | None:
    """The code of an instrument of Hong Kong or mainland China, else None."""
    if row["exchange"] == "XHKG":
        digits = re.sub(r"[^0-9]", "", row["symbol"])
        return f"{digits.zfill(5)}.HK" if digits else None
    return normal_code(row["symbol"]) if row["exchange"] in ("XSHG", "XSHE", "BJSE", "XBSE") else None


def _begun(span: Mapping[str, Any], day: date) -> bool:
    return span["valid_from"] is None or span["valid_from"] <= day


def _forms(name: str) -> set[str]:
    """Spellings of a registered or short name, of three characters or more; a special treatment mark stays with two."""
    full = re.sub(r"\s+", "", unicodedata.normalize("NFKC", name))
    core = _COMPANY_TAIL.sub("", full)
    bare = _MARKS.sub("", core)
    forms = {full, core, bare} | ({core.lstrip("*")} if core.startswith("*") else set())
    return {form for form in forms if len(form) >= 3 and has_chinese(form)}
