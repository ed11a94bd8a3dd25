// The one variadic function of SQLite that Swift cannot call and GRDB has no word for. Declared, not included: sqlite3.h belongs to GRDB's module.
#pragma once

extern int sqlite3_config(int, ...);

/// SQLITE_CONFIG_MEMSTATUS off: without its counts SQLite takes no lock at each allocation. Only before anything else is asked of SQLite.
static inline int csqlite_disable_memory_statistics(void) {
    return sqlite3_config(9, 0);
}
