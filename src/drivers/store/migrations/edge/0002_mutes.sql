-- Spots that stay quiet after a person called a case there a false alarm; kept after they are over, since
-- the next one there lasts longer.
CREATE TABLE mutes (
    case_id       TEXT PRIMARY KEY NOT NULL,
    camera        TEXT NOT NULL,
    mute          TEXT NOT NULL,        -- Mute as JSON
    until_millis  INTEGER NOT NULL
) STRICT;
CREATE INDEX mutes_camera ON mutes (camera, until_millis);
