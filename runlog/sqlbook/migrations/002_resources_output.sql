-- What a run used of its machine, how its process was seen to end, which files
-- it read, and its output with what can be searched and told apart in it.

ALTER TABLE run ADD COLUMN within INTEGER NOT NULL DEFAULT 0;       -- the run that started this one
ALTER TABLE run ADD COLUMN outside INTEGER NOT NULL DEFAULT 0;      -- 1 if only somebody else recorded it, 2 if it did so too
ALTER TABLE run ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;       -- prune leaves it
ALTER TABLE run ADD COLUMN exit_seen INTEGER NOT NULL DEFAULT 0;    -- exit_code and signal are what the system says
ALTER TABLE run ADD COLUMN max_procs INTEGER NOT NULL DEFAULT 0;    -- cores that Go's scheduler may use, if not all
ALTER TABLE run ADD COLUMN cpu_model TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN memory INTEGER NOT NULL DEFAULT 0;       -- bytes of the machine
ALTER TABLE run ADD COLUMN cpu_limit REAL NOT NULL DEFAULT 0;       -- cores; 0 for none
ALTER TABLE run ADD COLUMN memory_limit INTEGER NOT NULL DEFAULT 0; -- bytes; 0 for none
ALTER TABLE run ADD COLUMN modules TEXT NOT NULL DEFAULT '[]';      -- JSON

-- What the process had used by a moment: a series with few points.
CREATE TABLE sample (
	run     INTEGER NOT NULL,
	at      INTEGER NOT NULL,
	cpu     INTEGER NOT NULL, -- user and system time since the start
	rss     INTEGER NOT NULL, -- bytes at that moment
	read    INTEGER NOT NULL, -- bytes from disks since the start
	written INTEGER NOT NULL, -- bytes to disks since the start
	PRIMARY KEY (run, at)
) WITHOUT ROWID;

-- A file that the run was given.
CREATE TABLE input (
	run      INTEGER NOT NULL,
	path     TEXT NOT NULL,
	bytes    INTEGER NOT NULL,
	modified INTEGER NOT NULL,
	digest   BLOB NOT NULL, -- of the content; empty if it was not read
	PRIMARY KEY (run, path)
) WITHOUT ROWID;

-- Which call or task printed a part of a stream, where that is known.
CREATE TABLE output_scope (
	run    INTEGER NOT NULL,
	stream TEXT NOT NULL,
	offset INTEGER NOT NULL, -- in its stream
	bytes  INTEGER NOT NULL,
	call   INTEGER NOT NULL DEFAULT 0,
	batch  INTEGER NOT NULL DEFAULT 0,
	task   INTEGER NOT NULL DEFAULT -1,
	PRIMARY KEY (run, stream, offset)
) WITHOUT ROWID;

-- A chunk's id is run << 32 | seq, so that the output of a run lies together and
-- in order.
ALTER TABLE output RENAME TO output_1;
CREATE TABLE output (
	id     INTEGER PRIMARY KEY,
	run    INTEGER NOT NULL,
	seq    INTEGER NOT NULL, -- order of arrival in the run, from 1
	stream TEXT NOT NULL,
	offset INTEGER NOT NULL, -- in its stream; where it jumps, output was left out
	at     INTEGER NOT NULL,
	bytes  BLOB NOT NULL
);
INSERT INTO output (id, run, seq, stream, offset, at, bytes)
	SELECT run << 32 | seq, run, seq, stream, offset, at, bytes FROM output_1 ORDER BY run, seq;
DROP TABLE output_1;
CREATE INDEX output_stream ON output (run, stream); -- and, within, by id

-- How much of a run's output is kept: its head, and as much of what came last.
CREATE TABLE output_kept (
	run        INTEGER PRIMARY KEY,
	head       INTEGER NOT NULL, -- seq of the last chunk of the head
	head_bytes INTEGER NOT NULL,
	tail_bytes INTEGER NOT NULL
);

-- Output is indexed in blocks of chunks that follow one another.
CREATE TABLE output_block (
	id   INTEGER PRIMARY KEY, -- of its first chunk
	last INTEGER NOT NULL     -- id of its last chunk
);
-- The trigrams of the lines in each block, from the beginning of its first line
-- on, as package sqlbook writes them.
CREATE VIRTUAL TABLE output_index USING fts5 (
	trigrams, content = '', contentless_delete = 1, tokenize = 'ascii', detail = 'none'
);
CREATE TRIGGER output_block_gone AFTER DELETE ON output_block BEGIN
	DELETE FROM output_index WHERE rowid = old.id;
END;
