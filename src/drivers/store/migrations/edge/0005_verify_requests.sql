-- Looks that were asked for and not answered yet; a node that comes back goes on with them. A row goes in
-- the transaction that stores its answer.
CREATE TABLE verify_requests (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id  TEXT NOT NULL UNIQUE,
    request     TEXT NOT NULL           -- VerifyRequestData as JSON
) STRICT;
