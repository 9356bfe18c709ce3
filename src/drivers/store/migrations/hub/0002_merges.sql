-- One thing seen by cameras of several nodes: cases merged into one, which goes on for all.

-- The case that this one is merged into, and the state it had; both are set exactly while it is MERGED.
ALTER TABLE cases ADD COLUMN merged_into TEXT;
ALTER TABLE cases ADD COLUMN merged_from TEXT;
CREATE INDEX cases_by_master ON cases (merged_into);

-- What an open case is looked up by when another node opens one: the cell of its place at
-- `same_place::SEARCH_LEVEL`, or its asset. Only of cases that an edge opened; one from before this
-- column gets it with the edge's next word.
ALTER TABLE cases ADD COLUMN cell TEXT;
ALTER TABLE cases ADD COLUMN component_id TEXT;
-- Every column is asked for by equality, so a look-up of nine cells costs the same whatever number of
-- closed cases has gathered there in years.
CREATE INDEX cases_by_cell ON cases (cell, state, pattern_id);
CREATE INDEX cases_by_component ON cases (component_id, state, pattern_id);

-- A suspicion (疑似): 1 where the edge says so.
ALTER TABLE cases ADD COLUMN suspected BIGINT NOT NULL DEFAULT 0;
