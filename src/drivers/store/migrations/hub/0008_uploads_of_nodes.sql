-- Whose upload a file is, as its certificate says; none: by the token that all nodes share.
ALTER TABLE evidence ADD COLUMN node TEXT;
