-- Cases of some cells are found in an index alone, and those that lie elsewhere are passed over in the order of
-- the queue without being read.
DROP INDEX cases_by_area;
CREATE INDEX cases_by_area ON cases (state, spot, case_id);
DROP INDEX cases_by_state;
CREATE INDEX cases_by_state
    ON cases (state, urgency, (COALESCE(deadline_millis, 9223372036854775807)), case_id DESC, spot);
