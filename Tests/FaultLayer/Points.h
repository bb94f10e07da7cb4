// What the two halves of the layer tell each other.
#ifndef FAULT_LAYER_POINTS_H
#define FAULT_LAYER_POINTS_H

#include <stdbool.h>
#include <stddef.h>

/// A moment at which the program touches disk or network.
struct point {
    /// What is called: "write", "sync", "rename" …
    const char *call;
    /// The whole path of the file, or the peer's word for a socket.
    char path[4096];
    /// Whether the call counts at all.
    bool counts;
    /// Which of the points of this process it is.
    long number;
};

/// The real function of that name.
void *real_function(const char *name);

/// Points of the different kinds; `counts` is false where the file is none of ours.
struct point point_at_path(const char *call, int directory, const char *path);
struct point point_at_file(const char *call, int file);
struct point point_at_socket(const char *call, int socket);

/// Counts the point, crashes before it where that was ordered, and answers the errno that the call shall fail with, or 0.
int enter(struct point *point);
/// The same without counting, for calls that touch neither.
int orders_of(const struct point *point);
/// Crashes after the call where that was ordered.
void leave(const struct point *point);
/// How much of a write of `size` bytes is to be done before the crash; `size` where none was ordered in its middle.
size_t torn_size(const struct point *point, size_t size);
/// Ends the process at once, as `kill -9` does.
void crash(void);

/// The shadow: what would be left of the disk if the power went now.
struct copy { int lock; char path[64]; long inode; };
/// Takes a copy of the file as it is before its sync …
struct copy shadow_begin(int file, bool matters);
/// … which counts once the sync has gone well.
void shadow_end(struct copy *copy, bool synced);
/// Keeps a file that loses its name, so that its number is not used again.
void shadow_keep(int directory, const char *path);

#endif
