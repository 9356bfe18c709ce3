-- People who sign in, and the log of what they do that changes no case.

CREATE TABLE users (
    name              TEXT   NOT NULL PRIMARY KEY,
    -- Of an identity provider: its issuer, a space, and what it calls the person; such a row has no hash.
    subject           TEXT,
    password_hash     TEXT,
    -- Names with spaces between.
    roles             TEXT   NOT NULL,
    unit              TEXT,
    -- BeiDou codes with spaces between; empty: the whole district.
    area              TEXT   NOT NULL,
    disabled          BIGINT NOT NULL,
    created_at_millis BIGINT NOT NULL,
    changed_at_millis BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_by_subject ON users (subject);
CREATE INDEX sessions_by_name ON sessions (name);

-- Append-only: who looked at or took along what, who signed in, who changed which account. Takes the place
-- of `views`.
CREATE TABLE access_log (
    entry_id  TEXT   NOT NULL PRIMARY KEY,
    at_millis BIGINT NOT NULL,
    who       TEXT   NOT NULL,
    unit      TEXT,
    kind      TEXT   NOT NULL,
    case_id   TEXT,
    sha256    TEXT,
    why       TEXT   NOT NULL,
    -- Which part of a file, which change of an account.
    detail    TEXT   NOT NULL
);
INSERT INTO access_log (entry_id, at_millis, who, kind, case_id, sha256, why, detail)
    SELECT view_id, at_millis, who, 'view', case_id, sha256, why, part FROM views;
DROP TABLE views;
CREATE INDEX access_log_by_time ON access_log (at_millis, entry_id);
CREATE INDEX access_log_by_person ON access_log (who, at_millis, entry_id);
CREATE INDEX access_log_by_case ON access_log (case_id, at_millis, entry_id);
CREATE INDEX access_log_by_file ON access_log (sha256, at_millis, entry_id);
