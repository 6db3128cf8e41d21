"""A small language for alpha formulas over open, high, low, close and volume: parsed, checked and computed, never run as code.

A formula sees a trailing window of one instrument and gives one number, its value at the window's last session. Python's
parser reads it; only the nodes, names and functions listed here are accepted. Windows are whole numbers written out,
none is negative, so that no formula can look ahead and how far it looks back is known before it is computed.
"""

import ast
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tickertune.core.errors import did_you_mean

Floats = NDArray[np.float64]
FIELDS = ("open", "high", "low", "close", "volume")
MAX_WINDOW = 250
MAX_LENGTH = 500
MAX_BACK = 500

_UNARY: dict[str, Callable[[Floats], Floats]] = {"abs": np.abs, "log": np.log, "sqrt": np.sqrt, "sign": np.sign}
_ROLLING: dict[str, Callable[[Floats], Floats]] = {
    "mean": lambda rows: rows.mean(axis=1),
    "sum": lambda rows: rows.sum(axis=1),
    "std": lambda rows: rows.std(axis=1, ddof=1) if rows.shape[1] > 1 else np.full(len(rows), np.nan),
    "min": lambda rows: rows.min(axis=1),
    "max": lambda rows: rows.max(axis=1),
    "rank": lambda rows: np.where(np.isnan(rows).any(axis=1), np.nan, (rows <= rows[:, -1:]).mean(axis=1)),
}
_SHIFTS = ("delay", "delta")
_BINARY: dict[type[ast.operator], Callable[[Floats, Floats], Floats]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Floats, Floats], Floats]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
ARGUMENTS = {
    **dict.fromkeys(_UNARY, ("x",)),
    **dict.fromkeys((*_SHIFTS, *_ROLLING), ("x", "sessions")),
    "corr": ("x", "y", "sessions"),
}
"""Functions with their arguments; ``sessions`` is a whole number written out."""


class FormulaError(ValueError):
    """What is wrong with a formula, in words for its author."""


class Formula:
    """A checked formula.

    Raises:
        FormulaError: It is no formula of this language.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > MAX_LENGTH:
            raise FormulaError(f"a formula of {len(text)} characters is longer than {MAX_LENGTH}")
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise FormulaError(f"'{text}' is no formula ({error})") from None
        self.sessions_back = _back(self._tree)
        """Sessions before the last one that it reads."""
        if self.sessions_back > MAX_BACK:
            raise FormulaError(f"'{text}' looks back {self.sessions_back} sessions, more than {MAX_BACK}")

    def __call__(self, window: Mapping[str, Floats]) -> float:
        """Return the value at the last session of ``window``; NaN where a number that it needs is missing.

        Args:
            window: An array for each of ``FIELDS``, ``sessions_back + 1`` long or longer, oldest first.
        """
        with np.errstate(all="ignore"):
            return float(np.asarray(_value(self._tree, window), dtype=np.float64)[-1])


def _back(node: ast.expr) -> int:
    """Check a node, and return the sessions before the last one that it reads."""
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float()):
            return 0
        case ast.Name(id=name):
            if name in FIELDS:
                return 0
            raise FormulaError(f"unknown name '{name}'{did_you_mean(name, (*FIELDS, *ARGUMENTS))}")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _back(operand)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _BINARY:
            return max(_back(left), _back(right))
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _COMPARE:
            return max(_back(left), _back(right))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _back_of_call(name, arguments)
        case _:
            pass
    raise FormulaError(f"'{ast.unparse(node)}' is not part of the language")


def _back_of_call(name: str, arguments: list[ast.expr]) -> int:
    if name not in ARGUMENTS:
        raise FormulaError(f"unknown function '{name}'{did_you_mean(name, ARGUMENTS)}")
    wanted = ARGUMENTS[name]
    if len(arguments) != len(wanted):
        raise FormulaError(f"{name} takes {len(wanted)} argument(s) ({', '.join(wanted)}), not {len(arguments)}")
    if wanted[-1] != "sessions":
        return _back(arguments[0])
    sessions = _sessions(name, arguments[-1])
    return max(map(_back, arguments[:-1])) + (sessions if name in _SHIFTS else sessions - 1)


def _sessions(name: str, node: ast.expr) -> int:
    given = node.value if isinstance(node, ast.Constant) else None
    if type(given) is not int or not 1 <= given <= MAX_WINDOW:
        raise FormulaError(
            f"{name} needs a whole number of sessions from 1 to {MAX_WINDOW}, not '{ast.unparse(node)}': "
            "a formula may look back, and never ahead"
        )
    return given


def _value(node: ast.expr, window: Mapping[str, Floats]) -> Floats:
    """Value of a checked node, an array as long as the window."""
    match node:
        case ast.Constant(value=number):
            return np.full(len(window["close"]), float(number))  # type: ignore[arg-type]
        case ast.Name(id=name):
            return window[name]
        case ast.UnaryOp(operand=operand):
            return -_value(operand, window)
        case ast.BinOp(left=left, op=operator, right=right):
            return _BINARY[type(operator)](_value(left, window), _value(right, window))
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            one, other = _value(left, window), _value(right, window)
            said = _COMPARE[type(operator)](one, other).astype(np.float64)
            return np.where(np.isnan(one) | np.isnan(other), np.nan, said)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _call(name, arguments, window)
    raise AssertionError(f"{ast.dump(node)} was not checked")


def _call(name: str, arguments: list[ast.expr], window: Mapping[str, Floats]) -> Floats:
    x = _value(arguments[0], window)
    if name in _UNARY:
        return _UNARY[name](x)
    sessions = _sessions(name, arguments[-1])
    if name in _SHIFTS:
        before: Floats = np.concatenate([np.full(min(sessions, len(x)), np.nan), x[:-sessions]])
        return before if name == "delay" else x - before
    if name == "corr":
        return _filled(_correlation(_rows(x, sessions), _rows(_value(arguments[1], window), sessions)), len(x))
    return _filled(_ROLLING[name](_rows(x, sessions)), len(x))


def _rows(x: Floats, sessions: int) -> Floats:
    """Windows of ``x`` as rows; each result depends on its own window to the last bit."""
    return sliding_window_view(x, sessions) if len(x) >= sessions else np.empty((0, sessions))


def _correlation(x: Floats, y: Floats) -> Floats:
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    value: Floats = (x * y).sum(axis=1) / np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
    return value


def _filled(values: Floats, length: int) -> Floats:
    """Results of whole windows, with NaN before the first."""
    return np.concatenate([np.full(length - len(values), np.nan), values])


@lru_cache(maxsize=256)
def formula(text: str) -> Formula:
    """The checked formula of a text, parsed once."""
    return Formula(text)
