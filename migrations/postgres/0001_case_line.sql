-- +goose Up

-- One row for the whole installation: proves that the key at hand is the one that sealed this database.
CREATE TABLE installations (
    id         BIGINT PRIMARY KEY CHECK (id = 1),
    key_check  TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE counters (
    name  TEXT   PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE schedules (
    name   TEXT   PRIMARY KEY,
    due_at BIGINT NOT NULL,
    ran_at BIGINT NOT NULL DEFAULT 0
);

-- A running program. beat grows while it lives; observers compare beats, never clocks.
CREATE TABLE processes (
    id         BIGINT PRIMARY KEY,
    roles      TEXT   NOT NULL,
    beat       BIGINT NOT NULL DEFAULT 0,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT
);

-- Data keys, each wrapped by the installation's key. case_id is empty while a mail is not yet read.
-- Erasing a case destroys its keys first, which makes copies in backups unreadable too.
CREATE TABLE sealing_keys (
    id           BIGINT PRIMARY KEY,
    case_id      BIGINT,
    wrapped      BYTEA,
    created_at   BIGINT NOT NULL,
    destroyed_at BIGINT
);
CREATE INDEX sealing_keys_case ON sealing_keys (case_id);

-- Raw mail, attachments, extracted texts and composed mail: one row here, the bytes in sealed chunks of at most 256 KiB.
CREATE TABLE contents (
    id         BIGINT PRIMARY KEY,
    key_id     BIGINT NOT NULL REFERENCES sealing_keys (id),
    size       BIGINT NOT NULL,
    chunks     BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE content_chunks (
    content_id BIGINT NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
    seq        BIGINT NOT NULL,
    sealed     BYTEA   NOT NULL,
    PRIMARY KEY (content_id, seq)
);

-- The watcher's cursor and lease: the cursor moves only by an UPDATE that names the epoch.
CREATE TABLE mailboxes (
    id          BIGINT PRIMARY KEY,
    name        TEXT   NOT NULL,
    folder      TEXT   NOT NULL,
    uidvalidity BIGINT NOT NULL DEFAULT 0,
    last_uid    BIGINT NOT NULL DEFAULT 0,
    generation  BIGINT NOT NULL DEFAULT 0,
    floor       BIGINT NOT NULL DEFAULT 0,
    renumbered  BOOLEAN NOT NULL DEFAULT FALSE,
    epoch       BIGINT NOT NULL DEFAULT 0,
    owner       BIGINT NOT NULL DEFAULT 0,
    beat        BIGINT NOT NULL DEFAULT 0,
    health      TEXT   NOT NULL DEFAULT '',
    health_code TEXT   NOT NULL DEFAULT '',
    health_detail TEXT NOT NULL DEFAULT '',
    health_at   BIGINT NOT NULL DEFAULT 0,
    retry_at    BIGINT NOT NULL DEFAULT 0,
    swept_at    BIGINT NOT NULL DEFAULT 0,
    swept_listed  BIGINT NOT NULL DEFAULT 0,
    swept_holes   BIGINT NOT NULL DEFAULT 0,
    swept_waiting BIGINT NOT NULL DEFAULT 0,
    UNIQUE (name, folder)
);

-- The intake ledger: every UID ever seen and its fate. A generation is one numbering of a folder: UIDVALIDITY alone
-- does not tell two apart when a server comes back to an old one.
CREATE TABLE ledger_entries (
    id          BIGINT  PRIMARY KEY,
    mailbox     TEXT    NOT NULL,
    folder      TEXT    NOT NULL,
    uidvalidity BIGINT  NOT NULL,
    generation  BIGINT  NOT NULL,
    uid         BIGINT  NOT NULL,
    size        BIGINT  NOT NULL DEFAULT 0,
    server_size BIGINT  NOT NULL DEFAULT 0,
    internal_at BIGINT  NOT NULL DEFAULT 0,
    seen_at     BIGINT  NOT NULL,
    late        BOOLEAN NOT NULL DEFAULT FALSE,
    truncated   BOOLEAN NOT NULL DEFAULT FALSE,
    fingerprint TEXT    NOT NULL DEFAULT '',
    key_id      BIGINT  REFERENCES sealing_keys (id),
    content_id  BIGINT  REFERENCES contents (id),
    fate        TEXT    NOT NULL DEFAULT '' CHECK (fate IN ('', 'case', 'joined', 'command', 'set_aside', 'double', 'failed', 'too_large', 'skipped_deleted', 'before_start', 'gone')),
    reason      TEXT    NOT NULL DEFAULT '',
    case_id     BIGINT,
    message_id  BIGINT,
    step        TEXT    NOT NULL DEFAULT '' CHECK (step IN ('', 'read')),
    attempts    BIGINT  NOT NULL DEFAULT 0,
    next_at     BIGINT  NOT NULL DEFAULT 0,
    error       TEXT    NOT NULL DEFAULT '',
    mark        TEXT    NOT NULL DEFAULT '' CHECK (mark IN ('', 'wanted', 'flagged', 'moved', 'refused', 'impossible', 'gone', 'left')),
    mark_code   TEXT    NOT NULL DEFAULT '',
    gone_at     BIGINT,
    UNIQUE (mailbox, folder, generation, uid)
);
CREATE INDEX ledger_entries_step ON ledger_entries (next_at) WHERE step <> '';
CREATE INDEX ledger_entries_mark ON ledger_entries (mailbox, folder, generation, uid) WHERE mark IN ('wanted', 'refused');
CREATE INDEX ledger_entries_fingerprint ON ledger_entries (fingerprint);
CREATE INDEX ledger_entries_seen ON ledger_entries (seen_at, id);

-- Mails that could not be fetched yet: holes below the cursor, with how often they were tried.
CREATE TABLE fetch_failures (
    mailbox    TEXT   NOT NULL,
    folder     TEXT   NOT NULL,
    generation BIGINT NOT NULL,
    uid        BIGINT NOT NULL,
    tries      BIGINT NOT NULL,
    reason     TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (mailbox, folder, generation, uid)
);

CREATE TABLE cases (
    id          BIGINT PRIMARY KEY,
    number      BIGINT NOT NULL UNIQUE,
    ref         TEXT   NOT NULL UNIQUE,
    state       TEXT   NOT NULL CHECK (state IN ('new', 'waiting', 'claimed', 'in_review', 'answered', 'asked_back', 'closed', 'set_aside', 'failed', 'merged')),
    version     BIGINT NOT NULL DEFAULT 1,
    key_id      BIGINT NOT NULL REFERENCES sealing_keys (id),
    mailbox     TEXT   NOT NULL,
    queue       TEXT   NOT NULL DEFAULT '',
    subject     BYTEA,
    subject_key TEXT   NOT NULL DEFAULT '',
    snippet     BYTEA,
    asker       BYTEA,
    asker_hash  TEXT   NOT NULL DEFAULT '',
    codes       TEXT   NOT NULL DEFAULT '',
    topics      TEXT   NOT NULL DEFAULT '',
    reason      TEXT   NOT NULL DEFAULT '',
    received_at BIGINT NOT NULL,
    due_at      BIGINT,
    claimed_by  BIGINT,
    claimed_at  BIGINT,
    answered_at BIGINT,
    closed_at   BIGINT,
    changed_at  BIGINT NOT NULL,
    linked_case BIGINT,
    merged_into BIGINT,
    events      BIGINT NOT NULL DEFAULT 0,
    event_head  TEXT   NOT NULL DEFAULT ''
);
CREATE INDEX cases_state ON cases (state, received_at, id);
CREATE INDEX cases_received ON cases (received_at, id);
CREATE INDEX cases_claimed ON cases (claimed_by, state);
CREATE INDEX cases_asker ON cases (asker_hash, received_at);
CREATE INDEX cases_due ON cases (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE case_flags (
    case_id BIGINT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    flag    TEXT   NOT NULL CHECK (flag IN ('undelivered', 'overdue', 'reopened', 'unverified_sender', 'possible_phi', 'held')),
    PRIMARY KEY (case_id, flag)
);
CREATE INDEX case_flags_flag ON case_flags (flag, case_id);

CREATE TABLE participants (
    case_id      BIGINT NOT NULL REFERENCES cases (id) ON DELETE CASCADE,
    address_hash TEXT   NOT NULL,
    address      BYTEA   NOT NULL,
    trust        TEXT   NOT NULL DEFAULT 'none',
    since        BIGINT NOT NULL,
    PRIMARY KEY (case_id, address_hash)
);

-- Who may join which case by which Message-ID; both are keyed hashes. Without a foreign key: the row is
-- written before it is known whether its case will exist or give way to another one.
CREATE TABLE threads (
    participant TEXT   NOT NULL,
    message_id  TEXT   NOT NULL,
    case_id     BIGINT NOT NULL,
    PRIMARY KEY (participant, message_id)
);
CREATE INDEX threads_message ON threads (message_id);
CREATE INDEX threads_case ON threads (case_id);

CREATE TABLE messages (
    id              BIGINT  PRIMARY KEY,
    case_id         BIGINT  NOT NULL REFERENCES cases (id),
    direction       TEXT    NOT NULL CHECK (direction IN ('in', 'out')),
    ledger_id       BIGINT  REFERENCES ledger_entries (id),
    delivery_id     BIGINT,
    at              BIGINT  NOT NULL,
    sender          BYTEA,
    sender_hash     TEXT    NOT NULL DEFAULT '',
    recipients      BYTEA,
    subject         BYTEA,
    header_id       BYTEA,
    header_id_hash  TEXT    NOT NULL DEFAULT '',
    content_key     TEXT    UNIQUE,
    raw_id          BIGINT  REFERENCES contents (id),
    parsed_id       BIGINT  REFERENCES contents (id),
    problems        BYTEA,
    screen          TEXT    NOT NULL DEFAULT '',
    trust           TEXT    NOT NULL DEFAULT '',
    intent          TEXT    NOT NULL DEFAULT '',
    kind            TEXT    NOT NULL DEFAULT '',
    payer           TEXT    NOT NULL DEFAULT '',
    date_of_service TEXT    NOT NULL DEFAULT '',
    reading         BYTEA,
    opened          BOOLEAN NOT NULL DEFAULT FALSE,
    reopened        BOOLEAN NOT NULL DEFAULT FALSE,
    answerable      BOOLEAN NOT NULL DEFAULT FALSE,
    step            TEXT    NOT NULL DEFAULT '' CHECK (step IN ('', 'extract', 'attach', 'route', 'failed')),
    attempts        BIGINT  NOT NULL DEFAULT 0,
    next_at         BIGINT  NOT NULL DEFAULT 0,
    error           TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX messages_case ON messages (case_id, at, id);
CREATE INDEX messages_header ON messages (header_id_hash);
CREATE INDEX messages_step ON messages (next_at) WHERE step <> '';

CREATE TABLE attachments (
    id           BIGINT PRIMARY KEY,
    case_id      BIGINT NOT NULL REFERENCES cases (id),
    message_id   BIGINT NOT NULL REFERENCES messages (id),
    position     BIGINT NOT NULL,
    filename     BYTEA,
    content_type TEXT   NOT NULL,
    size         BIGINT NOT NULL,
    content_id   BIGINT REFERENCES contents (id),
    UNIQUE (message_id, position)
);

CREATE TABLE mentions (
    message_id BIGINT NOT NULL REFERENCES messages (id),
    position   BIGINT NOT NULL,
    case_id    BIGINT NOT NULL REFERENCES cases (id),
    system     TEXT   NOT NULL,
    code       TEXT   NOT NULL,
    modifiers  TEXT   NOT NULL DEFAULT '',
    units      BIGINT NOT NULL DEFAULT 0,
    range_end  TEXT   NOT NULL DEFAULT '',
    source     TEXT   NOT NULL,
    place      BYTEA,
    group_no   BIGINT NOT NULL DEFAULT 1,
    role       TEXT   NOT NULL,
    PRIMARY KEY (message_id, position)
);
CREATE INDEX mentions_case ON mentions (case_id);
CREATE INDEX mentions_code ON mentions (code, case_id);

-- What the codebook said of a code on that day and in that release, frozen with the case.
CREATE TABLE descriptions (
    message_id BIGINT NOT NULL REFERENCES messages (id),
    position   BIGINT NOT NULL,
    case_id    BIGINT NOT NULL REFERENCES cases (id),
    system     TEXT   NOT NULL,
    code       TEXT   NOT NULL,
    release    TEXT   NOT NULL DEFAULT '',
    entry      BYTEA,
    PRIMARY KEY (message_id, position)
);
CREATE INDEX descriptions_case ON descriptions (case_id);

CREATE TABLE findings (
    message_id BIGINT NOT NULL REFERENCES messages (id),
    position   BIGINT NOT NULL,
    case_id    BIGINT NOT NULL REFERENCES cases (id),
    rule       TEXT   NOT NULL,
    severity   TEXT   NOT NULL CHECK (severity IN ('error', 'warning', 'info')),
    codes      TEXT   NOT NULL DEFAULT '',
    body       BYTEA,
    PRIMARY KEY (message_id, position)
);
CREATE INDEX findings_case ON findings (case_id);

CREATE TABLE deliveries (
    id             BIGINT  PRIMARY KEY,
    case_id        BIGINT  NOT NULL REFERENCES cases (id),
    message_id     BIGINT,
    user_id        BIGINT,
    kind           TEXT    NOT NULL CHECK (kind IN ('summary', 'acknowledgement', 'answer', 'ask_back', 'command', 'registration', 'quota', 'held', 'delay', 'correction', 'digest', 'notification', 'receipt', 'reminder', 'quote')),
    state          TEXT    NOT NULL CHECK (state IN ('held', 'queued', 'sending', 'accepted', 'deferred', 'failed', 'uncertain', 'cancelled')),
    mailbox        TEXT    NOT NULL,
    content_id     BIGINT  NOT NULL REFERENCES contents (id),
    size           BIGINT  NOT NULL,
    envelope       BYTEA    NOT NULL,
    recipient_hash TEXT    NOT NULL,
    automatic      BOOLEAN NOT NULL DEFAULT FALSE,
    header_id      BYTEA    NOT NULL,
    header_id_hash TEXT    NOT NULL UNIQUE,
    created_at     BIGINT  NOT NULL,
    attempts       BIGINT  NOT NULL DEFAULT 0,
    round          BIGINT  NOT NULL DEFAULT 0,
    next_at        BIGINT  NOT NULL DEFAULT 0,
    owner          BIGINT  NOT NULL DEFAULT 0,
    sending_at     BIGINT,
    accepted_at    BIGINT,
    uncertain_at   BIGINT,
    alarmed_at     BIGINT,
    resent         BOOLEAN NOT NULL DEFAULT FALSE,
    reason         TEXT    NOT NULL DEFAULT '',
    response       BYTEA
);
CREATE INDEX deliveries_case ON deliveries (case_id, created_at);
CREATE INDEX deliveries_open ON deliveries (next_at) WHERE state IN ('queued', 'deferred', 'sending', 'uncertain', 'held');
CREATE INDEX deliveries_created ON deliveries (created_at, id);
CREATE INDEX deliveries_recipient ON deliveries (recipient_hash, created_at) WHERE automatic;

-- A case's history: numbered without a gap, each hash over the one before (DESIGN, promise 7).
CREATE TABLE events (
    case_id     BIGINT NOT NULL REFERENCES cases (id),
    number      BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    actor       TEXT   NOT NULL,
    subject_id  BIGINT NOT NULL DEFAULT 0,
    detail      BYTEA,
    salt        BYTEA,
    detail_hash TEXT   NOT NULL,
    hash        TEXT   NOT NULL,
    PRIMARY KEY (case_id, number)
);

CREATE TABLE notes (
    id      BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    user_id BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    body    BYTEA   NOT NULL
);
CREATE INDEX notes_case ON notes (case_id, at);

CREATE TABLE drafts (
    case_id    BIGINT NOT NULL REFERENCES cases (id),
    user_id    BIGINT NOT NULL,
    body       BYTEA   NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (case_id, user_id)
);

-- What changed, for live pages: ids grow with time; a reader looks back a little and forgets what it has shown.
CREATE TABLE changes (
    id      BIGINT PRIMARY KEY,
    case_id BIGINT NOT NULL,
    at      BIGINT NOT NULL
);

CREATE TABLE users (
    id            BIGINT PRIMARY KEY,
    email_hash    TEXT   NOT NULL UNIQUE,
    email         BYTEA   NOT NULL,
    name          BYTEA   NOT NULL,
    credential    TEXT   NOT NULL DEFAULT '',
    role          TEXT   NOT NULL CHECK (role IN ('consultant', 'lead', 'admin')),
    password_hash TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    disabled_at   BIGINT
);

CREATE TABLE sessions (
    token      TEXT   PRIMARY KEY,
    data       BYTEA   NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_expires ON sessions (expires_at);

CREATE TABLE login_attempts (
    key      TEXT   PRIMARY KEY,
    failures BIGINT NOT NULL,
    since    BIGINT NOT NULL,
    until    BIGINT NOT NULL DEFAULT 0
);
