-- Who deals with a case. `first_handler` stays, whoever it is passed on to.
ALTER TABLE cases ADD COLUMN unit TEXT;
ALTER TABLE cases ADD COLUMN first_handler TEXT;
ALTER TABLE cases ADD COLUMN return_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN suspensions BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN suspended_until_millis BIGINT;

-- When it was last closed; and whether it is proposed that it was not done (结案回退).
ALTER TABLE cases ADD COLUMN closed_at_millis BIGINT;
ALTER TABLE cases ADD COLUMN reopen_proposed BIGINT NOT NULL DEFAULT 0;
UPDATE cases SET closed_at_millis = (SELECT MAX(h.at_millis) FROM history h
    WHERE h.case_id = cases.case_id AND h.to_state = 'CLOSED' AND h.from_state <> 'CLOSED')
WHERE state = 'CLOSED';

-- Of a new case: the closed one that it may show to be not done, or that has come back with it; and how
-- often, on how many days, its place has had the like in 30 days, itself among them.
ALTER TABLE cases ADD COLUMN reopens TEXT;
ALTER TABLE cases ADD COLUMN recurrence_of TEXT;
ALTER TABLE cases ADD COLUMN cases_30d BIGINT NOT NULL DEFAULT 1;
ALTER TABLE cases ADD COLUMN days_30d BIGINT NOT NULL DEFAULT 1;
CREATE INDEX cases_by_reopened ON cases (reopens);

-- The cell that a case is counted in, whoever opened it; `cell` is only of cases that an edge opened.
ALTER TABLE cases ADD COLUMN spot TEXT;
UPDATE cases SET spot = cell;
CREATE INDEX cases_by_spot ON cases (spot, event_code, received_at_millis);

-- One root a day over the chains that have grown (`domain::case::day_root`), and what it covers.
ALTER TABLE cases ADD COLUMN sealed_version BIGINT NOT NULL DEFAULT 0;
-- A midnight costs what the day has changed, not what there is.
CREATE INDEX cases_unsealed ON cases (case_id) WHERE version > sealed_version;
CREATE TABLE day_roots (
    day           TEXT   NOT NULL PRIMARY KEY,
    root          TEXT   NOT NULL,
    chains        BIGINT NOT NULL,
    sealed_millis BIGINT NOT NULL
);
CREATE TABLE day_leaves (
    day     TEXT   NOT NULL,
    case_id TEXT   NOT NULL,
    number  BIGINT NOT NULL,
    head    TEXT   NOT NULL,
    PRIMARY KEY (day, case_id)
);
CREATE INDEX day_leaves_by_case ON day_leaves (case_id, day);
