-- What a node last told of itself, each minute.
ALTER TABLE nodes ADD COLUMN stats TEXT;
