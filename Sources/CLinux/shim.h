#ifndef WINRM_CLINUX_SHIM_H
#define WINRM_CLINUX_SHIM_H
/* Calls that Swift's Glibc overlay does not show: those behind _GNU_SOURCE, and those with variable arguments. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <shadow.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

extern int setresuid(uid_t real, uid_t effective, uid_t saved);
extern int setresgid(gid_t real, gid_t effective, gid_t saved);
extern int getresuid(uid_t *real, uid_t *effective, uid_t *saved);
extern int getresgid(gid_t *real, gid_t *effective, gid_t *saved);
extern int pipe2(int descriptors[2], int flags);
extern int mkostemp(char *pattern, int flags);
extern int setgroups(size_t count, const gid_t *groups);

/* Who is at the other end of a Unix socket (SO_PEERCRED). */
struct winrm_peer {
  int32_t pid;
  uint32_t uid;
  uint32_t gid;
};

static inline int winrm_peer_of(int descriptor, struct winrm_peer *peer) {
  socklen_t length = sizeof *peer;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, peer, &length) != 0) return -1;
  if (length != sizeof *peer) { errno = EPROTO; return -1; }
  return 0;
}

static inline int winrm_set_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL); }
/* Capabilities that would outlive an exec by somebody who is not root. Older kernels have none (EINVAL). */
static inline int winrm_drop_ambient_capabilities(void) {
  if (prctl(PR_CAP_AMBIENT, (unsigned long)PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL) == 0 || errno == EINVAL) return 0;
  return -1;
}

static inline int winrm_set_dumpable(int dumpable) { return prctl(PR_SET_DUMPABLE, (unsigned long)dumpable, 0UL, 0UL, 0UL); }

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

static inline int winrm_close_from(unsigned int first) { return (int)syscall(SYS_close_range, first, ~0U, 0U); }

/* The kernel sets close-on-exec on a process descriptor by itself. */
static inline int winrm_open_process(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0U); }

static inline int winrm_duplicate_above(int descriptor, int minimum) { return fcntl(descriptor, F_DUPFD_CLOEXEC, minimum); }

/* An anonymous file that lives in memory. */
static inline int winrm_memory_file(void) { return (int)syscall(SYS_memfd_create, "winrmd-exec", 1U /* MFD_CLOEXEC */); }

/* The code of winrm_peek_exit for a process that was not ended by a signal. */
static const int winrm_exited_normally = CLD_EXITED;

/* Whether a child has ended, and how, without reaping it. 1: ended, 0: not yet, -1: errno. */
static inline int winrm_peek_exit(pid_t pid, int *code, int *status) {
  siginfo_t info = {0};
  if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return -1;
  if (info.si_pid == 0) return 0;
  *code = info.si_code;
  *status = info.si_status;
  return 1;
}

static inline int winrm_set_limit(int resource, uint64_t soft, uint64_t hard) {
  struct rlimit limit = {(rlim_t)soft, (rlim_t)hard};
  return setrlimit((__rlimit_resource_t)resource, &limit);
}

/* By the system call: the C library keeps two signals to itself, which posix_spawn leaves ignored in its children. An action of zeros is
   SIG_DFL without flags and mask, in every layout. */
static inline int winrm_default_signal(int signal) {
  unsigned long action[8] = {0};
  return (int)syscall(SYS_rt_sigaction, signal, action, NULL, (size_t)8);
}
#endif
