#pragma once
#include <sqlite3.h>

// An extended code is an expression, which Swift does not import.
static const int jobd_sqlite_constraint_trigger = SQLITE_CONSTRAINT_TRIGGER;

// Swift cannot call variadic functions, nor pass SQLITE_TRANSIENT, which is a cast.

/// Closing a connection must not checkpoint: only who holds the lock does (see ARCHITECTURE.md, "Checkpoints").
static inline int jobd_sqlite_no_checkpoint_on_close(sqlite3 *database) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

/// SQLite counts every allocation under a lock, for statistics that nobody reads. To be called before all else.
static inline int jobd_sqlite_no_memory_statistics(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/// While it is on, no statement can damage the file: the schema's own text cannot be written, for example.
static inline int jobd_sqlite_defensive(sqlite3 *database, int on) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, on, (int *)0);
}

/// While it is on, VACUUM makes the database an empty one, also where it is damaged.
static inline int jobd_sqlite_reset_database(sqlite3 *database, int on) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_RESET_DATABASE, on, (int *)0);
}

static inline int jobd_sqlite_bind_text(sqlite3_stmt *statement, int index, const void *text, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, (const char *)text, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}
