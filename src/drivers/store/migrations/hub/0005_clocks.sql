-- How long each stage of a case has taken and may take (`domain::case::clock`): one row a run of a clock.
CREATE TABLE clocks (
    case_id             TEXT   NOT NULL,
    kind                TEXT   NOT NULL,
    run                 BIGINT NOT NULL,
    started_millis      BIGINT NOT NULL,
    -- Both NULL: it measures and has no limit.
    pace                TEXT,
    amount_millis       BIGINT,
    extensions          BIGINT NOT NULL,
    counted_from_millis BIGINT NOT NULL,
    left_millis         BIGINT NOT NULL,
    paused_since_millis BIGINT,
    paused_millis       BIGINT NOT NULL,
    deadline_millis     BIGINT,
    no_deadline         TEXT,
    overdue_millis      BIGINT,
    stopped_millis      BIGINT,
    -- 1: it may run out. 2: the calendar does not reach its deadline yet. 0: neither.
    watched             BIGINT NOT NULL,
    PRIMARY KEY (case_id, kind, run)
);
CREATE INDEX clocks_due ON clocks (watched, deadline_millis);

-- The next deadline of the clocks that run, and whether one of them has run out.
ALTER TABLE cases ADD COLUMN deadline_millis BIGINT;
ALTER TABLE cases ADD COLUMN overdue BIGINT NOT NULL DEFAULT 0;
