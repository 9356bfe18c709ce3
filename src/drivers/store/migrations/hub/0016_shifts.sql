-- Shift handover (交接班): who gave what one had to whom, and whether the note has been read.
CREATE TABLE handovers (
    handover_id    TEXT   NOT NULL PRIMARY KEY,
    giver          TEXT   NOT NULL,
    receiver       TEXT   NOT NULL,
    note           TEXT   NOT NULL,
    at_millis      BIGINT NOT NULL,
    cases          BIGINT NOT NULL,
    read_at_millis BIGINT
);
CREATE INDEX handovers_by_giver ON handovers (giver, at_millis);
CREATE INDEX handovers_by_receiver ON handovers (receiver, at_millis);
