package codebook

// schemaVersion changes whenever the layout of the file or the way in which stems or records are made does; a file of another version is
// refused with the advice to build it again, and the starter's cache is made anew.
const schemaVersion = 4

// applicationID marks our files ("CCCB") in SQLite's header.
const applicationID = 0x43434342

// baseSchema is what every compiled file has. It is written once and never changed, so it has no foreign keys to keep and no migrations.
const baseSchema = `
PRAGMA page_size = 4096;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA cache_size = -65536;

CREATE TABLE meta (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
) WITHOUT ROWID;

-- Days are numbers YYYYMMDD; 0 is open. last_day is already cut at the next release of the kind.
CREATE TABLE releases (
	id         INTEGER PRIMARY KEY,
	kind       TEXT NOT NULL,
	name       TEXT NOT NULL,
	file       TEXT NOT NULL,
	sha256     TEXT NOT NULL,
	first_day  INTEGER NOT NULL,
	last_day   INTEGER NOT NULL,
	made_until INTEGER NOT NULL,
	whole      INTEGER NOT NULL,
	titles     INTEGER NOT NULL,
	codes      INTEGER NOT NULL,
	headings   INTEGER NOT NULL,
	facts      INTEGER NOT NULL,
	licence    TEXT NOT NULL
);

-- One row a code, with all that is known of it in every release (see record).
CREATE TABLE codes (
	system TEXT NOT NULL,
	code   TEXT NOT NULL,
	record BLOB NOT NULL,
	PRIMARY KEY (system, code)
) WITHOUT ROWID;

-- Which codes a release holds: sorted keys of one width, and a byte of flags for each. Read into memory when the file is opened.
CREATE TABLE members (
	release INTEGER NOT NULL,
	system  TEXT NOT NULL,
	width   INTEGER NOT NULL,
	keys    BLOB NOT NULL,
	flags   BLOB NOT NULL,
	PRIMARY KEY (release, system)
) WITHOUT ROWID;

-- Where a category stands in the tabular list, and the notes of blocks and chapters, which hold for all below them.
CREATE TABLE blocks (
	release  INTEGER NOT NULL,
	category TEXT NOT NULL,
	block    TEXT NOT NULL,
	chapter  TEXT NOT NULL,
	PRIMARY KEY (release, category)
) WITHOUT ROWID;
CREATE TABLE block_notes (
	release INTEGER NOT NULL,
	place   TEXT NOT NULL,
	number  INTEGER NOT NULL,
	level   TEXT NOT NULL,
	kind    TEXT NOT NULL,
	text    TEXT NOT NULL,
	PRIMARY KEY (release, place, number)
) WITHOUT ROWID;

-- What search ranks by (see searchDoc) and shows. Numbers rise with how seldom a code is what people mean, so that a search may stop early.
CREATE TABLE docs (
	id     INTEGER PRIMARY KEY,
	system TEXT NOT NULL,
	code   TEXT NOT NULL,
	stems  BLOB NOT NULL,
	title  TEXT NOT NULL
);
CREATE VIRTUAL TABLE texts USING fts5 (stems, content='', columnsize=0, detail=none, tokenize='ascii');

-- The vocabulary: one line a stem, sorted, with the number of codes that have it. The number of its line is the stem's number in docs.
CREATE TABLE vocabulary (
	id   INTEGER PRIMARY KEY,
	data BLOB NOT NULL
);
`
