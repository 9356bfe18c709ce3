-- Footage that people asked for: one row a camera, interval and masking, whoever asks.
CREATE TABLE footage (
    request_id       TEXT   NOT NULL PRIMARY KEY,
    node             TEXT   NOT NULL,
    camera_id        TEXT   NOT NULL,
    from_millis      BIGINT NOT NULL,
    to_millis        BIGINT NOT NULL,
    -- As the camera's card named it when it was asked; empty where it names none.
    masks            TEXT   NOT NULL,
    request          TEXT   NOT NULL,
    asked_at_millis  BIGINT NOT NULL,
    send_at_millis   BIGINT NOT NULL,
    deadline_millis  BIGINT NOT NULL,
    result           TEXT,
    result_at_millis BIGINT
);
CREATE INDEX footage_by_interval ON footage (node, camera_id, from_millis, to_millis);
CREATE INDEX footage_open ON footage (result_at_millis, deadline_millis);

-- For which cases, and who asked first.
CREATE TABLE footage_cases (
    request_id TEXT   NOT NULL,
    case_id    TEXT   NOT NULL,
    who        TEXT   NOT NULL,
    at_millis  BIGINT NOT NULL,
    PRIMARY KEY (request_id, case_id)
);
CREATE INDEX footage_by_case ON footage_cases (case_id);
