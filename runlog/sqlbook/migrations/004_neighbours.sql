-- What is looked up to say why something was computed: the keys that are next to
-- another, the values that are near one, and the calls that a value came from.

ALTER TABLE source ADD COLUMN via TEXT NOT NULL DEFAULT '';      -- name of what reached it first
ALTER TABLE source ADD COLUMN file TEXT NOT NULL DEFAULT '';
ALTER TABLE source ADD COLUMN line INTEGER NOT NULL DEFAULT 0;

-- Where the run keeps the function's results.
ALTER TABLE run_func ADD COLUMN folder TEXT NOT NULL DEFAULT '';
ALTER TABLE run_func ADD COLUMN is_new INTEGER NOT NULL DEFAULT 0; -- it held none of them when the run first called it
ALTER TABLE run_func ADD COLUMN limits TEXT NOT NULL DEFAULT '';   -- for people

-- What the call that is stored came to, so that it can be summed up over many keys.
ALTER TABLE key ADD COLUMN duration INTEGER NOT NULL DEFAULT 0;
ALTER TABLE key ADD COLUMN result BLOB; -- the first 8 bytes of result_digest; NULL if it is not known
UPDATE key SET (duration, result) = (SELECT coalesce(max(duration), 0), substr(result_digest, 1, 8) FROM call WHERE call.id = key.stored) WHERE stored <> 0;

-- Each key by all of its arguments, and by all but one of them: two keys that differ
-- in one argument have a digest in common. Digests are at random, and rows at random
-- places of a large table cost much to insert. An era is some thousand keys, so that
-- its rows are few enough to be at hand while they become more; who looks for a
-- digest looks into each era. Package sqlbook makes the rows from those of part.
CREATE TABLE leave_one_out (
	era    INTEGER NOT NULL, -- key >> 12
	slot   INTEGER NOT NULL, -- 24 bits that stand for the function and the name of the argument that is left out
	digest INTEGER NOT NULL, -- of these and the other arguments
	key    INTEGER NOT NULL,
	rest   INTEGER NOT NULL, -- 48 bits of a digest of the parts that are no arguments
	value  REAL,             -- of the argument that is left out, if it is a number
	PRIMARY KEY (era, slot, digest, key)
) WITHOUT ROWID;

-- The sketch of each snapshot that has one: values with a bucket in common are
-- probably near each other.
CREATE TABLE sketch (
	bucket INTEGER NOT NULL,
	value  BLOB NOT NULL, -- the first 8 bytes of the digest of the value
	PRIMARY KEY (bucket, value)
) WITHOUT ROWID;

-- The values that a call returned.
CREATE TABLE result (
	run    INTEGER NOT NULL,
	call   INTEGER NOT NULL, -- its number in the run
	path   TEXT NOT NULL,    -- where in what the call returned
	era    INTEGER NOT NULL, -- that of the call's key, as in leave_one_out, but key >> 15
	digest BLOB NOT NULL,    -- of the value, as in part
	PRIMARY KEY (run, call, path)
) WITHOUT ROWID;
CREATE INDEX result_value ON result (era, substr(digest, 1, 8), run);

-- The first call of a run with each key, also if it was a hit. The index of calls by
-- their keys leaves hits out.
CREATE TABLE first_call (
	run  INTEGER NOT NULL,
	key  INTEGER NOT NULL,
	call INTEGER NOT NULL, -- its number in the run
	PRIMARY KEY (run, key)
) WITHOUT ROWID;
