-- How many cores the Go scheduler was allowed to use when the run began, if not all.

ALTER TABLE run ADD COLUMN max_procs INTEGER NOT NULL DEFAULT 0;
