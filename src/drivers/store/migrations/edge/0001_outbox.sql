-- The edge's whole durable state. One transaction writes a case, its outbox row and its uploads.

-- The edge's current picture of each case it opened; read back at start.
CREATE TABLE cases (
    case_id  TEXT PRIMARY KEY NOT NULL,
    camera   TEXT NOT NULL,
    state    TEXT NOT NULL,             -- CaseState as JSON
    is_open  INTEGER NOT NULL CHECK (is_open IN (0, 1))
) STRICT;
CREATE INDEX cases_open ON cases (camera) WHERE is_open = 1;

-- Facts that the hub has not acknowledged. AUTOINCREMENT: a seq is never used twice.
CREATE TABLE outbox (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id   TEXT NOT NULL REFERENCES cases (case_id),
    camera    TEXT NOT NULL,
    revision  INTEGER NOT NULL CHECK (revision >= 1),
    topic     TEXT NOT NULL,
    payload   BLOB NOT NULL,
    UNIQUE (case_id, revision)
) STRICT;
CREATE INDEX outbox_camera ON outbox (camera, seq);

-- Evidence files that the hub does not hold yet.
CREATE TABLE uploads (
    sha256          TEXT PRIMARY KEY NOT NULL CHECK (length(sha256) = 64),
    path            TEXT NOT NULL,
    bytes           INTEGER NOT NULL,
    media_type      TEXT NOT NULL,
    added_at_millis INTEGER NOT NULL
) STRICT;
CREATE INDEX uploads_age ON uploads (added_at_millis);

-- Answers given, so that a repeated request gets the same answer.
CREATE TABLE verify_results (
    request_id TEXT PRIMARY KEY NOT NULL,
    payload    BLOB NOT NULL,
    at_millis  INTEGER NOT NULL
) STRICT;
CREATE INDEX verify_results_age ON verify_results (at_millis);

CREATE TABLE meta (
    name  TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO meta (name, value) VALUES ('run', 0);
