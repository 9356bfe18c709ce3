-- The hub's register. Plain SQL that SQLite and PostgreSQL both take: BIGINT, TEXT and DOUBLE
-- PRECISION only, times in milliseconds since the Unix epoch (UTC), booleans as 0 and 1.
-- No column holds a citizen's name, telephone number or other contact.

-- Append-only: what edges said, also what waits behind a gap. Never updated, never deleted.
CREATE TABLE facts (
    case_id            TEXT   NOT NULL,
    writer             TEXT   NOT NULL,
    revision           BIGINT NOT NULL,
    kind               TEXT   NOT NULL,
    payload            TEXT   NOT NULL,
    received_at_millis BIGINT NOT NULL,
    PRIMARY KEY (case_id, writer, revision)
);

-- How far each writer's stream of one case is applied; 0: all its facts wait behind a gap.
CREATE TABLE fact_streams (
    case_id         TEXT   NOT NULL,
    writer          TEXT   NOT NULL,
    applied_upto    BIGINT NOT NULL,
    first_at_millis BIGINT NOT NULL,
    PRIMARY KEY (case_id, writer)
);

-- The projection: the fold of facts and decisions.
CREATE TABLE cases (
    case_id             TEXT   NOT NULL PRIMARY KEY,
    version             BIGINT NOT NULL,
    state               TEXT   NOT NULL,
    phase               TEXT   NOT NULL,
    source              TEXT   NOT NULL,
    external_no         TEXT,
    event_code          TEXT   NOT NULL,
    event               TEXT   NOT NULL,
    pattern_id          TEXT,
    pattern_version     TEXT,
    camera_id           TEXT,
    node                TEXT,
    zone                TEXT,
    place               TEXT,
    first_seen_millis   BIGINT NOT NULL,
    confirmed_millis    BIGINT NOT NULL,
    last_seen_millis    BIGINT NOT NULL,
    gone_millis         BIGINT,
    dwell_secs          DOUBLE PRECISION NOT NULL,
    count               BIGINT NOT NULL,
    score               DOUBLE PRECISION NOT NULL,
    urgency             BIGINT NOT NULL,
    received_at_millis  BIGINT NOT NULL,
    disposed_at_millis  BIGINT,
    -- Counts feedbacks; the tries of a postcheck belong to one round.
    round               BIGINT NOT NULL,
    rework_count        BIGINT NOT NULL
);
CREATE UNIQUE INDEX cases_by_external_no ON cases (source, external_no);
CREATE INDEX cases_queue ON cases (urgency, received_at_millis DESC, case_id DESC);
CREATE INDEX cases_by_state ON cases (state, urgency, received_at_millis DESC, case_id DESC);

-- Append-only: every transition, by whom and why. Never updated, never deleted.
CREATE TABLE history (
    case_id    TEXT   NOT NULL,
    number     BIGINT NOT NULL,
    at_millis  BIGINT NOT NULL,
    actor      TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    from_state TEXT,
    to_state   TEXT   NOT NULL,
    reason     TEXT,
    note       TEXT,
    PRIMARY KEY (case_id, number)
);

-- Files, named by their digest.
CREATE TABLE evidence (
    sha256              TEXT   NOT NULL PRIMARY KEY,
    bytes               BIGINT NOT NULL,
    complete            BIGINT NOT NULL,
    first_at_millis     BIGINT NOT NULL,
    completed_at_millis BIGINT
);

-- What a file shows and of which case. `masked` 0: heads or plates may be seen, so it is not shown.
CREATE TABLE case_evidence (
    case_id            TEXT   NOT NULL,
    sha256             TEXT   NOT NULL,
    role               TEXT   NOT NULL,
    url                TEXT   NOT NULL,
    media_type         TEXT   NOT NULL,
    width_px           BIGINT NOT NULL,
    height_px          BIGINT NOT NULL,
    captured_at_millis BIGINT NOT NULL,
    masked             BIGINT NOT NULL,
    request_id         TEXT,
    PRIMARY KEY (case_id, sha256, role)
);
CREATE INDEX case_evidence_by_file ON case_evidence (sha256);

CREATE TABLE nodes (
    node            TEXT   NOT NULL PRIMARY KEY,
    status          TEXT   NOT NULL,
    heard_at_millis BIGINT NOT NULL
);

CREATE TABLE cameras (
    node      TEXT NOT NULL,
    camera_id TEXT NOT NULL,
    card      TEXT,
    health    TEXT,
    PRIMARY KEY (node, camera_id)
);

-- One look asked of an edge. `settled` 1: its outcome has been applied to the case.
CREATE TABLE verifications (
    request_id          TEXT   NOT NULL PRIMARY KEY,
    case_id             TEXT   NOT NULL,
    kind                TEXT   NOT NULL,
    round               BIGINT NOT NULL,
    try_number          BIGINT NOT NULL,
    node                TEXT   NOT NULL,
    request             TEXT   NOT NULL,
    requested_at_millis BIGINT NOT NULL,
    send_at_millis      BIGINT NOT NULL,
    deadline_millis     BIGINT NOT NULL,
    result              TEXT,
    result_at_millis    BIGINT,
    settled             BIGINT NOT NULL,
    settled_at_millis   BIGINT
);
CREATE INDEX verifications_by_case ON verifications (case_id, kind, round);
CREATE INDEX verifications_open ON verifications (settled, send_at_millis);

-- Decisions for edges. A row stays for a day after it was sent, so that a node that was away, or a
-- broker that forgot, is told again.
CREATE TABLE outbound (
    message_id        TEXT   NOT NULL PRIMARY KEY,
    node              TEXT   NOT NULL,
    topic             TEXT   NOT NULL,
    payload           TEXT   NOT NULL,
    created_at_millis BIGINT NOT NULL,
    sent_at_millis    BIGINT
);
CREATE INDEX outbound_unsent ON outbound (sent_at_millis, created_at_millis);
CREATE INDEX outbound_by_node ON outbound (node);

CREATE TABLE sessions (
    token_sha256      TEXT   NOT NULL PRIMARY KEY,
    name              TEXT   NOT NULL,
    created_at_millis BIGINT NOT NULL,
    expires_at_millis BIGINT NOT NULL
);

-- Append-only: who looked at which file, when and why.
CREATE TABLE views (
    view_id   TEXT   NOT NULL PRIMARY KEY,
    who       TEXT   NOT NULL,
    sha256    TEXT   NOT NULL,
    case_id   TEXT,
    why       TEXT   NOT NULL,
    part      TEXT   NOT NULL,
    at_millis BIGINT NOT NULL
);
CREATE INDEX views_by_file ON views (sha256, at_millis);
