-- A false alarm that several cameras saw is quiet before each of them.
CREATE TABLE mutes_of_each (
    case_id       TEXT NOT NULL,
    camera        TEXT NOT NULL,
    mute          TEXT NOT NULL,        -- Mute as JSON
    until_millis  INTEGER NOT NULL,
    PRIMARY KEY (case_id, camera)
) STRICT;
INSERT INTO mutes_of_each SELECT case_id, camera, mute, until_millis FROM mutes;
DROP TABLE mutes;
ALTER TABLE mutes_of_each RENAME TO mutes;
CREATE INDEX mutes_camera ON mutes (camera, until_millis);
