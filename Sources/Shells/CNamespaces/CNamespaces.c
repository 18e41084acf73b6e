#define _GNU_SOURCE
#include "CNamespaces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <unistd.h>

static void set_address(struct sockaddr *place, const char *text) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    inet_pton(AF_INET, text, &address.sin_addr);
    memcpy(place, &address, sizeof address);
}

static int set_up(int descriptor, const char *name) {
    struct ifreq request = {0};
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (ioctl(descriptor, SIOCGIFFLAGS, &request) < 0) return -errno;
    request.ifr_flags |= IFF_UP | IFF_RUNNING;
    return ioctl(descriptor, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

/// On a loopback device every address of the network of its address is local.
static int add_loopback(int descriptor, const char *address) {
    struct ifreq request = {0};
    strcpy(request.ifr_name, "lo:1");
    set_address(&request.ifr_addr, address);
    if (ioctl(descriptor, SIOCSIFADDR, &request) < 0) return -errno;
    set_address(&request.ifr_netmask, "255.255.255.0");
    return ioctl(descriptor, SIOCSIFNETMASK, &request) < 0 ? -errno : 0;
}

static int add_route(int descriptor, const char *network, char *device) {
    struct rtentry route = {.rt_flags = RTF_UP, .rt_dev = device};
    set_address(&route.rt_dst, network);
    set_address(&route.rt_genmask, "255.255.0.0");
    return ioctl(descriptor, SIOCADDRT, &route) < 0 ? -errno : 0;
}

static int open_tun(const char *name) {
    int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (tun < 0) return -errno;
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (ioctl(tun, TUNSETIFF, &request) < 0) {
        int code = -errno;
        close(tun);
        return code;
    }
    return tun;
}

int cnamespaces_enter_network(const char *address, const char *network, int *tun) {
    if (unshare(CLONE_NEWNET) < 0) return -errno;
    char name[] = "isthmus0";
    int device = open_tun(name);
    if (device < 0) return device;
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int code = descriptor < 0 ? -errno : 0;
    if (code == 0) code = set_up(descriptor, "lo");
    if (code == 0) code = add_loopback(descriptor, address);
    if (code == 0) code = set_up(descriptor, name);
    if (code == 0) code = add_route(descriptor, network, name);
    if (descriptor >= 0) close(descriptor);
    if (code == 0) *tun = device;
    else close(device);
    return code;
}

int cnamespaces_network(void) {
    int descriptor = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int cnamespaces_enter_mounts(void) {
    if (unshare(CLONE_NEWNS) < 0) return -errno;
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ? -errno : 0;
}

int cnamespaces_mount_memory(const char *path, uint64_t bytes) {
    char options[64];
    snprintf(options, sizeof options, "size=%llu", (unsigned long long)bytes);
    return mount("isthmus", path, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0 ? -errno : 0;
}

int cnamespaces_resize_memory(const char *path, uint64_t bytes) {
    char options[64];
    // A write may come between the look and the resizing: look again.
    for (int attempt = 0;; attempt++) {
        uint64_t size = bytes;
        if (size == 0) {
            struct statfs status;
            if (statfs(path, &status) < 0) return -errno;
            size = (uint64_t)(status.f_blocks - status.f_bfree) * (uint64_t)status.f_bsize;
            // A size of 0 is no limit.
            if (size == 0) size = (uint64_t)status.f_bsize;
        }
        snprintf(options, sizeof options, "size=%llu", (unsigned long long)size);
        if (mount(NULL, path, NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV, options) == 0) return 0;
        if (errno != EINVAL || attempt == 10) return -errno;
    }
}

int cnamespaces_unmount(const char *path) { return umount2(path, MNT_DETACH) < 0 ? -errno : 0; }

/// Only what may be called between fork and exec.
static int become(const char *program, char *const arguments[], const char *log, int network, pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return errno;
    if (getppid() != parent) return ESRCH;
    if (network >= 0 && setns(network, CLONE_NEWNET) < 0) return errno;
    if (setpgid(0, 0) < 0) return errno;
    int input = open("/dev/null", O_RDONLY);
    int output = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (input < 0 || output < 0) return errno;
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) return errno;
    if (input > 2) close(input);
    if (output > 2) close(output);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(program, arguments);
    return errno;
}

int cnamespaces_spawn(
    const char *program, char *const arguments[], const char *log, int network, pid_t *pid) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        int code = become(program, arguments, log, network, parent);
        ssize_t written = write(ends[1], &code, sizeof code);
        _exit(written == sizeof code ? 127 : 126);
    }
    int code = child < 0 ? errno : 0;
    close(ends[1]);
    // Ends with the child's exec, which closes its end, or with the error it had.
    if (child > 0 && read(ends[0], &code, sizeof code) != sizeof code) code = 0;
    close(ends[0]);
    if (code == 0) *pid = child;
    return -code;
}

int cnamespaces_poll(struct pollfd *entries, uint64_t count, int64_t nanoseconds) {
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int ready = ppoll(entries, (nfds_t)count, nanoseconds < 0 ? NULL : &limit, NULL);
    return ready < 0 ? -errno : ready;
}
