"""The tables of a store."""

VERSION = 1

TABLES = """
CREATE TABLE IF NOT EXISTS responses (            -- the archive's index: every answer, in the order of arrival
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  request_key TEXT NOT NULL,
  request TEXT NOT NULL,                          -- JSON, without secrets
  url TEXT NOT NULL,                              -- final address, without secrets
  status INTEGER NOT NULL,
  headers TEXT NOT NULL,                          -- JSON of the kept headers
  fetched_at TEXT NOT NULL,                       -- ISO 8601, UTC
  mode TEXT NOT NULL,
  sha256 TEXT NOT NULL,                           -- of the body: its name in the archive
  size INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS responses_by_source ON responses (source, id);
CREATE INDEX IF NOT EXISTS responses_by_request ON responses (request_key, id);

CREATE TABLE IF NOT EXISTS parses (               -- which answer was parsed by which parser, and how it ended
  response_id INTEGER NOT NULL REFERENCES responses (id),
  parser TEXT NOT NULL,
  outcome TEXT NOT NULL,                          -- 'ok', or the reason why the answer was refused
  PRIMARY KEY (response_id, parser)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS records (              -- documents, bars, actions, instruments, observations
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  parser TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,                              -- identity within its kind
  revision INTEGER NOT NULL,
  content TEXT NOT NULL,                          -- hash of what a new revision would change
  response_id INTEGER NOT NULL REFERENCES responses (id),
  value TEXT NOT NULL                             -- JSON of the noun
);
CREATE UNIQUE INDEX IF NOT EXISTS records_by_key ON records (source, parser, kind, key, revision);

CREATE TABLE IF NOT EXISTS quarantine (
  source TEXT NOT NULL,
  parser TEXT NOT NULL,
  response_id INTEGER NOT NULL REFERENCES responses (id),
  item TEXT NOT NULL,                             -- raw address
  reason TEXT NOT NULL,
  raw_sha256 TEXT NOT NULL,
  PRIMARY KEY (source, parser, response_id, item, reason, raw_sha256)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS counts (               -- named counts; unknown fields under 'unknown:<path>'
  source TEXT NOT NULL,
  parser TEXT NOT NULL,
  name TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (source, parser, name)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS jobs (                 -- one wanted window, or one look at the newest
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  mode TEXT NOT NULL,
  scope TEXT NOT NULL,                            -- JSON
  since TEXT,
  until TEXT,
  marks TEXT NOT NULL DEFAULT '{}',               -- JSON of the marks so far; they reach the cursor when the job is done
  state TEXT NOT NULL,                            -- 'open' or 'done'
  started_at TEXT NOT NULL,
  ended_at TEXT
);
CREATE INDEX IF NOT EXISTS jobs_by_source ON jobs (source, state);

CREATE TABLE IF NOT EXISTS frontier (             -- the requests of open jobs
  job_id INTEGER NOT NULL REFERENCES jobs (id),
  position INTEGER NOT NULL,
  request_key TEXT NOT NULL,
  host TEXT NOT NULL,
  request TEXT NOT NULL,
  state TEXT NOT NULL,                            -- 'waiting', 'done', 'gone' or 'failed'
  tried INTEGER NOT NULL DEFAULT 0,               -- 1 after a failure: it is asked again after the others
  reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (job_id, position),
  UNIQUE (job_id, request_key)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS frontier_waiting ON frontier (job_id, tried, position) WHERE state = 'waiting';

CREATE TABLE IF NOT EXISTS cursors (
  source TEXT NOT NULL,
  scope TEXT NOT NULL,
  cursor TEXT NOT NULL,                           -- JSON
  moved_at TEXT NOT NULL,
  PRIMARY KEY (source, scope)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS health (
  source TEXT PRIMARY KEY,
  last_success TEXT,
  last_failure TEXT,
  reason TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
"""
