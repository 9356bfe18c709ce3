-- What has stood for long and is no case yet; a node that comes back goes on with it.
CREATE TABLE candidates (
    camera      TEXT PRIMARY KEY NOT NULL,
    candidates  TEXT NOT NULL         -- a list of Candidate as JSON
) STRICT;
