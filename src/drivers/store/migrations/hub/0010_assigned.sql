-- With whom of the grid's staff a case is, and why; `assigned_why` without a name: with nobody.
ALTER TABLE cases ADD COLUMN assignee TEXT;
ALTER TABLE cases ADD COLUMN assigned_why TEXT;
ALTER TABLE cases ADD COLUMN assigned_metres BIGINT;
ALTER TABLE cases ADD COLUMN assigned_at_millis BIGINT;
-- Why no video could decide, while the case is with people.
ALTER TABLE cases ADD COLUMN manual_reason TEXT;
CREATE INDEX cases_by_assignee ON cases (assignee, urgency, received_at_millis DESC, case_id DESC)
    WHERE assignee IS NOT NULL;
