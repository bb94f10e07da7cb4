// The least that the same work costs: C, libcurl's multi interface, SQLite with one commit for all that wait.
//
//   floor enqueue DATABASE COUNT
//   floor work DATABASE URL DIRECTORY CONNECTIONS POLL_MS
//
// It submits, polls, fetches, hashes, syncs, renames and records, each step durable in jobd's order, and it is
// no product: the first error ends it. jobd is measured against it.
#define _GNU_SOURCE
#include <curl/curl.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

enum call { SUBMIT, STATUS, RESULT, FETCH };
enum { MOST_CLAIMED = 64, SYNC_THREADS = 4, MOST_IN_FLIGHT = 200000 };

struct job {
    long id;
    enum call next;
    double due;
    char request[80], *input, *url;
    char part[300], path[300], sha256[65];
    long bytes;
    int file;
    STAILQ_ENTRY(job) link;
};
STAILQ_HEAD(queue, job);

struct channel { // a handle and what it works on
    CURL *curl;
    struct job *job;
    EVP_MD_CTX *digest;
    struct curl_slist *headers;
    int used;
    char answer[8192];
    struct channel *next_free;
};

static sqlite3 *database;
static sqlite3_stmt *claim, *submitted, *landed, *output, *completed;
static CURLM *multi;
static struct channel *idle;
static const char *base, *directory;
static int directory_file;
static double poll_s;
static struct queue ready[4]; // by the next call; the later is served first
static struct queue to_record = STAILQ_HEAD_INITIALIZER(to_record);
static struct job *waiting[MOST_IN_FLIGHT]; // a heap by time
static int waits;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static struct queue to_sync = STAILQ_HEAD_INITIALIZER(to_sync), synced = STAILQ_HEAD_INITIALIZER(synced);

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, database ? sqlite3_errmsg(database) : "");
    exit(1);
}

static void run(const char *sql) {
    if (sqlite3_exec(database, sql, 0, 0, 0)) fail(sql);
}

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, 0)) fail(sql);
    return statement;
}

static void step(sqlite3_stmt *statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) fail("step");
    sqlite3_reset(statement);
}

static void open_database(const char *path) {
    if (sqlite3_open(path, &database)) fail(path);
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "CREATE TABLE IF NOT EXISTS jobs (id INTEGER PRIMARY KEY, state TEXT NOT NULL DEFAULT 'queued',"
        "  model TEXT NOT NULL, input TEXT NOT NULL, key TEXT, request_id TEXT, at REAL);"
        "CREATE UNIQUE INDEX IF NOT EXISTS jobs_key ON jobs (key);"
        "CREATE INDEX IF NOT EXISTS jobs_ready ON jobs (id) WHERE state = 'queued';"
        "CREATE TABLE IF NOT EXISTS outputs (job_id INTEGER PRIMARY KEY, url TEXT, path TEXT, sha256 TEXT,"
        "  bytes INTEGER);");
}

static void enqueue(int count) {
    sqlite3_stmt *insert = prepare(
        "INSERT INTO jobs (model, input, key) VALUES ('vendor/model/text-to-image',"
        "'{\"prompt\":\"a lighthouse in a storm, oil on canvas\",\"width\":1024,\"height\":1024,\"seed\":'"
        " || ?1 || '}', 'job-' || ?1)");
    run("BEGIN IMMEDIATE");
    for (int i = 0; i < count; i++) sqlite3_bind_int(insert, 1, i), step(insert);
    run("COMMIT");
}

static void wait_until(struct job *job, double due) {
    int i = waits++;
    job->due = due;
    for (; i && waiting[(i - 1) / 2]->due > due; i = (i - 1) / 2) waiting[i] = waiting[(i - 1) / 2];
    waiting[i] = job;
}

static struct job *first_waiting(void) {
    struct job *first = waiting[0], *last = waiting[--waits];
    int i = 0, child;
    while ((child = 2 * i + 1) < waits) {
        if (child + 1 < waits && waiting[child + 1]->due < waiting[child]->due) child++;
        if (waiting[child]->due >= last->due) break;
        waiting[i] = waiting[child];
        i = child;
    }
    waiting[i] = last;
    return first;
}

static void *sync_files(void *unused) {
    (void)unused;
    for (;;) {
        pthread_mutex_lock(&lock);
        while (STAILQ_EMPTY(&to_sync)) pthread_cond_wait(&more, &lock);
        struct job *job = STAILQ_FIRST(&to_sync);
        STAILQ_REMOVE_HEAD(&to_sync, link);
        pthread_mutex_unlock(&lock);
        if (fsync(job->file) || close(job->file) || rename(job->part, job->path)) fail(job->path);
        pthread_mutex_lock(&lock);
        int was_empty = STAILQ_EMPTY(&synced);
        STAILQ_INSERT_TAIL(&synced, job, link);
        pthread_mutex_unlock(&lock);
        if (was_empty) curl_multi_wakeup(multi);
    }
    return 0;
}

static size_t receive(char *bytes, size_t size, size_t count, void *context) {
    struct channel *channel = context;
    struct job *job = channel->job;
    count *= size;
    if (job->next == FETCH) {
        if (write(job->file, bytes, count) != (ssize_t)count) return 0;
        EVP_DigestUpdate(channel->digest, bytes, count);
        job->bytes += count;
    } else if (channel->used + count < sizeof channel->answer) {
        memcpy(channel->answer + channel->used, bytes, count);
        channel->used += count;
    }
    return count;
}

static void start(struct channel *channel, struct job *job) {
    char url[1000];
    channel->job = job;
    channel->used = 0;
    curl_easy_setopt(channel->curl, CURLOPT_HTTPGET, 1L);
    if (job->next == SUBMIT) {
        snprintf(url, sizeof url, "%s/v1/models/vendor/model/text-to-image", base);
        curl_easy_setopt(channel->curl, CURLOPT_POSTFIELDS, job->input);
        curl_easy_setopt(channel->curl, CURLOPT_POST, 1L);
    } else if (job->next == FETCH) {
        snprintf(url, sizeof url, "%s", job->url);
        snprintf(job->path, sizeof job->path, "%s/%s_0.png", directory, job->request);
        snprintf(job->part, sizeof job->part, "%s/.%s_0.part", directory, job->request);
        job->file = open(job->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        EVP_DigestInit_ex(channel->digest, EVP_sha256(), 0);
    } else {
        snprintf(url, sizeof url, "%s/v1/requests/%s/%s", base, job->request,
            job->next == STATUS ? "status" : "result");
    }
    curl_easy_setopt(channel->curl, CURLOPT_URL, url);
    curl_multi_add_handle(multi, channel->curl);
}

static char *text_after(const char *answer, const char *mark) {
    const char *start = strstr(answer, mark);
    if (!start) fail(answer);
    start += strlen(mark);
    return strndup(start, strcspn(start, "\""));
}

static void finish(struct channel *channel, CURLcode result) {
    struct job *job = channel->job;
    long status = 0;
    curl_easy_getinfo(channel->curl, CURLINFO_RESPONSE_CODE, &status);
    channel->answer[channel->used] = 0;
    if (result || status != 200) fail(result ? curl_easy_strerror(result) : channel->answer);
    if (job->next == STATUS && !strstr(channel->answer, "\"completed\"")) {
        wait_until(job, now() + poll_s);
    } else if (job->next == STATUS) {
        job->next = RESULT;
        STAILQ_INSERT_TAIL(&ready[RESULT], job, link);
    } else if (job->next == FETCH) {
        unsigned char digest[32];
        EVP_DigestFinal_ex(channel->digest, digest, 0);
        for (int i = 0; i < 32; i++) sprintf(job->sha256 + 2 * i, "%02x", digest[i]);
        pthread_mutex_lock(&lock);
        STAILQ_INSERT_TAIL(&to_sync, job, link);
        pthread_cond_signal(&more);
        pthread_mutex_unlock(&lock);
    } else if (job->next == SUBMIT) {
        char *request = text_after(channel->answer, "\"request_id\":\"");
        strcpy(job->request, request);
        free(request), free(job->input);
        STAILQ_INSERT_TAIL(&to_record, job, link);
    } else {
        job->url = text_after(channel->answer, "[\"");
        STAILQ_INSERT_TAIL(&to_record, job, link);
    }
    channel->next_free = idle;
    idle = channel;
}

// One commit for everything that has happened since the last one. Answers how many jobs were claimed.
static int record(struct queue *done, int *finished, int most) {
    struct job *job;
    int claimed = 0;
    if (!STAILQ_EMPTY(done)) fsync(directory_file);
    run("BEGIN IMMEDIATE");
    while ((job = STAILQ_FIRST(&to_record))) {
        STAILQ_REMOVE_HEAD(&to_record, link);
        sqlite3_stmt *statement = job->next == SUBMIT ? submitted : landed;
        sqlite3_bind_int64(statement, 1, job->id);
        sqlite3_bind_text(statement, 2, job->next == SUBMIT ? job->request : job->url, -1, SQLITE_STATIC);
        step(statement);
        job->next = job->next == SUBMIT ? STATUS : FETCH;
        STAILQ_INSERT_TAIL(&ready[job->next], job, link);
    }
    while ((job = STAILQ_FIRST(done))) {
        STAILQ_REMOVE_HEAD(done, link);
        sqlite3_bind_int64(output, 1, job->id);
        sqlite3_bind_text(output, 2, job->path, -1, SQLITE_STATIC);
        sqlite3_bind_text(output, 3, job->sha256, -1, SQLITE_STATIC);
        sqlite3_bind_int64(output, 4, job->bytes);
        step(output);
        sqlite3_bind_int64(completed, 1, job->id);
        step(completed);
        free(job->url), free(job);
        *finished += 1;
    }
    if (most > 0) {
        sqlite3_bind_int(claim, 1, most);
        while (sqlite3_step(claim) == SQLITE_ROW) {
            job = calloc(1, sizeof *job);
            job->id = sqlite3_column_int64(claim, 0);
            job->input = strdup((const char *)sqlite3_column_text(claim, 1));
            STAILQ_INSERT_TAIL(&ready[SUBMIT], job, link);
            claimed++;
        }
        sqlite3_reset(claim);
    }
    run("COMMIT");
    return claimed;
}

static void prepare_all(int connections) {
    claim = prepare("UPDATE jobs SET state = 'submitting' WHERE id IN"
        " (SELECT id FROM jobs WHERE state = 'queued' ORDER BY id LIMIT ?1) RETURNING id, input");
    submitted = prepare("UPDATE jobs SET state = 'in_queue', request_id = ?2 WHERE id = ?1");
    landed = prepare("INSERT INTO outputs (job_id, url) VALUES (?1, ?2)");
    output = prepare("UPDATE outputs SET path = ?2, sha256 = ?3, bytes = ?4 WHERE job_id = ?1");
    completed = prepare("UPDATE jobs SET state = 'completed' WHERE id = ?1");
    curl_global_init(CURL_GLOBAL_ALL);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)connections + 8);
    for (int i = 0; i < connections; i++) {
        struct channel *channel = calloc(1, sizeof *channel);
        channel->curl = curl_easy_init();
        channel->digest = EVP_MD_CTX_new();
        channel->headers = curl_slist_append(0, "Authorization: Bearer 0123456789abcdef0123456789abcdef");
        channel->headers = curl_slist_append(channel->headers, "Content-Type: application/json");
        curl_easy_setopt(channel->curl, CURLOPT_HTTPHEADER, channel->headers);
        curl_easy_setopt(channel->curl, CURLOPT_WRITEFUNCTION, receive);
        curl_easy_setopt(channel->curl, CURLOPT_WRITEDATA, channel);
        curl_easy_setopt(channel->curl, CURLOPT_PRIVATE, channel);
        curl_easy_setopt(channel->curl, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(channel->curl, CURLOPT_BUFFERSIZE, 131072L);
        channel->next_free = idle;
        idle = channel;
    }
    for (int i = 0; i < SYNC_THREADS; i++) {
        pthread_t thread;
        pthread_create(&thread, 0, sync_files, 0);
    }
}

static int start_ready(void) {
    while (waits && waiting[0]->due <= now()) {
        struct job *job = first_waiting();
        STAILQ_INSERT_TAIL(&ready[STATUS], job, link);
    }
    for (int call = FETCH; call >= SUBMIT; call--) {
        struct job *job;
        while (idle && (job = STAILQ_FIRST(&ready[call]))) {
            struct channel *channel = idle;
            idle = channel->next_free;
            STAILQ_REMOVE_HEAD(&ready[call], link);
            start(channel, job);
        }
    }
    return idle != 0;
}

static void work(void) {
    int claimed = 0, finished = 0, is_empty = 0;
    while (!is_empty || finished < claimed) {
        struct queue done = STAILQ_HEAD_INITIALIZER(done);
        pthread_mutex_lock(&lock);
        STAILQ_CONCAT(&done, &synced);
        pthread_mutex_unlock(&lock);
        int room = is_empty || !STAILQ_EMPTY(&ready[SUBMIT]) ? 0 : MOST_CLAIMED;
        if (!STAILQ_EMPTY(&done) || !STAILQ_EMPTY(&to_record) || room) {
            int got = record(&done, &finished, room);
            claimed += got;
            if (room && !got) is_empty = 1;
        }
        start_ready();
        int running, left, any = 0;
        curl_multi_perform(multi, &running);
        for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)); any = 1) {
            struct channel *channel;
            CURLcode result = message->data.result;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &channel);
            curl_multi_remove_handle(multi, message->easy_handle);
            finish(channel, result);
        }
        int rest = waits ? (waiting[0]->due - now()) * 1000 + 1 : 1000;
        if (!any && (finished < claimed || !is_empty)) curl_multi_poll(multi, 0, 0, rest < 0 ? 0 : rest, 0);
    }
}

int main(int count, char **words) {
    if (count < 4) return 64;
    for (int i = 0; i < 4; i++) STAILQ_INIT(&ready[i]);
    open_database(words[2]);
    if (!strcmp(words[1], "enqueue")) return enqueue(atoi(words[3])), 0;
    base = words[3], directory = words[4], poll_s = atoi(words[6]) / 1000.0;
    directory_file = open(directory, O_RDONLY | O_DIRECTORY);
    prepare_all(atoi(words[5]));
    work();
    return 0;
}
