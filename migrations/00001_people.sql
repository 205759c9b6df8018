-- One text for SQLite and PostgreSQL.
--
-- Times are BIGINT, microseconds since 1970 UTC, 0 for none: they compare, add up and scan alike on both engines.
-- Keys that must sort in the order of bytes are BYTEA. PostgreSQL sorts TEXT by the collation of the database and
-- SQLite by bytes, and neither knows the other's word for the other's order; both compare byte strings with memcmp.
-- Columns named *_sealed hold AES-256-GCM ciphertext, columns named *_hash a keyed or cryptographic hash.

-- +goose Up
CREATE TABLE companies (
	id             TEXT    NOT NULL PRIMARY KEY,
	enterprise_id  TEXT    NOT NULL, -- '' outside an Enterprise Grid
	team_id        TEXT    NOT NULL,
	name           TEXT    NOT NULL,
	key            TEXT    NOT NULL UNIQUE, -- of the company URL
	secret_sealed  BYTEA   NOT NULL, -- 32 random bytes from which the keys of hashes and links derive
	created_at     BIGINT  NOT NULL,
	synced_at      BIGINT  NOT NULL,
	changes        BIGINT  NOT NULL, -- every change of people and members begins by raising it: the lock of the company
	UNIQUE (enterprise_id, team_id)
);

CREATE TABLE retired_keys (
	key         TEXT    NOT NULL PRIMARY KEY,
	company_id  TEXT    NOT NULL,
	retired_at  BIGINT  NOT NULL
);

CREATE TABLE people (
	id             TEXT     NOT NULL PRIMARY KEY,
	company_id     TEXT     NOT NULL,
	slack_id       TEXT, -- NULL for somebody from outside of the workspace
	name           TEXT     NOT NULL,
	handle         TEXT     NOT NULL,
	email          TEXT     NOT NULL,
	email_folded   TEXT     NOT NULL, -- lower case
	time_zone      TEXT     NOT NULL,
	bot            BOOLEAN  NOT NULL,
	guest          BOOLEAN  NOT NULL,
	deactivated    BOOLEAN  NOT NULL,
	primary_owner  BOOLEAN  NOT NULL,
	mirrored_at    BIGINT   NOT NULL, -- when the directory last named them
	subject_hash   TEXT     NOT NULL, -- how the audit log names them
	-- Derived from this row, the member, their connections and invitations (see derive.go):
	standing       TEXT     NOT NULL, -- out, new, invited or member
	facets         TEXT     NOT NULL, -- the groups of the list they are in, a letter each
	haystack       TEXT     NOT NULL, -- folded words, for LIKE
	sort_key       BYTEA    NOT NULL, -- folded name, a zero byte, id: the order of the list, unique
	UNIQUE (company_id, slack_id)
);
CREATE INDEX people_subject ON people (company_id, subject_hash);
CREATE INDEX people_email ON people (company_id, email_folded);
CREATE INDEX people_handle ON people (company_id, lower(handle));
CREATE INDEX people_mirrored ON people (company_id, mirrored_at) WHERE slack_id IS NOT NULL AND NOT deactivated;
CREATE INDEX people_owner ON people (company_id) WHERE primary_owner;
CREATE INDEX people_invited ON people (company_id, sort_key, id) WHERE standing = 'invited';
CREATE INDEX people_unregistered ON people (company_id, sort_key, id) WHERE standing IN ('new', 'invited');

-- A member is the registered account of a person and has the person's id.
CREATE TABLE members (
	id             TEXT     NOT NULL PRIMARY KEY REFERENCES people ON DELETE CASCADE,
	company_id     TEXT     NOT NULL,
	email          TEXT     NOT NULL, -- for messages about the programme
	type           TEXT     NOT NULL, -- employee, recruiter or admin
	registered_at  BIGINT   NOT NULL,
	-- Derived:
	disconnected   BOOLEAN  NOT NULL, -- connected to no network
	sort_key       BYTEA    NOT NULL, -- of the person
	recent_key     BYTEA    NOT NULL -- 8 bytes that fall as registered_at rises, then id: newest first
);
CREATE INDEX members_email ON members (company_id, lower(email));
CREATE INDEX members_list ON members (company_id, sort_key, id);
CREATE INDEX members_type ON members (company_id, type, sort_key, id);
CREATE INDEX members_recent ON members (company_id, recent_key, id);
CREATE INDEX members_disconnected ON members (company_id, sort_key, id) WHERE disconnected;

CREATE TABLE connections (
	member_id       TEXT    NOT NULL REFERENCES members ON DELETE CASCADE,
	network         TEXT    NOT NULL,
	company_id      TEXT    NOT NULL,
	subject         TEXT    NOT NULL, -- the network's id of the person
	state           TEXT    NOT NULL, -- connected or expired
	scopes          TEXT    NOT NULL,
	token_sealed    BYTEA   NOT NULL,
	refresh_sealed  BYTEA   NOT NULL,
	expires_at      BIGINT  NOT NULL, -- 0: never
	connected_at    BIGINT  NOT NULL,
	company_page    TEXT    NOT NULL, -- name of a company Facebook Page it is connected to
	sort_key        BYTEA   NOT NULL, -- derived: of the person
	PRIMARY KEY (member_id, network),
	UNIQUE (company_id, network, subject)
);
CREATE INDEX connections_list ON connections (company_id, network, state, sort_key, member_id);
CREATE INDEX connections_expiry ON connections (expires_at) WHERE state = 'connected' AND expires_at > 0;

-- The words by which a search finds people: derived. A row is one word of one person, and repeats what a search asks for next, so that
-- a search reads one stretch of words_search and nothing else.
CREATE TABLE words (
	person_id      TEXT    NOT NULL,
	word           BYTEA   NOT NULL,
	company_id     TEXT    NOT NULL,
	previous       BYTEA   NOT NULL, -- the person's word before this one: a stretch counts a person once, where previous is before it
	sort_key       BYTEA   NOT NULL, -- of the person
	registered_at  BIGINT  NOT NULL, -- of the member, 0 if not registered
	facets         TEXT    NOT NULL, -- of the person, as the next
	haystack       TEXT    NOT NULL,
	PRIMARY KEY (person_id, word)
);
CREATE INDEX words_search ON words (company_id, word, previous, sort_key, registered_at, facets, haystack);

-- How many people are in each group. Grp "registered" counts registrations by day (days since 1970, UTC); day is 0 for the others.
CREATE TABLE counts (
	company_id  TEXT    NOT NULL,
	grp         TEXT    NOT NULL,
	day         BIGINT  NOT NULL,
	n           BIGINT  NOT NULL,
	PRIMARY KEY (company_id, grp, day)
);

-- People who were removed and must not be mirrored again.
CREATE TABLE forgotten (
	company_id    TEXT    NOT NULL,
	subject_hash  TEXT    NOT NULL,
	forgotten_at  BIGINT  NOT NULL,
	PRIMARY KEY (company_id, subject_hash)
);

-- +goose Down
DROP TABLE forgotten;
DROP TABLE counts;
DROP TABLE words;
DROP TABLE connections;
DROP TABLE members;
DROP TABLE people;
DROP TABLE retired_keys;
DROP TABLE companies;
