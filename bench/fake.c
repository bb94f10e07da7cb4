// The service, as fast as one thread can be it: it keeps nothing about a request but when it was last asked about.
//
//   fake PORT QUEUE_MS RUN_MS OUTPUTS BYTES [POLL_MS]
//
// A request's id is the moment of its POST (microseconds since 1970, hexadecimal), a dash, and its number; so
// its whole life can be reckoned from the id, also by who finds it in a file's name. How long one runs varies by
// a quarter either way, by its number. GET /stats tells what was asked for: with POLL_MS also how many polls
// came no later than a tenth after that time. GET /reset forgets.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { INPUT = 32768, HEAD = 4096, MOST_REQUESTS = 1 << 21 };

struct peer {
    int socket, used, head_length, head_sent, waits;
    size_t body_sent, body_length;
    size_t to_skip;
    char input[INPUT], head[HEAD];
};

static int port, queue_ms, run_ms, outputs, poll_ms;
static size_t file_size;
static char *file;
static uint32_t made;
static int64_t *last_asked; // in microseconds, by a request's number
static uint64_t posts, statuses, results, files, others, connections, on_time, late;

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

static void put32(char *to, uint32_t n) {
    for (int i = 0; i < 4; i++) to[i] = n >> (24 - 8 * i);
}

// The frame of a PNG picture around as many bytes as were asked for. Its sums are wrong: nobody decodes it.
static void make_file(void) {
    file = calloc(1, file_size + 1);
    for (size_t i = 0; i < file_size; i++) file[i] = i * 2654435761u >> 13;
    if (file_size < 100) return;
    memcpy(file, "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\4\0\0\0\4\0\x08\2\0\0\0", 29);
    put32(file + 33, file_size - 33 - 12 - 12);
    memcpy(file + 37, "IDAT", 4);
    memcpy(file + file_size - 12, "\0\0\0\0IEND\xae\x42\x60\x82", 12);
}

static int run_of(uint32_t number) {
    return run_ms * (768 + number * 2654435761u % 512) / 1024;
}

static void answer(struct peer *p, const char *status, const char *body) {
    p->head_length = snprintf(p->head, HEAD,
        "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body),
        body);
}

static void submit(struct peer *p) {
    char body[600];
    uint32_t number = made++ % MOST_REQUESTS;
    int64_t now = now_us();
    last_asked[number] = now;
    posts++;
    snprintf(body, sizeof body, "{\"request_id\":\"%llx-%x\",\"status\":\"in_queue\","
        "\"status_url\":\"http://127.0.0.1:%d/v1/requests/%llx-%x/status\","
        "\"result_url\":\"http://127.0.0.1:%d/v1/requests/%llx-%x/result\"}",
        (long long)now, number, port, (long long)now, number, port, (long long)now, number);
    answer(p, "200 OK", body);
}

static void note_poll(uint32_t number, int64_t now) {
    if (poll_ms) *(now - last_asked[number] <= poll_ms * 1100ll ? &on_time : &late) += 1;
    last_asked[number] = now;
}

static void tell(struct peer *p, const char *id, const char *call) {
    char body[HEAD - 200], *end;
    int64_t made_at = strtoll(id, &end, 16);
    uint32_t number = *end == '-' ? strtoul(end + 1, &end, 16) % MOST_REQUESTS : 0;
    int length = end - id;
    int64_t now = now_us(), age = (now - made_at) / 1000;
    const char *state = age < queue_ms ? "in_queue"
        : age < queue_ms + run_of(number) ? "in_progress" : "completed";
    if (!strncmp(call, "status", 6)) {
        statuses++;
        note_poll(number, now);
        snprintf(body, sizeof body, "{\"request_id\":\"%.*s\",\"status\":\"%s\"%s}", length, id, state,
            *state == 'i' && state[3] == 'q' ? ",\"queue_position\":1" : "");
        return answer(p, "200 OK", body);
    }
    results++;
    if (*state != 'c') {
        snprintf(body, sizeof body, "{\"request_id\":\"%.*s\",\"status\":\"%s\"}", length, id, state);
        return answer(p, "200 OK", body);
    }
    int n = snprintf(body, sizeof body,
        "{\"request_id\":\"%.*s\",\"status\":\"succeeded\",\"output\":{\"images\":[", length, id);
    for (int i = 0; i < outputs && n < (int)sizeof body - 200; i++)
        n += snprintf(body + n, sizeof body - n, "%s\"http://127.0.0.1:%d/files/%.*s_%d.png\"", i ? "," : "",
            port, length, id, i);
    snprintf(body + n, sizeof body - n, "]}}");
    answer(p, "200 OK", body);
}

static void serve_file(struct peer *p) {
    files++;
    p->head_length = snprintf(p->head, HEAD,
        "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nETag: \"fake\"\r\nContent-Length: %zu\r\n\r\n",
        file_size);
    p->body_length = file_size;
}

static void statistics(struct peer *p) {
    char body[500];
    snprintf(body, sizeof body,
        "{\"posts\":%llu,\"statuses\":%llu,\"results\":%llu,\"files\":%llu,\"others\":%llu,"
        "\"connections\":%llu,\"on_time\":%llu,\"late\":%llu}\n",
        (long long)posts, (long long)statuses, (long long)results, (long long)files, (long long)others,
        (long long)connections, (long long)on_time, (long long)late);
    answer(p, "200 OK", body);
}

static void handle(struct peer *p, const char *line) {
    const char *path = strchr(line, ' ') + 1, *call;
    if (*line == 'P' && !strncmp(path, "/v1/models/", 11)) return submit(p);
    if (!strncmp(path, "/v1/requests/", 13) && (call = strchr(path + 13, '/')))
        return tell(p, path + 13, call + 1);
    if (!strncmp(path, "/files/", 7)) return serve_file(p);
    if (!strncmp(path, "/stats", 6)) return statistics(p);
    if (!strncmp(path, "/reset", 6)) {
        posts = statuses = results = files = others = connections = on_time = late = 0;
        return answer(p, "200 OK", "{}");
    }
    others++;
    answer(p, "404 Not Found", "{\"detail\":\"not found\"}");
}

// Sends what is ready. Answers -1 where the connection is over, 1 where it must wait.
static int send_on(struct peer *p) {
    while (p->head_sent < p->head_length) {
        ssize_t n = send(p->socket, p->head + p->head_sent, p->head_length - p->head_sent,
            MSG_NOSIGNAL | (p->body_length ? MSG_MORE : 0));
        if (n < 0) return errno == EAGAIN ? 1 : -1;
        p->head_sent += n;
    }
    while (p->body_sent < p->body_length) {
        ssize_t n = send(p->socket, file + p->body_sent, p->body_length - p->body_sent, MSG_NOSIGNAL);
        if (n < 0) return errno == EAGAIN ? 1 : -1;
        p->body_sent += n;
    }
    p->head_sent = p->head_length = 0;
    p->body_sent = p->body_length = 0;
    return 0;
}

// Answers every request that is wholly here.
static int work(struct peer *p) {
    for (;;) {
        int state = send_on(p);
        if (state) return state;
        size_t skipped = p->to_skip < (size_t)p->used ? p->to_skip : (size_t)p->used;
        p->to_skip -= skipped;
        memmove(p->input, p->input + skipped, p->used -= skipped);
        p->input[p->used] = 0;
        char *end = strstr(p->input, "\r\n\r\n");
        if (!end) return p->used == INPUT - 1 ? -1 : 0;
        char *length = strcasestr(p->input, "\ncontent-length:");
        p->to_skip = end + 4 - p->input + (length && length < end ? strtoul(length + 16, 0, 10) : 0);
        handle(p, p->input);
    }
}

static int take(struct peer *p) {
    for (;;) {
        ssize_t n = p->used < INPUT - 1 ? recv(p->socket, p->input + p->used, INPUT - 1 - p->used, 0) : -1;
        if (n == 0) return -1;
        if (n < 0) return errno == EAGAIN || p->used == INPUT - 1 ? work(p) : -1;
        p->used += n;
        int state = work(p);
        if (state) return state;
    }
}

int main(int count, char **words) {
    if (count < 6) return 64;
    port = atoi(words[1]), queue_ms = atoi(words[2]), run_ms = atoi(words[3]), outputs = atoi(words[4]);
    file_size = atol(words[5]), poll_ms = count > 6 ? atoi(words[6]) : 0;
    last_asked = calloc(MOST_REQUESTS, sizeof *last_asked);
    make_file();
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1, epoll = epoll_create1(0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096))
        return perror("listen"), 1;
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN});
    for (;;) {
        struct epoll_event events[256];
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            struct peer *p = events[i].data.ptr;
            if (!p) {
                int taken;
                while ((taken = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0) {
                    setsockopt(taken, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                    p = calloc(1, sizeof *p);
                    p->socket = taken;
                    connections++;
                    epoll_ctl(epoll, EPOLL_CTL_ADD, taken,
                        &(struct epoll_event){.events = EPOLLIN, .data.ptr = p});
                }
                continue;
            }
            int state = take(p);
            if (state < 0) {
                close(p->socket);
                free(p);
            } else if (state != p->waits) {
                p->waits = state;
                epoll_ctl(epoll, EPOLL_CTL_MOD, p->socket,
                    &(struct epoll_event){.events = state ? EPOLLOUT : EPOLLIN, .data.ptr = p});
            }
        }
    }
}
