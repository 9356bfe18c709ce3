-- What comes back to one spot (屡治屡返), by the time of the case that shows it.
CREATE INDEX cases_recurring ON cases (received_at_millis) WHERE cases_30d >= 3;
