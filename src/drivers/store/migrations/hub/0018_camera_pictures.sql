-- Pictures of a camera that are no case's: what people asked it to show. Kept for a day.
CREATE TABLE camera_pictures (
    request_id         TEXT   NOT NULL,
    sha256             TEXT   NOT NULL,
    node               TEXT   NOT NULL,
    camera_id          TEXT   NOT NULL,
    media_type         TEXT   NOT NULL,
    captured_at_millis BIGINT NOT NULL,
    at_millis          BIGINT NOT NULL,
    PRIMARY KEY (request_id, sha256)
);
CREATE INDEX camera_pictures_by_file ON camera_pictures (sha256);
CREATE INDEX camera_pictures_by_time ON camera_pictures (at_millis);
