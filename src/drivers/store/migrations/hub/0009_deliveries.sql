-- Messages for a city's platform. state 1: waits; 0: arrived; 2: laid aside for a person.
CREATE TABLE deliveries (
    hook                TEXT   NOT NULL,
    message_id          TEXT   NOT NULL,
    case_id             TEXT   NOT NULL,
    -- The version of the case that the message tells of: messages of one case are sent in its order.
    number              BIGINT NOT NULL,
    payload             TEXT   NOT NULL,
    state               BIGINT NOT NULL,
    tries               BIGINT NOT NULL,
    created_at_millis   BIGINT NOT NULL,
    send_at_millis      BIGINT NOT NULL,
    delivered_at_millis BIGINT,
    dead_at_millis      BIGINT,
    last_error          TEXT,
    PRIMARY KEY (hook, message_id)
);
CREATE INDEX deliveries_due ON deliveries (hook, state, send_at_millis);
CREATE INDEX deliveries_of_case ON deliveries (hook, case_id, state, number);
