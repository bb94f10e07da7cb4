// The second floor: the least that the same work costs by jobd's rules. What it shares with the first is there.
//
//   rules STATE_DIRECTORY URL DIRECTORY CONNECTIONS POLL_MS plain|sidecars
//
// Each POST has a connection of its own. The database is one that jobctl has made and filled, with all its checks and
// triggers, and holds the same rows afterwards as after jobd: charges, events, outputs. A file's path is on record
// before the file has its name. With sidecars, each job has one, synced before the job is completed.
#define main first_floor
#include "floor.c"
#undef main

// What a job waits for after its file has been received. `ready` has no queue for these.
enum { TO_NAME = FETCH + 1, TO_END };

static const char *model = "vendor/model/text-to-image";
static sqlite3_stmt *ready_jobs, *submitting, *charge, *event, *count_claim, *forget_outputs, *named_output;
static sqlite3_stmt *succeeded, *announced, *whole_job, *done_output, *left_outputs, *ended;
static int claims_file, with_sidecars;
static long claims;
static char moment[24]; // of the present transaction

static void prepare_rules(void) {
    ready_jobs = prepare("SELECT id, input FROM jobs INDEXED BY jobs_ready WHERE state = 'queued'"
        " AND next_try_at IS NULL AND waits_for = 0 AND model = ?1 ORDER BY priority DESC, id LIMIT ?2");
    submitting = prepare("UPDATE jobs SET state = 'submitting', validation = 'passed', submitted_at = ?2"
        " WHERE id = ?1 AND state = 'queued'");
    charge = prepare("INSERT INTO charges (job_id, submission, at, model) VALUES (?1, 1, ?2, ?3)");
    event = prepare("INSERT INTO events (job_id, at, kind, detail) VALUES (?1, ?2, ?3, ?4)");
    count_claim = prepare("INSERT INTO daemon_settings (name, value) VALUES ('claims', ?1)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value");
    submitted = prepare("UPDATE jobs SET state = 'in_queue', request_id = ?3, submissions = 1, followed_since = ?2,"
        " origin = ?4 WHERE id = ?1 AND state = 'submitting'");
    forget_outputs = prepare("DELETE FROM outputs WHERE job_id = ?1 AND state <> 'done'");
    named_output = prepare("INSERT INTO outputs (job_id, position, kind, url) VALUES (?1, 1, 'image', ?2)");
    succeeded = prepare("UPDATE jobs SET state = 'downloading', remote_status = 'succeeded', finished_at = ?2"
        " WHERE id = ?1 AND state = 'in_queue'");
    announced = prepare("UPDATE outputs SET path = ?2, bytes = ?3, sha256 = ?4"
        " WHERE job_id = ?1 AND position = 1 AND state = 'pending'");
    whole_job = prepare("SELECT input, key, created_at, submitted_at, finished_at, followed_since FROM jobs"
        " WHERE id = ?1");
    done_output = prepare("UPDATE outputs SET state = 'done', downloaded_at = ?2, path = ?3, bytes = ?4, sha256 = ?5,"
        " media_type = 'image/png', width = 1024, height = 1024, fetched = ?4"
        " WHERE job_id = ?1 AND position = 1 AND state = 'pending'");
    left_outputs = prepare("SELECT 1 FROM outputs WHERE job_id = ?1 AND state <> 'done' LIMIT 1");
    ended = prepare("UPDATE jobs SET state = 'completed', ended_at = ?2 WHERE id = ?1 AND state = 'downloading'");
}

static void give(sqlite3_stmt *statement, long id, const char *two, const char *three, const char *four) {
    sqlite3_bind_int64(statement, 1, id);
    if (two) sqlite3_bind_text(statement, 2, two, -1, SQLITE_STATIC);
    if (three) sqlite3_bind_text(statement, 3, three, -1, SQLITE_STATIC);
    if (four) sqlite3_bind_text(statement, 4, four, -1, SQLITE_STATIC);
}

// One statement that must change one row.
static void change(sqlite3_stmt *statement) {
    step(statement);
    if (sqlite3_changes(database) != 1) fail("another program has changed a job");
}

static void note(long id, const char *kind, const char *detail) {
    give(event, id, moment, kind, detail);
    step(event);
}

static void begin(void) {
    struct timespec t;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &parts);
    size_t length = strftime(moment, sizeof moment, "%F %T", &parts);
    sprintf(moment + length, ".%03d", (int)(t.tv_nsec / 1000000));
    run("BEGIN IMMEDIATE");
}

static void note_accepted(struct job *job) {
    char detail[1000];
    give(submitted, job->id, moment, job->request, base);
    change(submitted);
    snprintf(detail, sizeof detail, "{\"request_id\":\"%s\",\"origin\":\"%s\"}", job->request, base);
    note(job->id, "accepted", detail);
}

static void note_succeeded(struct job *job) {
    give(forget_outputs, job->id, 0, 0, 0);
    step(forget_outputs);
    give(named_output, job->id, job->url, 0, 0);
    step(named_output);
    give(succeeded, job->id, moment, 0, 0);
    change(succeeded);
    note(job->id, "status", "{\"status\":\"succeeded\"}");
}

static void write_sidecar(struct job *job) {
    char temporary[400], path[400];
    snprintf(path, sizeof path, "%s/%06ld.json", directory, job->id);
    snprintf(temporary, sizeof temporary, "%s/.%06ld.json.part", directory, job->id);
    int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t length = strlen(job->input);
    if (write(file, job->input, length) != (ssize_t)length || fsync(file) || close(file) || rename(temporary, path))
        fail(path);
    free(job->input);
}

// What the row will say once the job is completed.
static char *sidecar(struct job *job) {
    char *text = malloc(1 << 16);
    give(whole_job, job->id, 0, 0, 0);
    if (sqlite3_step(whole_job) != SQLITE_ROW) fail("a job is gone");
#define column(i) (const char *)sqlite3_column_text(whole_job, i)
    snprintf(text, 1 << 16,
        "{\n  \"id\": %ld,\n  \"state\": \"completed\",\n  \"model\": \"%s\",\n  \"input\": %s,\n  \"priority\": 0,\n"
        "  \"label\": null,\n  \"key\": \"%s\",\n  \"not_before\": null,\n  \"validation\": \"passed\",\n"
        "  \"request_id\": \"%s\",\n  \"remote_status\": \"succeeded\",\n  \"queue_position\": null,\n"
        "  \"submissions\": 1,\n  \"cancel_requested_at\": null,\n  \"error_kind\": null,\n"
        "  \"error_message\": null,\n  \"price_usd\": null,\n  \"cost_usd\": null,\n  \"created_at\": \"%s\",\n"
        "  \"submitted_at\": \"%s\",\n  \"started_at\": null,\n  \"finished_at\": \"%s\",\n  \"ended_at\": \"%s\",\n"
        "  \"next_try_at\": null,\n  \"followed_since\": \"%s\",\n  \"input_removed_at\": null,\n"
        "  \"origin\": \"%s\",\n  \"waits_for\": 0,\n  \"outputs\": [\n    {\n      \"job_id\": %ld,\n"
        "      \"position\": 1,\n      \"kind\": \"image\",\n      \"url\": \"%s\",\n      \"path\": \"%s\",\n"
        "      \"bytes\": %ld,\n      \"sha256\": \"%s\",\n      \"media_type\": \"image/png\",\n"
        "      \"width\": 1024,\n      \"height\": 1024,\n      \"duration_s\": null,\n      \"state\": \"done\",\n"
        "      \"downloaded_at\": \"%s\",\n      \"attempts\": 0,\n      \"fetched\": %ld,\n"
        "      \"removed_at\": null,\n      \"picked_at\": null,\n      \"object\": null,\n      \"local\": null,\n"
        "      \"file\": \"%s\"\n    }\n  ]\n}\n",
        job->id, model, column(0), column(1), job->request, column(2), column(3), column(4), moment, column(5), base,
        job->id, job->url, job->path, job->bytes, job->sha256, moment, job->bytes, job->path);
    sqlite3_reset(whole_job);
    return text;
}

static void announce(struct job *job) {
    give(announced, job->id, job->path, 0, job->sha256);
    sqlite3_bind_int64(announced, 3, job->bytes);
    change(announced);
    if (with_sidecars) job->input = sidecar(job);
}

static void note_end(struct job *job) {
    char detail[1000];
    give(done_output, job->id, moment, job->path, 0);
    sqlite3_bind_int64(done_output, 4, job->bytes);
    sqlite3_bind_text(done_output, 5, job->sha256, -1, SQLITE_STATIC);
    change(done_output);
    snprintf(detail, sizeof detail, "{\"position\":1,\"path\":\"%s\",\"bytes\":%ld}", job->path, job->bytes);
    note(job->id, "output", detail);
    give(left_outputs, job->id, 0, 0, 0);
    step(left_outputs);
    give(ended, job->id, moment, 0, 0);
    change(ended);
    note(job->id, "ended", "{\"state\":\"completed\"}");
}

static int claim_jobs(int most) {
    int claimed = 0;
    struct queue taken = STAILQ_HEAD_INITIALIZER(taken);
    sqlite3_bind_text(ready_jobs, 1, model, -1, SQLITE_STATIC);
    sqlite3_bind_int(ready_jobs, 2, most);
    for (; sqlite3_step(ready_jobs) == SQLITE_ROW; claimed++) {
        struct job *job = calloc(1, sizeof *job);
        job->id = sqlite3_column_int64(ready_jobs, 0);
        job->input = strdup((const char *)sqlite3_column_text(ready_jobs, 1));
        STAILQ_INSERT_TAIL(&taken, job, link);
    }
    sqlite3_reset(ready_jobs);
    for (struct job *job = STAILQ_FIRST(&taken); job; job = STAILQ_NEXT(job, link)) {
        give(submitting, job->id, moment, 0, 0);
        change(submitting);
        give(charge, job->id, moment, model, 0);
        step(charge);
        note(job->id, "submitting", "{}");
    }
    if (claimed) {
        char count[24];
        sprintf(count, "%ld", ++claims);
        sqlite3_bind_text(count_claim, 1, count, -1, SQLITE_TRANSIENT);
        step(count_claim);
    }
    STAILQ_CONCAT(&ready[SUBMIT], &taken);
    return claimed;
}

static void hand_over(struct queue *jobs) {
    pthread_mutex_lock(&lock);
    STAILQ_CONCAT(&to_sync, jobs);
    pthread_cond_broadcast(&more);
    pthread_mutex_unlock(&lock);
}

// One commit for everything that has happened since the last one. Answers how many jobs were claimed.
static int record_by_rules(struct queue *from_disk, int *finished, int most) {
    struct job *job;
    struct queue to_name = STAILQ_HEAD_INITIALIZER(to_name);
    int is_named = 0;
    STAILQ_FOREACH(job, from_disk, link) is_named |= job->next == (enum call)TO_END;
    if (is_named) fsync(directory_file);
    begin();
    while ((job = STAILQ_FIRST(&to_record))) {
        STAILQ_REMOVE_HEAD(&to_record, link);
        job->next == SUBMIT ? note_accepted(job) : note_succeeded(job);
        job->next = job->next == SUBMIT ? STATUS : FETCH;
        STAILQ_INSERT_TAIL(&ready[job->next], job, link);
    }
    while ((job = STAILQ_FIRST(from_disk))) {
        STAILQ_REMOVE_HEAD(from_disk, link);
        if (job->next == (enum call)TO_NAME) {
            announce(job);
            STAILQ_INSERT_TAIL(&to_name, job, link);
        } else {
            note_end(job);
            free(job->url), free(job);
            *finished += 1;
        }
    }
    int claimed = most > 0 ? claim_jobs(most) : 0;
    run("COMMIT");
    char count[24];
    if (claimed && pwrite(claims_file, count, sprintf(count, "%019ld\n", claims), 0) < 0) fail("claims");
    hand_over(&to_name);
    return claimed;
}

// First the file is synced; then, with its path on record, it gets its name, and the job its sidecar.
static void *work_on_files(void *unused) {
    (void)unused;
    for (;;) {
        pthread_mutex_lock(&lock);
        while (STAILQ_EMPTY(&to_sync)) pthread_cond_wait(&more, &lock);
        struct job *job = STAILQ_FIRST(&to_sync);
        STAILQ_REMOVE_HEAD(&to_sync, link);
        pthread_mutex_unlock(&lock);
        if (job->next == FETCH) {
            if (fsync(job->file) || close(job->file)) fail(job->part);
        } else {
            if (rename(job->part, job->path)) fail(job->path);
            if (with_sidecars) write_sidecar(job);
        }
        job->next = (enum call)(job->next == FETCH ? TO_NAME : TO_END);
        pthread_mutex_lock(&lock);
        int was_empty = STAILQ_EMPTY(&synced);
        STAILQ_INSERT_TAIL(&synced, job, link);
        pthread_mutex_unlock(&lock);
        if (was_empty) curl_multi_wakeup(multi);
    }
    return 0;
}

static void open_channels(int connections) {
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
        pthread_create(&thread, 0, work_on_files, 0);
    }
}

static void start_by_rules(void) {
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
            curl_easy_setopt(channel->curl, CURLOPT_FRESH_CONNECT, (long)(call == SUBMIT));
            curl_easy_setopt(channel->curl, CURLOPT_FORBID_REUSE, (long)(call == SUBMIT));
            start(channel, job);
        }
    }
}

static void work_by_rules(void) {
    int claimed = 0, finished = 0, is_empty = 0;
    while (!is_empty || finished < claimed) {
        struct queue from_disk = STAILQ_HEAD_INITIALIZER(from_disk);
        pthread_mutex_lock(&lock);
        STAILQ_CONCAT(&from_disk, &synced);
        pthread_mutex_unlock(&lock);
        int room = is_empty || !STAILQ_EMPTY(&ready[SUBMIT]) ? 0 : MOST_CLAIMED;
        if (!STAILQ_EMPTY(&from_disk) || !STAILQ_EMPTY(&to_record) || room) {
            int got = record_by_rules(&from_disk, &finished, room);
            claimed += got;
            if (room && !got) is_empty = 1;
        }
        start_by_rules();
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
    char path[400];
    if (count < 7) return 64;
    for (int i = 0; i < 4; i++) STAILQ_INIT(&ready[i]);
    snprintf(path, sizeof path, "%s/jobs.db", words[1]);
    if (sqlite3_open(path, &database)) fail(path);
    run("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL");
    snprintf(path, sizeof path, "%s/claims", words[1]);
    claims_file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    base = words[2], directory = words[3], poll_s = atoi(words[5]) / 1000.0;
    with_sidecars = !strcmp(words[6], "sidecars");
    directory_file = open(directory, O_RDONLY | O_DIRECTORY);
    prepare_rules();
    open_channels(atoi(words[4]));
    work_by_rules();
    return 0;
}
