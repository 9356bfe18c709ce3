-- The queue is urgent first, then what is due first (`list`): its pieces are read in this order. An index on an
-- expression is used where a query has the expression word for word.
DROP INDEX cases_by_state;
DROP INDEX cases_by_camera;
DROP INDEX cases_by_event;
CREATE INDEX cases_by_state
    ON cases (state, urgency, (COALESCE(deadline_millis, 9223372036854775807)), case_id DESC);
CREATE INDEX cases_by_camera
    ON cases (camera_id, state, urgency, (COALESCE(deadline_millis, 9223372036854775807)), case_id DESC);
CREATE INDEX cases_by_event
    ON cases (event_code, state, urgency, (COALESCE(deadline_millis, 9223372036854775807)), case_id DESC);
-- Of what no camera found: whoever asks for what cameras found meets it soon enough by the state.
CREATE INDEX cases_by_source
    ON cases (source, state, urgency, (COALESCE(deadline_millis, 9223372036854775807)), case_id DESC)
    WHERE source <> 'video';
-- In whatever order, they are few.
DROP INDEX cases_by_assignee;
CREATE INDEX cases_by_assignee ON cases (assignee, state) WHERE assignee IS NOT NULL;
