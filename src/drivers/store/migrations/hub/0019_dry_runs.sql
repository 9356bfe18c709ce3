-- A pattern tried on recorded footage: what was asked, and the edge's latest word. Kept for a day.
CREATE TABLE dry_runs (
    request_id       TEXT   NOT NULL PRIMARY KEY,
    node             TEXT   NOT NULL,
    camera_id        TEXT   NOT NULL,
    who              TEXT   NOT NULL,
    request          TEXT   NOT NULL,
    asked_at_millis  BIGINT NOT NULL,
    send_at_millis   BIGINT NOT NULL,
    deadline_millis  BIGINT NOT NULL,
    result           TEXT,
    result_at_millis BIGINT,
    -- Whether that is its last word.
    over             BIGINT NOT NULL
);
CREATE INDEX dry_runs_open ON dry_runs (over, send_at_millis);
