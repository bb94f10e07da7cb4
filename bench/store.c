// The floor that the store is measured against: the same rows into the same schema, by SQLite's own C interface and
// nothing around it. bench/store.sh builds and runs it.
//
//   store create DB SCHEMA            a database with the schema of the file SCHEMA
//   store fill DB QUEUED HISTORY SCHEDULED
//   store single DB COUNT             durable commits of one row each
//   store bulk DB COUNT               as many rows in one transaction
//
// The last two print seconds.

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static sqlite3 *database;

static void stop(const char *what) {
    fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(database));
    exit(1);
}

static void run(const char *sql) {
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) stop(sql);
}

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) stop(sql);
    return statement;
}

static void step(sqlite3_stmt *statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) stop(sqlite3_sql(statement));
    sqlite3_reset(statement);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void open_database(const char *path) {
    if (sqlite3_open(path, &database) != SQLITE_OK) stop(path);
    sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_busy_timeout(database, 15000);
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; "
        "PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192");
}

static void create(const char *schema) {
    FILE *file = fopen(schema, "r");
    if (!file) { perror(schema); exit(1); }
    static char script[1 << 20];
    script[fread(script, 1, sizeof script - 1, file)] = 0;
    fclose(file);
    run("BEGIN");
    run(script);
    run("PRAGMA application_id = 1785684580; PRAGMA user_version = 1; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
}

/// Rows in every part of a life, as a long use would leave them; the guard of INSERT is set aside meanwhile.
static void fill(const char *queued, const char *history, const char *scheduled) {
    sqlite3_stmt *find = prepare("SELECT sql FROM sqlite_schema WHERE name = 'jobs_insert_guard'");
    if (sqlite3_step(find) != SQLITE_ROW) stop("guard");
    char *guard = strdup((const char *)sqlite3_column_text(find, 0));
    sqlite3_finalize(find);
    char *script = sqlite3_mprintf(
        "PRAGMA synchronous = OFF; BEGIN; DROP TRIGGER jobs_insert_guard;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %q)"
        "INSERT INTO jobs(model, input, state, request_id, followed_since, submissions, submitted_at, ended_at)"
        " SELECT 'vendor/model-' || (i %% 4), json_object('prompt', 'picture ' || i, 'seed', i), 'completed',"
        " printf('request-%%d', i), strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now'), 1,"
        " strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now'), strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"
        " FROM n WHERE i <= %q;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %q)"
        "INSERT INTO jobs(model, input, priority)"
        " SELECT 'vendor/model-' || (i %% 4), json_object('prompt', 'picture ' || i, 'seed', i), i %% 3"
        " FROM n WHERE i <= %q;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %q)"
        "INSERT INTO jobs(model, input, priority, not_before)"
        " SELECT 'vendor/model-' || (i %% 4), json_object('prompt', 'picture ' || i, 'seed', i), 9,"
        " '2099-01-01 00:00:00.000' FROM n WHERE i <= %q;"
        "%s; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)",
        history, history, queued, queued, scheduled, scheduled, guard);
    run(script);
}

static void insert(long count, int bulk) {
    sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT");
    sqlite3_stmt *add = prepare(
        "INSERT INTO jobs (model, input, priority, label, key, not_before, validation, state)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    double start = now();
    if (bulk) step(begin);
    for (long index = 0; index < count; index++) {
        char input[256];
        snprintf(input, sizeof input,
                 "{\"prompt\":\"A lighthouse on a cliff at dusk, oil on canvas, wide brush strokes, number %ld\","
                 "\"image_url\":\"https://example.com/pictures/lighthouse.png\",\"seed\":%ld}", index, index);
        if (!bulk) step(begin);
        sqlite3_bind_text(add, 1, "vendor/model", -1, SQLITE_TRANSIENT);
        sqlite3_bind_text(add, 2, input, -1, SQLITE_TRANSIENT);
        sqlite3_bind_int64(add, 3, 0);
        for (int column = 4; column <= 6; column++) sqlite3_bind_null(add, column);
        sqlite3_bind_text(add, 7, "passed", -1, SQLITE_TRANSIENT);
        sqlite3_bind_text(add, 8, "queued", -1, SQLITE_TRANSIENT);
        step(add);
        if (!bulk) step(commit);
    }
    if (bulk) step(commit);
    printf("%.6f\n", now() - start);
}

int main(int count, char **words) {
    if (count < 4) return 64;
    open_database(words[2]);
    if (!strcmp(words[1], "create")) create(words[3]);
    else if (!strcmp(words[1], "fill") && count == 6) fill(words[3], words[4], words[5]);
    else if (!strcmp(words[1], "single")) insert(atol(words[3]), 0);
    else if (!strcmp(words[1], "bulk")) insert(atol(words[3]), 1);
    else return 64;
    sqlite3_close(database);
    return 0;
}
