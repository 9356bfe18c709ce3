-- What happened in a span of time is asked of the histories.
CREATE INDEX history_by_time ON history (at_millis);

-- The figures of a day that is over, as they were first told: for ever the same.
CREATE TABLE digests (
    day         TEXT   NOT NULL PRIMARY KEY,
    body        TEXT   NOT NULL,
    made_millis BIGINT NOT NULL
);
