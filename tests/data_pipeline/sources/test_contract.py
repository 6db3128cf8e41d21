"""The contract that every source keeps, run over a sample answer of each."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from data_pipeline.sources.protocol import Cursor, Parsed, RefusedResponse, Response, Window
from tests.data_pipeline.sources.hostile import HOSTILE_BODIES, mutations
from tests.data_pipeline.sources.sample import Sample, all_samples, counts

SAMPLES = all_samples()
WINDOW = Window(since=datetime(2025, 6, 2, tzinfo=UTC), until=datetime(2025, 6, 20, tzinfo=UTC))
SECRET = "s3cr3t-value-that-must-not-appear"


def samples(chosen: list[Sample]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("sample", chosen, ids=lambda sample: sample.id)


every_sample = samples(SAMPLES)
json_sample = samples([sample for sample in SAMPLES if sample.holds_json])
ranged_sample = samples([sample for sample in SAMPLES if "range" in sample.source.info.modes])


def parse(sample: Sample, body: bytes) -> Parsed | None:
    """Parse; None where the source refused the answer as a whole. Any other exception fails the test."""
    try:
        return sample.source.parse(sample.response(body))
    except RefusedResponse as refusal:
        if not refusal.reason:
            raise AssertionError("the refusal says no reason") from refusal
        return None


def check_nouns(parsed: Parsed, response: Response) -> None:
    """Check what holds for every parse, of good and of damaged answers."""
    for document in parsed.documents:
        assert document.title or document.body
        assert document.doc_id.startswith(f"{document.source}:")
        assert document.raw_sha256 == response.body_sha256
        for moment in (document.published_at, document.available_at, document.first_seen_at, document.updated_at):
            assert moment is None or moment.utcoffset() == timedelta(0)
        assert (document.published_at is None) == (document.time_quality == "unknown")
        if document.available_at is not None and document.published_at is not None:
            assert document.available_at >= document.published_at
        if response.mode == "stream":
            assert document.available_at is not None
            assert document.available_at >= response.fetched_at
            assert document.availability == "seen"
        document.model_dump_json().encode()  # no broken surrogate reaches a file
    for bar in parsed.bars:
        assert bar.low <= bar.high
    for noun in (*parsed.bars, *parsed.actions, *parsed.instruments, *parsed.observations):
        noun.model_dump_json().encode()
    for item in parsed.quarantine:
        assert item.reason
        assert item.item
        f"{item.item}{item.reason}".encode()
    for request in parsed.follow:
        assert request.model_dump_json().encode()
        assert len(request.key) == 64
    for mark in parsed.marks.values():
        assert mark.at is None or mark.at <= response.fetched_at


@every_sample
def test_recorded_answer_gives_all_its_items(sample):
    parsed = sample.parse()
    assert counts(parsed) == sample.expected, parsed.quarantine[:3]
    check_nouns(parsed, sample.response())


@every_sample
def test_parse_is_pure(sample):
    assert sample.parse() == sample.parse()


@every_sample
def test_parse_is_total_on_damaged_answers(sample):
    body = sample.read()
    seed = sum(sample.id.encode())
    for damaged in mutations(body[:200_000], seed, sample.damaged):
        parsed = parse(sample, damaged)
        if parsed is not None:
            check_nouns(parsed, sample.response(damaged))


@every_sample
def test_parse_is_total_on_hostile_answers(sample):
    for body in HOSTILE_BODIES:
        parsed = parse(sample, body)
        if parsed is not None:
            check_nouns(parsed, sample.response(body))


@json_sample
def test_ids_do_not_depend_on_the_order_of_items(sample):
    turned = json.dumps(_turned(json.loads(sample.read()))).encode()
    found = sample.source.parse(sample.response(turned)).documents
    assert {document.doc_id for document in sample.parse().documents} == {document.doc_id for document in found}


def _turned(value):
    """Turn the lists of objects round; a list of scalars may be a row with positions."""
    if isinstance(value, dict):
        return {name: _turned(inner) for name, inner in value.items()}
    if isinstance(value, list) and all(isinstance(inner, dict) for inner in value):
        return [_turned(inner) for inner in reversed(value)]
    return value


@json_sample
def test_unknown_fields_are_counted(sample):
    surprised = json.dumps(_surprised(json.loads(sample.read()))).encode()
    parsed = sample.source.parse(sample.response(surprised))
    assert any("surprise_of_the_test" in name for name in parsed.unknown_fields)


def _surprised(value):
    if isinstance(value, dict):
        return {name: _surprised(inner) for name, inner in value.items()} | {"surprise_of_the_test": 1}
    return [_surprised(inner) for inner in value] if isinstance(value, list) else value


@every_sample
def test_plan_is_deterministic_and_holds_no_secret(sample, monkeypatch):
    source, cursor = sample.source, Cursor()
    names = {*source.info.credentials, *source.info.optional_credentials}
    for name in sorted(names):
        monkeypatch.setenv(name, SECRET)
    plans = []
    if "range" in source.info.modes or "file" in source.info.modes:
        plans.append(source.plan(cursor, WINDOW, sample.scope))
        assert plans[-1] == source.plan(cursor, WINDOW, sample.scope)
    if "stream" in source.info.modes:
        plans.append(source.stream(cursor, sample.scope))
        assert plans[-1] == source.stream(cursor, sample.scope)
    assert any(plans), "the source plans nothing for the sample's scope"
    for request in (request for plan in plans for request in plan):
        assert SECRET not in request.model_dump_json()
        assert request.url.startswith(("https://", "file:", "baostock:"))
        assert {auth.env for auth in request.auth} <= names
    keys = [request.key for plan in plans for request in plan]
    assert len(keys) == len(set(keys)), "two planned requests are the same"


@every_sample
def test_marks_only_move_forward(sample):
    marks = sample.parse().marks
    cursor = Cursor().advanced(marks)
    assert cursor.advanced(marks) == cursor
    assert cursor.advanced({stream: type(mark)() for stream, mark in marks.items()}) == cursor


@ranged_sample
def test_range_answer_is_available_no_later_than_it_was_fetched(sample):
    """What is in our hands is known; what was published is not known before it was."""
    response = sample.response()
    later = Response(response.request, response.url, 200, response.headers, response.body, response.fetched_at, "range")
    for document in sample.source.parse(later).documents:
        if document.available_at is not None:
            assert document.available_at <= max(document.published_at or later.fetched_at, later.fetched_at)
