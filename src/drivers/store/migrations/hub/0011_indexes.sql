-- Indexes for many years of cases.

-- What new cases are looked up among: the open ones alone. The condition is the look-up's own, word for word.
DROP INDEX cases_by_cell;
DROP INDEX cases_by_component;
CREATE INDEX cases_open_by_cell ON cases (cell)
    WHERE state NOT IN ('CLOSED', 'REJECTED', 'VANISHED', 'MERGED');
CREATE INDEX cases_open_by_component ON cases (component_id)
    WHERE state NOT IN ('CLOSED', 'REJECTED', 'VANISHED', 'MERGED');

-- Of what few cases have, the few alone: an index of all would be written for each case and read for none.
DROP INDEX cases_by_master;
DROP INDEX cases_by_reopened;
DROP INDEX cases_by_external_no;
CREATE INDEX cases_by_master ON cases (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX cases_by_reopened ON cases (reopens) WHERE reopens IS NOT NULL;
CREATE UNIQUE INDEX cases_by_external_no ON cases (source, external_no) WHERE external_no IS NOT NULL;

-- A page of the queue is put together of pieces, each of one state and urgency, in the order of its index.
DROP INDEX cases_queue;
CREATE INDEX cases_by_camera ON cases (camera_id, state, urgency, received_at_millis DESC, case_id DESC);
CREATE INDEX cases_by_event ON cases (event_code, state, urgency, received_at_millis DESC, case_id DESC);

-- The cell of a place follows it, and is of every case that has one: areas are asked by it. A place begins
-- with its code, and that with the code of its cell, unless the place is known less well than that.
UPDATE cases SET spot = substr(place, 13, 12)
WHERE place IS NOT NULL AND substr(place, 13, 12) NOT LIKE '%"%';
CREATE INDEX cases_by_area ON cases (state, spot);
