// What would be left if the power went now: for each file its content at its last sync, for each directory the names
// in it at its own. The strict reading of POSIX: the sync of a file says nothing about its name.
//
// JOBD_FAULT_SHADOW holds a file for each inode that was synced, named by its number. A directory's has a line of
// number, kind and name for each entry. All processes that work on the directory share the shadow.
#define _GNU_SOURCE
#include "Points.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/// The library's own calls must not be points.
#define OPEN(directory, path, flags) (int)syscall(SYS_openat, directory, path, flags, 0600)

static int shadow = -1;

__attribute__((constructor)) static void open_shadow(void) {
    const char *path = getenv("JOBD_FAULT_SHADOW");
    if (path && *path) shadow = OPEN(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void copy_bytes(int from, int to) {
    char buffer[1 << 16];
    off_t offset = 0;
    for (ssize_t count; (count = pread(from, buffer, sizeof buffer, offset)) > 0; offset += count)
        syscall(SYS_write, to, buffer, count);
}

static void copy_names(int directory, int to) {
    int own = OPEN(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = own < 0 ? NULL : fdopendir(own);
    if (!list) return;
    for (struct dirent *entry; (entry = readdir(list));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        char line[400];
        char kind = entry->d_type == DT_DIR ? 'd' : entry->d_type == DT_REG ? 'f' : 'o';
        int length = snprintf(line, sizeof line, "%lu %c %s\n", entry->d_ino, kind, entry->d_name);
        syscall(SYS_write, to, line, length);
    }
    closedir(list);
}

struct copy shadow_begin(int file, bool matters) {
    struct copy copy = {.lock = -1};
    struct stat status;
    int before = errno;
    if (matters && shadow >= 0 && fstat(file, &status) == 0) {
        // One sync after the other: an older copy must not take the place of a newer one.
        copy.lock = OPEN(shadow, "lock", O_RDWR | O_CREAT | O_CLOEXEC);
        flock(copy.lock, LOCK_EX);
        copy.inode = (long)status.st_ino;
        snprintf(copy.path, sizeof copy.path, "new-%ld", copy.inode);
        int to = OPEN(shadow, copy.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
        if (S_ISDIR(status.st_mode)) copy_names(file, to);
        // Read by the handle that is there: closing another one would drop SQLite's locks on the file.
        else copy_bytes(file, to);
        syscall(SYS_close, to);
    }
    errno = before;
    return copy;
}

void shadow_end(struct copy *copy, bool synced) {
    if (copy->lock < 0) return;
    int before = errno;
    char name[32];
    snprintf(name, sizeof name, "%ld", copy->inode);
    if (synced) syscall(SYS_renameat, shadow, copy->path, shadow, name);
    else syscall(SYS_unlinkat, shadow, copy->path, 0);
    syscall(SYS_close, copy->lock);
    errno = before;
}

void shadow_keep(int directory, const char *path) {
    static atomic_long kept;
    struct stat status;
    if (shadow < 0) return;
    int before = errno;
    if (fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode)) {
        char name[64];
        snprintf(name, sizeof name, "kept-%d-%ld", (int)getpid(), atomic_fetch_add(&kept, 1));
        syscall(SYS_linkat, directory, path, shadow, name, 0);
    }
    errno = before;
}
