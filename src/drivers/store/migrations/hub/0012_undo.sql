-- Taking back one's own last decision (撤销): who may, until when; set while the last step of the case is one.
ALTER TABLE cases ADD COLUMN undo_by TEXT;
ALTER TABLE cases ADD COLUMN undo_until_millis BIGINT;

-- How a case was before that decision. Of no use, and dropped, once the time is over.
CREATE TABLE undos (
    case_id      TEXT   NOT NULL PRIMARY KEY,
    until_millis BIGINT NOT NULL,
    was          TEXT   NOT NULL
);
CREATE INDEX undos_by_time ON undos (until_millis);

-- A decision is not sent before this time; `held`: of which step, while that may be taken back.
ALTER TABLE outbound ADD COLUMN send_at_millis BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbound ADD COLUMN held TEXT;
CREATE INDEX outbound_held ON outbound (held) WHERE held IS NOT NULL;

-- Also by case alone.
DROP INDEX deliveries_of_case;
CREATE INDEX deliveries_of_case ON deliveries (case_id, hook, state, number);
