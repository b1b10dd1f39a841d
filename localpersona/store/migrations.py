"""The schema, one step a function. Applied steps are never edited or renamed: databases know them by name."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from localpersona.store.unspaced import CHARACTERS

migrations = Migrations("localpersona")


def m001_first_schema(db: Database) -> None:
    """Everything of the first release."""
    for statement in (*_PROFILES, *_CHATS, *_MESSAGES, _CANDIDATES, *_COMPARISONS, *_BY_KEY, *_SEARCH):
        db.execute(statement)


def m002_chats_that_travel(db: Database) -> None:
    """A name that a chat keeps on other machines, so that nothing is imported twice; imports sorted by date."""
    for statement in _TRAVEL:
        db.execute(statement)


def m003_chat_options(db: Database) -> None:
    """What a chat has of its own: its place in the list, a system prompt, a temperature."""
    db.execute(_OPTIONS)


def m004_scripts_without_spaces(db: Database) -> None:
    """A second index, of pairs of characters, for messages in Chinese, Japanese, Thai …"""
    for statement in _PAIRS:
        db.execute(statement)


def m005_readings(db: Database) -> None:
    """Quality of a candidate as a probe reads it from the model's logits; NULL where there is no probe."""
    db.execute("ALTER TABLE candidates ADD COLUMN reading REAL")


migrations()(m001_first_schema)
migrations()(m002_chats_that_travel)
migrations()(m003_chat_options)
migrations()(m004_scripts_without_spaces)
migrations()(m005_readings)


_PROFILES = (
    """
    CREATE TABLE profiles (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        created TEXT NOT NULL,
        locks TEXT NOT NULL DEFAULT '{}',  -- JSON: trait name → weight
        deleted TEXT                       -- when; NULL: not
    )""",
    "CREATE UNIQUE INDEX profiles_name ON profiles(name) WHERE deleted IS NULL",
)

_CHATS = (
    """
    CREATE TABLE chats (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        profile_id INTEGER NOT NULL REFERENCES profiles(id),
        title TEXT NOT NULL DEFAULT '',
        created TEXT NOT NULL,
        updated TEXT NOT NULL,
        touched INTEGER NOT NULL,          -- the order of last use; unlike a clock it never goes backwards
        last_message_id INTEGER REFERENCES messages(id) ON DELETE SET NULL,
        deleted TEXT
    )""",
    "CREATE INDEX chats_touched ON chats(touched)",
    "CREATE INDEX chats_profile ON chats(profile_id, touched)",
    "CREATE INDEX chats_last_message ON chats(last_message_id)",
)

_MESSAGES = (
    """
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        chat_id INTEGER NOT NULL REFERENCES chats(id) ON DELETE CASCADE,
        parent_id INTEGER REFERENCES messages(id) ON DELETE CASCADE,
        role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
        text TEXT NOT NULL,
        reasoning TEXT NOT NULL DEFAULT '',
        state TEXT NOT NULL CHECK (state IN ('complete', 'running', 'stopped', 'failed')),
        created TEXT NOT NULL,
        finish_reason TEXT,
        model TEXT NOT NULL DEFAULT '',
        statistics TEXT,                   -- JSON of values.Statistics
        chosen INTEGER NOT NULL DEFAULT 0,
        owner TEXT,                        -- which opened store is generating it, while it is running
        CHECK (parent_id < id)             -- a tree has no cycles
    )""",
    "CREATE INDEX messages_chat ON messages(chat_id, parent_id)",
    "CREATE INDEX messages_parent ON messages(parent_id)",
    "CREATE INDEX messages_running ON messages(owner) WHERE state = 'running'",
)

_CANDIDATES = """
    CREATE TABLE candidates (
        message_id INTEGER NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        text TEXT NOT NULL,
        reasoning TEXT NOT NULL,
        seed INTEGER NOT NULL,
        tokens INTEGER NOT NULL,
        finish_reason TEXT NOT NULL,
        mean_log_probability REAL NOT NULL,
        traits TEXT NOT NULL,              -- JSON: (J,) scores by the reward model `version`
        spread TEXT NOT NULL,              -- JSON: (J,)
        version TEXT NOT NULL,
        PRIMARY KEY (message_id, position)
    )"""

_COMPARISONS = (
    """
    CREATE TABLE comparisons (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        profile_id INTEGER NOT NULL REFERENCES profiles(id),
        prompt TEXT NOT NULL,              -- copies: deleting a chat must not change what was learned
        first TEXT NOT NULL,
        second TEXT NOT NULL,
        outcome REAL CHECK (outcome BETWEEN 0 AND 1),
        source TEXT NOT NULL,
        message_id INTEGER REFERENCES messages(id) ON DELETE SET NULL,
        question_id TEXT,
        created TEXT NOT NULL,
        deleted TEXT
    )""",
    "CREATE INDEX comparisons_profile ON comparisons(profile_id)",
    "CREATE INDEX comparisons_message ON comparisons(message_id)",
)

_BY_KEY = (
    """
    CREATE TABLE trait_scores (
        version TEXT NOT NULL,
        digest TEXT NOT NULL,              -- SHA-256 of prompt and response
        scores TEXT NOT NULL,              -- JSON: (J,)
        PRIMARY KEY (version, digest)
    )""",
    "CREATE TABLE drafts (key TEXT PRIMARY KEY, text TEXT NOT NULL, updated TEXT NOT NULL)",
    "CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
)

# An answer is indexed once it has ended: while it runs, its text is rewritten every second.
_SEARCH = (
    """
    CREATE VIRTUAL TABLE messages_search USING fts5(
        text, content='messages', content_rowid='id',
        tokenize="porter unicode61 remove_diacritics 2", prefix='2 3'
    )""",
    """
    CREATE TRIGGER messages_search_insert AFTER INSERT ON messages WHEN new.state <> 'running' BEGIN
        INSERT INTO messages_search (rowid, text) VALUES (new.id, new.text);
    END""",
    """
    CREATE TRIGGER messages_search_delete AFTER DELETE ON messages WHEN old.state <> 'running' BEGIN
        INSERT INTO messages_search (messages_search, rowid, text) VALUES ('delete', old.id, old.text);
    END""",
    """
    CREATE TRIGGER messages_search_update AFTER UPDATE OF text, state ON messages BEGIN
        INSERT INTO messages_search (messages_search, rowid, text)
            SELECT 'delete', old.id, old.text WHERE old.state <> 'running';
        INSERT INTO messages_search (rowid, text) SELECT new.id, new.text WHERE new.state <> 'running';
    END""",
)

# Imported chats take the place in the list (`touched`) of the chat that they follow, and are told apart by date.
_TRAVEL = (
    "ALTER TABLE chats ADD COLUMN uid TEXT",
    "UPDATE chats SET uid = lower(hex(randomblob(16)))",
    "CREATE UNIQUE INDEX chats_uid ON chats(uid)",
    "DROP INDEX chats_touched",
    "DROP INDEX chats_profile",
    "CREATE INDEX chats_touched ON chats(touched, updated)",
    "CREATE INDEX chats_profile ON chats(profile_id, touched, updated)",
)

_OPTIONS = """
    CREATE TABLE chat_options (
        chat_id INTEGER PRIMARY KEY REFERENCES chats(id) ON DELETE CASCADE,
        pinned INTEGER NOT NULL DEFAULT 0,
        archived INTEGER NOT NULL DEFAULT 0,
        system_prompt TEXT,                -- NULL: as in the settings
        temperature REAL                   -- NULL: as in the settings
    )"""

# The index keeps its own text, so that a row can be removed from it without knowing how it was cut into pairs.
_UNSPACED = f"'*[{CHARACTERS}]*'"
_PAIRS = (
    """
    CREATE VIRTUAL TABLE messages_pairs USING fts5(
        pairs, tokenize="porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'", prefix='1', columnsize=0
    )""",
    """
    CREATE TABLE pairs_waiting (
        message_id INTEGER PRIMARY KEY REFERENCES messages(id) ON DELETE CASCADE  -- to be indexed before a search
    )""",
    f"""
    CREATE TRIGGER messages_pairs_insert AFTER INSERT ON messages
    WHEN new.state <> 'running' AND new.text GLOB {_UNSPACED} BEGIN
        INSERT OR IGNORE INTO pairs_waiting VALUES (new.id);
    END""",
    f"""
    CREATE TRIGGER messages_pairs_delete AFTER DELETE ON messages
    WHEN old.state <> 'running' AND old.text GLOB {_UNSPACED} BEGIN
        DELETE FROM messages_pairs WHERE rowid = old.id;
    END""",
    f"""
    CREATE TRIGGER messages_pairs_update AFTER UPDATE OF text, state ON messages
    WHEN old.state <> 'running' AND old.text GLOB {_UNSPACED}
        OR new.state <> 'running' AND new.text GLOB {_UNSPACED} BEGIN
        DELETE FROM messages_pairs WHERE rowid = old.id;
        DELETE FROM pairs_waiting WHERE message_id = old.id;
        INSERT INTO pairs_waiting SELECT new.id WHERE new.state <> 'running' AND new.text GLOB {_UNSPACED};
    END""",
    f"INSERT INTO pairs_waiting SELECT id FROM messages WHERE state <> 'running' AND text GLOB {_UNSPACED}",
)
