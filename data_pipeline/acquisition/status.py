"""Status: what a store holds of each source, and how far behind it is."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from data_pipeline.acquisition.client import utc_now
from data_pipeline.acquisition.store import Store
from data_pipeline.sources.protocol import Cursor

KINDS = ("document", "bar", "action", "instrument", "observation")


def status(store: Store, clock: Callable[[], datetime] = utc_now) -> list[dict[str, Any]]:
    """Return a row a source: cursor, last success, records by kind, quarantined, lag.

    The lag is the hours since the newest document of a source that is streamed.
    """
    names = [
        row["source"]
        for row in store.rows("SELECT source FROM responses UNION SELECT source FROM health ORDER BY source")
    ]
    return [_row(store, name, clock()) for name in names]


def _row(store: Store, name: str, now: datetime) -> dict[str, Any]:
    kinds = {
        row["kind"]: row["n"]
        for row in store.rows(
            "SELECT kind, count(*) AS n FROM records WHERE source = ? AND parser NOT LIKE '%~replay' GROUP BY kind",
            (name,),
        )
    }
    quarantined = store.rows(
        "SELECT count(*) AS n FROM quarantine WHERE source = ? AND parser NOT LIKE '%~replay'", (name,)
    )[0]["n"]
    answers = store.rows(
        "SELECT count(*) AS n, coalesce(sum(size), 0) AS bytes FROM responses WHERE source = ?", (name,)
    )
    health = (store.rows("SELECT * FROM health WHERE source = ?", (name,)) or [{}])[0]
    open_jobs = store.rows("SELECT count(*) AS n FROM jobs WHERE source = ? AND state = 'open'", (name,))[0]["n"]
    newest = store.rows(
        "SELECT max(json_extract(value, '$.published_at')) AS at FROM records WHERE source = ? AND kind = 'document'"
        " AND EXISTS (SELECT 1 FROM cursors WHERE cursors.source = records.source)",
        (name,),
    )[0]["at"]
    lag = (now - datetime.fromisoformat(newest)).total_seconds() / 3600 if newest else None
    return {
        "source": name,
        "cursor": _cursor_text(store, name),
        "last success": _minute(health.get("last_success")),
        **{f"{kind}s": kinds.get(kind, 0) for kind in KINDS},
        "quarantined": quarantined,
        "answers": answers[0]["n"],
        "megabytes": round(answers[0]["bytes"] / 1e6, 1),
        "open jobs": open_jobs,
        "lag (h)": None if lag is None else round(lag, 1),
        "trouble": health.get("reason") or "",
    }


def _cursor_text(store: Store, name: str) -> str:
    """The furthest mark of all streams of a source."""
    furthest: Cursor = Cursor()
    for row in store.rows("SELECT cursor FROM cursors WHERE source = ?", (name,)):
        for mark in Cursor.model_validate_json(row["cursor"]).marks.values():
            furthest = furthest.advanced({"": mark})
    at, serial = furthest.at(), furthest.serial()
    parts = [at.strftime("%Y-%m-%d %H:%M") if at else "", f"#{serial}" if serial is not None else ""]
    return " ".join(part for part in parts if part)


def _minute(text: str | None) -> str:
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M") if text else ""
