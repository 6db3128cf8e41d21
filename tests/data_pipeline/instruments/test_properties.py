"""Properties of the registry over made-up histories."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.instruments import build_registry
from tests.data_pipeline.instruments.made import event, row

FIRST = date(2000, 1, 3)
SYMBOLS = ("A", "B", "C")


@st.composite
def histories(draw):
    """Rows of few symbols and companies, so that they collide, and events between them."""
    rows, actions = [], []
    for _ in range(draw(st.integers(1, 8))):
        since = draw(st.integers(0, 40))
        until = draw(st.one_of(st.none(), st.integers(since + 1, 45)))
        symbol = draw(st.sampled_from(SYMBOLS))
        cik = draw(st.sampled_from((None, "0000000001", "0000000002")))
        identity = draw(
            st.sampled_from((None, "US:A", "US:B", "own", "other", *((f"CIK{cik}:{symbol}",) if cik else ())))
        )
        rows.append(row(symbol, str(at(since)), str(at(until)) if until is not None else None, identity, cik))
    for _ in range(draw(st.integers(0, 3))):
        old, new = draw(st.permutations(SYMBOLS))[:2]
        kind = draw(st.sampled_from(("symbol_change", "delisting")))
        actions.append(event(old, str(at(draw(st.integers(1, 45)))), kind, 1.0, f"{old} to {new}"))
    return rows, actions


def at(step):
    return FIRST + timedelta(days=step)


def meanings(registry, until):
    """Everything that the registry says of the days before step ``until``."""
    names = (*SYMBOLS, "CIK0000000001", "CIK0000000002")
    return {(name, step): registry.explain(name, "US", at(step)) for name in names for step in range(-1, until)}


@settings(deadline=None, max_examples=150)
@given(histories())
def test_every_symbol_and_day_means_at_most_one_instrument(history):
    rows, actions = history
    registry = build_registry(instruments=rows, actions=actions)
    for (name, step), found in meanings(registry, 46).items():
        claims = {
            span.instrument_id
            for span in registry.spans
            if name in (span.symbol, f"CIK{span.cik}")
            and (span.valid_from or date.min) <= at(step) < (span.valid_to or date.max)
        }
        assert found.instrument_id == (claims.pop() if len(claims) == 1 else None)
        assert (found.instrument_id is None) == (found.reason is not None)


@settings(deadline=None, max_examples=150)
@given(histories(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(history, random):
    rows, actions = history
    shuffled = random.sample(rows, len(rows)), random.sample(actions, len(actions))
    assert (
        build_registry(instruments=shuffled[0], actions=shuffled[1])
        .frame()
        .equals(build_registry(instruments=rows, actions=actions).frame())
    )


@settings(deadline=None, max_examples=300)
@given(histories(), st.integers(1, 45))
def test_later_history_never_changes_what_was_resolved_before(history, step):
    """What began by a day means the same with and without all that began, or happened, on later days."""
    rows, actions = history
    known = [entry for entry in rows if entry.valid_from < at(step)]
    before = build_registry(instruments=known, actions=[a for a in actions if a.ex_date < at(step)])
    after = build_registry(instruments=rows, actions=actions)
    told, still = meanings(before, step), meanings(after, step)
    for (name, day), found in told.items():
        later = still[name, day].instrument_id
        if name in SYMBOLS:
            assert later == found.instrument_id
        else:  # a company number may be learned later, never another instrument for it
            assert found.instrument_id is None or later in (found.instrument_id, None)
