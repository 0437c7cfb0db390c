-- The lab-book. Times are nanoseconds since 1970 UTC, durations nanoseconds,
-- digests raw bytes. A call's id is run << 32 | number, so that the calls of a
-- run lie together and in order.

CREATE TABLE run (
	id             INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: people write it down
	uuid           TEXT NOT NULL UNIQUE,
	rerun_of       INTEGER NOT NULL DEFAULT 0,
	name           TEXT NOT NULL DEFAULT '',
	started        INTEGER NOT NULL DEFAULT 0,
	ended          INTEGER NOT NULL DEFAULT 0,
	heartbeat      INTEGER NOT NULL DEFAULT 0,
	status         TEXT NOT NULL DEFAULT 'running',
	exit_code      INTEGER NOT NULL DEFAULT 0,
	signal         TEXT NOT NULL DEFAULT '',
	error          TEXT NOT NULL DEFAULT '',
	implicit       INTEGER NOT NULL DEFAULT 0,
	debug          INTEGER NOT NULL DEFAULT 0,
	utime          INTEGER NOT NULL DEFAULT 0,
	stime          INTEGER NOT NULL DEFAULT 0,
	max_rss        INTEGER NOT NULL DEFAULT 0,
	calls          INTEGER NOT NULL DEFAULT 0,
	hits           INTEGER NOT NULL DEFAULT 0,
	misses         INTEGER NOT NULL DEFAULT 0,
	errors         INTEGER NOT NULL DEFAULT 0,
	bypasses       INTEGER NOT NULL DEFAULT 0,
	running        INTEGER NOT NULL DEFAULT 0,
	saved          INTEGER NOT NULL DEFAULT 0,
	spent          INTEGER NOT NULL DEFAULT 0,
	tasks          INTEGER NOT NULL DEFAULT 0,
	argv           TEXT NOT NULL DEFAULT '[]', -- JSON
	cwd            TEXT NOT NULL DEFAULT '',
	exe            TEXT NOT NULL DEFAULT '',
	exe_build_id   TEXT NOT NULL DEFAULT '',
	package        TEXT NOT NULL DEFAULT '',
	module         TEXT NOT NULL DEFAULT '',
	module_version TEXT NOT NULL DEFAULT '',
	module_dir     TEXT NOT NULL DEFAULT '',
	go_version     TEXT NOT NULL DEFAULT '',
	vcs_rev        TEXT NOT NULL DEFAULT '',
	vcs_dirty      INTEGER NOT NULL DEFAULT 0,
	host           TEXT NOT NULL DEFAULT '',
	os_arch        TEXT NOT NULL DEFAULT '',
	cpus           INTEGER NOT NULL DEFAULT 0,
	user           TEXT NOT NULL DEFAULT '',
	pid            INTEGER NOT NULL DEFAULT 0,
	env            TEXT NOT NULL DEFAULT '[]', -- JSON; long columns last
	vcs_diff       TEXT NOT NULL DEFAULT ''
);

CREATE TABLE param (
	run      INTEGER NOT NULL,
	position INTEGER NOT NULL,
	name     TEXT NOT NULL,
	value    TEXT NOT NULL,
	source   TEXT NOT NULL,
	help     TEXT NOT NULL,
	PRIMARY KEY (run, position)
) WITHOUT ROWID;

CREATE TABLE metric (
	run   INTEGER NOT NULL,
	name  TEXT NOT NULL,
	step  INTEGER NOT NULL,
	value REAL,             -- NULL for NaN, which SQLite has not
	at    INTEGER NOT NULL,
	PRIMARY KEY (run, name, step)
) WITHOUT ROWID;

CREATE TABLE artifact (
	run        INTEGER NOT NULL,
	name       TEXT NOT NULL,
	path       TEXT NOT NULL,
	media_type TEXT NOT NULL,
	bytes      INTEGER NOT NULL,
	at         INTEGER NOT NULL,
	PRIMARY KEY (run, name)
) WITHOUT ROWID;

CREATE TABLE tag (
	run INTEGER NOT NULL,
	tag TEXT NOT NULL,
	PRIMARY KEY (run, tag)
) WITHOUT ROWID;

CREATE TABLE note (
	run  INTEGER NOT NULL,
	seq  INTEGER NOT NULL,
	text TEXT NOT NULL,
	at   INTEGER NOT NULL,
	PRIMARY KEY (run, seq)
) WITHOUT ROWID;

CREATE TABLE output (
	run    INTEGER NOT NULL,
	seq    INTEGER NOT NULL, -- order of arrival in the run, from 1
	stream TEXT NOT NULL,
	offset INTEGER NOT NULL, -- in its stream
	at     INTEGER NOT NULL,
	bytes  BLOB NOT NULL,
	PRIMARY KEY (run, seq)
);

-- A cached function at one state of its code.
CREATE TABLE func (
	id          INTEGER PRIMARY KEY,
	name        TEXT NOT NULL,
	code_digest BLOB NOT NULL,
	code_kind   TEXT NOT NULL,
	file        TEXT NOT NULL,
	line        INTEGER NOT NULL,
	UNIQUE (name, code_digest, code_kind)
);

-- The number by which the events of a run name a function.
CREATE TABLE run_func (
	run    INTEGER NOT NULL,
	number INTEGER NOT NULL,
	func   INTEGER NOT NULL,
	PRIMARY KEY (run, number)
) WITHOUT ROWID;

-- The functions behind a code digest; the texts are shared between versions.
CREATE TABLE source (
	code_digest BLOB NOT NULL,
	name        TEXT NOT NULL,
	text        INTEGER NOT NULL REFERENCES source_text(id),
	PRIMARY KEY (code_digest, name)
) WITHOUT ROWID;

CREATE TABLE source_text (
	id     INTEGER PRIMARY KEY,
	digest BLOB NOT NULL UNIQUE, -- of the text
	text   TEXT NOT NULL
);

-- Keys are kept apart from calls: calls with one key share its parts, and the
-- index on random digests stays off the table that every call grows.
CREATE TABLE key (
	id     INTEGER PRIMARY KEY,
	digest BLOB NOT NULL UNIQUE,
	func   INTEGER NOT NULL,
	stored INTEGER NOT NULL DEFAULT 0 -- the last call that computed and stored the result
);
CREATE INDEX key_func ON key (func, id);

CREATE TABLE part (
	key      INTEGER NOT NULL,
	position INTEGER NOT NULL,
	kind     TEXT NOT NULL,
	name     TEXT NOT NULL,
	digest   BLOB NOT NULL,
	preview  TEXT NOT NULL,
	PRIMARY KEY (key, position)
) WITHOUT ROWID;
CREATE INDEX part_digest ON part (digest, key);

CREATE TABLE snapshot (
	digest BLOB PRIMARY KEY, -- of the value, as in part
	blob   BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE call (
	id            INTEGER PRIMARY KEY,
	run           INTEGER NOT NULL,
	parent        INTEGER NOT NULL DEFAULT 0,
	batch         INTEGER NOT NULL DEFAULT 0,
	task          INTEGER NOT NULL DEFAULT -1,
	func          INTEGER NOT NULL,
	key           INTEGER NOT NULL DEFAULT 0,
	outcome       TEXT NOT NULL,
	reason        TEXT NOT NULL DEFAULT '',
	detail        TEXT NOT NULL DEFAULT '',
	origin        INTEGER NOT NULL DEFAULT 0,
	started       INTEGER NOT NULL,
	duration      INTEGER NOT NULL DEFAULT 0,
	saved         INTEGER NOT NULL DEFAULT 0,
	result_digest BLOB,
	result_bytes  INTEGER NOT NULL DEFAULT 0,
	error         TEXT NOT NULL DEFAULT '',
	store_error   TEXT NOT NULL DEFAULT ''
);
CREATE INDEX call_func ON call (func, id);
CREATE INDEX call_duration ON call (run, duration);
-- What was computed for a key: few rows, since hits outnumber them.
CREATE INDEX call_computed ON call (key, id) WHERE outcome <> 'hit';
CREATE INDEX call_missed ON call (run, id) WHERE outcome <> 'hit';

CREATE TABLE batch (
	run     INTEGER NOT NULL,
	batch   INTEGER NOT NULL,
	parent  INTEGER NOT NULL DEFAULT 0,
	label   TEXT NOT NULL,
	backend TEXT NOT NULL,
	jobs    INTEGER NOT NULL,
	tasks   INTEGER NOT NULL,
	done    INTEGER NOT NULL DEFAULT 0,
	failed  INTEGER NOT NULL DEFAULT 0,
	started INTEGER NOT NULL,
	ended   INTEGER NOT NULL DEFAULT 0,
	status  TEXT NOT NULL,
	error   TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (run, batch)
) WITHOUT ROWID;

CREATE TABLE task (
	run     INTEGER NOT NULL,
	batch   INTEGER NOT NULL,
	idx     INTEGER NOT NULL,
	attempt INTEGER NOT NULL,
	worker  INTEGER NOT NULL,
	queued  INTEGER NOT NULL,
	started INTEGER NOT NULL,
	ended   INTEGER NOT NULL,
	status  TEXT NOT NULL,
	error   TEXT NOT NULL,
	PRIMARY KEY (run, batch, idx, attempt)
) WITHOUT ROWID;

-- How far each spool has been taken in. It moves on in the transaction that
-- adds the rows: an event is taken in exactly once, whoever does it.
CREATE TABLE spool (
	name   TEXT PRIMARY KEY,
	offset INTEGER NOT NULL
) WITHOUT ROWID;
