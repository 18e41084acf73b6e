// Namespaces, TUN devices and child processes by system calls that Swift's Glibc module lacks. Every function returns
// 0 or a descriptor, or the negative number of an error.
#ifndef CNAMESPACES_H
#define CNAMESPACES_H

#include <poll.h>
#include <stdint.h>
#include <sys/types.h>

/// Puts the calling thread into a new network namespace: the /24 of `address` is local to it, and everything else of
/// `network` (a /16) goes out by the TUN device whose descriptor is written to `tun`. Threads begun later are in it too.
int cnamespaces_enter_network(const char *address, const char *network, int *tun);

/// A descriptor of the calling thread's network namespace.
int cnamespaces_network(void);

/// Puts the process into a mount namespace of its own whose mounts nobody else sees.
int cnamespaces_enter_mounts(void);

/// A file system in memory of at most `bytes`.
int cnamespaces_mount_memory(const char *path, uint64_t bytes);
/// Gives it another size. 0: what it holds now, so that it is full.
int cnamespaces_resize_memory(const char *path, uint64_t bytes);
int cnamespaces_unmount(const char *path);

/// Starts a program in a process group of its own, its output appended to `log`, its signals as they are by default.
/// The kernel kills it when the calling thread ends, however that comes.
/// `network`: a descriptor of the network namespace it runs in; below 0: the caller's.
int cnamespaces_spawn(
    const char *program, char *const arguments[], const char *log, int network, pid_t *pid);

/// Waits as ppoll does. Below 0 nanoseconds: until something is there.
int cnamespaces_poll(struct pollfd *entries, uint64_t count, int64_t nanoseconds);

#endif
