// Counts the points at which a program touches disk or network, and at a chosen one crashes it or fails the call.
//
// The environment says what is to happen:
//   JOBD_FAULT_ROOT    only files below this directory count
//   JOBD_FAULT_FROM    CALL:WORD: points are counted from the first such call on a path that contains WORD
//   JOBD_FAULT_CRASH   NUMBER:before, NUMBER:during (half of a write is done) or NUMBER:after
//   JOBD_FAULT_FAIL    CALL:ERRNO:WHICH:WORD, several joined by commas: the WHICH-th such call (0: every) on a path
//                      that contains WORD fails with that number; -9 crashes before it, and
//                      less than -1000 is no failure, but that many milliseconds of delay
//   JOBD_FAULT_WHILE   calls fail only while this file is there
//   JOBD_FAULT_TRACE   a file that gets a line for each point
//   JOBD_FAULT_SHADOW  a directory that keeps what was synced, see Shadow.c
//   JOBD_FAULT_BOOT    a file that is read in the place of the machine's boot id
//   JOBD_FAULT_FS      the number of the kind of file system that all paths seem to lie on, see Calls.c
//   JOBD_FAULT_CLOCK   a file of eight bytes: how far the wall clock is off, in nanoseconds
#define _GNU_SOURCE
#include "Points.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum moment { NEVER, BEFORE, DURING, AFTER };

#define MOST_FAULTS 8
static struct fault {
    char call[16];
    int error;
    long which;
    char word[256];
    atomic_long met;
} faults[MOST_FAULTS];

static int fault_count;
static const char *root, *trace_path, *while_path;
static size_t root_length;
static long crash_number;
static enum moment crash_moment = NEVER;
static char from_call[16], from_word[256];
static atomic_bool has_begun = true;
static atomic_long counted;
static atomic_bool is_dying;

void *real_function(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) abort();
    return function;
}

static void read_faults(const char *text) {
    char copy[2048];
    snprintf(copy, sizeof copy, "%s", text);
    char *rest = copy;
    for (char *word; (word = strsep(&rest, ",")) && fault_count < MOST_FAULTS;) {
        struct fault *fault = &faults[fault_count];
        fault->word[0] = 0;
        if (sscanf(word, "%15[^:]:%d:%ld:%255s", fault->call, &fault->error, &fault->which, fault->word) >= 3)
            fault_count++;
    }
}

__attribute__((constructor)) static void read_orders(void) {
    root = getenv("JOBD_FAULT_ROOT");
    if (root && !*root) root = NULL;
    root_length = root ? strlen(root) : 0;
    trace_path = getenv("JOBD_FAULT_TRACE");
    while_path = getenv("JOBD_FAULT_WHILE");
    char moment[8] = "";
    const char *order = getenv("JOBD_FAULT_CRASH");
    if (order && sscanf(order, "%ld:%7s", &crash_number, moment) == 2)
        crash_moment = !strcmp(moment, "before") ? BEFORE : !strcmp(moment, "during") ? DURING : AFTER;
    const char *from = getenv("JOBD_FAULT_FROM");
    if (from && sscanf(from, "%15[^:]:%255s", from_call, from_word) == 2) has_begun = false;
    const char *list = getenv("JOBD_FAULT_FAIL");
    if (list) read_faults(list);
}

/// The shared memory beside the database is not kept over a power cut, and every start makes it anew.
static bool is_ours(const char *path) {
    if (!root || strncmp(path, root, root_length)) return false;
    size_t length = strlen(path);
    return length < 4 || strcmp(path + length - 4, "-shm");
}

/// The path of an open file; false where it has none.
static bool path_of(int file, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, size - 1);
    if (length < 0) return false;
    path[length] = 0;
    return path[0] == '/';
}

struct point point_at_file(const char *call, int file) {
    struct point point = {.call = call};
    int before = errno;
    if (root && path_of(file, point.path, sizeof point.path)) point.counts = is_ours(point.path);
    errno = before;
    return point;
}

struct point point_at_path(const char *call, int directory, const char *path) {
    struct point point = {.call = call};
    if (!root || !path) return point;
    int before = errno;
    if (path[0] == '/' || directory == AT_FDCWD) {
        snprintf(point.path, sizeof point.path, "%s", path);
    } else if (path_of(directory, point.path, sizeof point.path)) {
        size_t length = strlen(point.path);
        snprintf(point.path + length, sizeof point.path - length, "/%s", path);
    }
    errno = before;
    point.counts = is_ours(point.path);
    return point;
}

/// Only what leaves the machine counts, or would if it were not the simulator.
struct point point_at_socket(const char *call, int socket) {
    struct point point = {.call = call};
    if (!root) return point;
    int before = errno, family = 0;
    socklen_t size = sizeof family;
    if (getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0)
        point.counts = family == AF_INET || family == AF_INET6;
    strcpy(point.path, "socket");
    errno = before;
    return point;
}

void crash(void) {
    atomic_store(&is_dying, true);
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static void trace(const struct point *point) {
    if (!trace_path) return;
    char line[4200];
    int length = snprintf(line, sizeof line, "%ld %s %s\n", point->number, point->call, point->path);
    long file = syscall(SYS_openat, AT_FDCWD, trace_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return;
    syscall(SYS_write, file, line, length);
    syscall(SYS_close, file);
}

static int ordered_error(const struct point *point) {
    if (fault_count == 0) return 0;
    if (while_path && syscall(SYS_faccessat, AT_FDCWD, while_path, F_OK) != 0) return 0;
    for (int i = 0; i < fault_count; i++) {
        struct fault *fault = &faults[i];
        if (strcmp(fault->call, point->call) || !strstr(point->path, fault->word)) continue;
        long met = atomic_fetch_add(&fault->met, 1) + 1;
        if (fault->which == 0 || fault->which == met) return fault->error;
    }
    return 0;
}

int orders_of(const struct point *point) {
    int error = ordered_error(point);
    if (error == -SIGKILL) crash();
    if (error >= -1000) return error;
    usleep((useconds_t)-error % 1000000 * 1000);
    return 0;
}

/// Whether points are counted by now.
static bool has_reached(const struct point *point) {
    if (!atomic_load(&has_begun) && !strcmp(from_call, point->call) && strstr(point->path, from_word))
        atomic_store(&has_begun, true);
    return atomic_load(&has_begun);
}

int enter(struct point *point) {
    if (!point->counts) return 0;
    // Another thread is ending the process: nothing may happen after its crash.
    if (atomic_load(&is_dying)) crash();
    if (!has_reached(point)) return orders_of(point);
    int before = errno;
    point->number = atomic_fetch_add(&counted, 1) + 1;
    trace(point);
    if (crash_moment == BEFORE && point->number == crash_number) crash();
    int error = orders_of(point);
    errno = before;
    return error;
}

void leave(const struct point *point) {
    if (!point->counts) return;
    if (crash_moment >= DURING && point->number == crash_number) crash();
}

size_t torn_size(const struct point *point, size_t size) {
    bool is_torn = point->counts && crash_moment == DURING && point->number == crash_number;
    return is_torn ? size / 2 : size;
}
