-- Each entry of a case's history covers the one before it (`domain::case::audit`). NULL: from before
-- this column; the first entry with a hash covers those as well.
ALTER TABLE history ADD COLUMN hash TEXT;
