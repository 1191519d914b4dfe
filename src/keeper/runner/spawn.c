#define _GNU_SOURCE
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

#define FLAG_PIDFD 0x00001000ULL
#define FLAG_CLEAR_SIGHAND 0x100000000ULL
#define FLAG_INTO_CGROUP 0x200000000ULL

struct clone3_args {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
  uint64_t set_tid, set_tid_size, cgroup;
};

/// clone3 whose child runs `child(argument)` on the stack below this call and never returns. The
/// parent sleeps until the child has called execve or _exit (CLONE_VFORK), so both may share that
/// stack.
long clone3_call(struct clone3_args* args, size_t size, void (*child)(void*), void* argument);
#if defined(__x86_64__)
__asm__(
    ".text\n.global clone3_call\n.type clone3_call,@function\nclone3_call:\n"
    "  mov %rcx,%r8\n"
    "  mov $435,%eax\n"
    "  syscall\n"
    "  test %rax,%rax\n"
    "  jz 1f\n"
    "  ret\n"
    "1: xor %ebp,%ebp\n"
    "  mov %r8,%rdi\n"
    "  and $-16,%rsp\n"
    "  sub $128,%rsp\n"
    "  call *%rdx\n"
    "  hlt\n"
    ".size clone3_call,.-clone3_call\n");
#elif defined(__aarch64__)
__asm__(
    ".text\n.global clone3_call\n.type clone3_call,%function\nclone3_call:\n"
    "  mov x8,#435\n"
    "  svc #0\n"
    "  cbz x0,1f\n"
    "  ret\n"
    "1: mov x29,#0\n"
    "  mov x0,x3\n"
    "  sub sp,sp,#128\n"
    "  blr x2\n"
    "  brk #0\n"
    ".size clone3_call,.-clone3_call\n");
#else
#define NO_CLONE3 1
#endif

static pid_t runner_pid;
static int raised_niceness;  ///< the agent runs before ordinary work

/// Everything after this shares memory with the runner: system calls only.
static _Noreturn void give_up(struct spawn* s, int stage) {
  s->error = errno ? errno : EIO;
  s->stage = stage;
  for (;;) syscall(SYS_exit_group, 127);
}

/// execve along the search path, as a shell would; returns with errno set.
static void exec_along_path(struct spawn* s) {
  const char* name = s->argv[0];
  if (!*name) {
    errno = ENOENT;
    return;
  }
  if (strchr(name, '/')) {
    execve(name, s->argv, s->env);
    return;
  }
  static char path[PATH_MAX];
  const size_t name_bytes = strlen(name);
  int found = ENOENT;
  for (const char* at = s->search;;) {
    const char* end = strchrnul(at, ':');
    size_t n = (size_t)(end - at);
    if (n + name_bytes + 2 <= sizeof path) {
      memcpy(path, at, n);
      if (n) path[n++] = '/';
      memcpy(path + n, name, name_bytes + 1);
      execve(path, s->argv, s->env);
      if (errno == EACCES)
        found = EACCES;
      else if (errno != ENOENT && errno != ENOTDIR)
        return;
    }
    if (!*end) break;
    at = end + 1;
  }
  errno = found;
}

static void become_user(struct spawn* s) {
  // Raw calls: the C library's own would also look for other threads.
  if (syscall(SYS_setgroups, (long)s->group_count, s->groups) != 0 ||
      syscall(SYS_setresgid, (long)s->gid, (long)s->gid, (long)s->gid) != 0 ||
      syscall(SYS_setresuid, (long)s->uid, (long)s->uid, (long)s->uid) != 0) {
    give_up(s, DX_STAGE_USER);
  }
}

static void child_main(void* argument) {
  struct spawn* s = argument;
  errno = 0;
  if (setsid() < 0) give_up(s, DX_STAGE_PREPARE);
  for (int i = 0; i < 3; i++) {
    if (dup2(s->fds[i], i) < 0) give_up(s, DX_STAGE_PREPARE);
  }
  // An agent may be given a higher priority than ordinary work; its jobs are ordinary work.
  if (raised_niceness) setpriority(PRIO_PROCESS, 0, 0);
  if (s->set_user) become_user(s);
  // The runner's death is the job's: nobody else could tell how it ended.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != runner_pid) give_up(s, DX_STAGE_PREPARE);
  if (*s->folder && chdir(s->folder) != 0) give_up(s, DX_STAGE_FOLDER);
  if (syscall(SYS_close_range, 3U, ~0U, 0U) != 0) {
    for (int fd = 3; fd < 256; fd++) close(fd);
  }
  const uint64_t no_signals = 0;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, 8);
  exec_along_path(s);
  give_up(s, DX_STAGE_EXEC);
}

static long clone_modern(struct spawn* s, int cgroup_fd) {
#ifdef NO_CLONE3
  (void)s;
  (void)cgroup_fd;
  errno = ENOSYS;
  return -ENOSYS;
#else
  int pidfd = -1;
  struct clone3_args args = {
      .flags = CLONE_VM | CLONE_VFORK | FLAG_PIDFD | FLAG_CLEAR_SIGHAND,
      .pidfd = (uint64_t)(uintptr_t)&pidfd,
      .exit_signal = SIGCHLD,
  };
  if (cgroup_fd >= 0) {
    args.flags |= FLAG_INTO_CGROUP;
    args.cgroup = (uint64_t)cgroup_fd;
  }
  const long pid = clone3_call(&args, sizeof args, child_main, s);
  s->pidfd = pidfd;
  return pid;
#endif
}

/// For kernels and sandboxes without clone3. No handlers are set in a runner, so none need
/// clearing.
static long clone_classic(struct spawn* s) {
  const pid_t pid = vfork();
  if (pid == 0) child_main(s);
  if (pid < 0) return -errno;
  s->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (s->pidfd <
      0) {  // Linux before 5.3: without it the end could not be waited for beside the pipes
    const long error = errno;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return -error;
  }
  return pid;
}

int spawn_process(struct spawn* s) {
  static int no_clone3, no_cgroup = -1;
  s->error = 0;
  s->stage = DX_STAGE_NONE;
  s->pidfd = -1;
  if (!runner_pid) {
    runner_pid = getpid();
    raised_niceness = getpriority(PRIO_PROCESS, 0) < 0;
  }
  long pid = -ENOSYS;
  if (!no_clone3) {
    const int into = s->cgroup_fd != no_cgroup ? s->cgroup_fd : -1;
    pid = clone_modern(s, into);
    if (pid < 0 && into >= 0 && pid != -EAGAIN && pid != -ENOMEM) {
      no_cgroup = into;  // the kernel does not let us: the process group has to do
      pid = clone_modern(s, -1);
    }
    if (pid == -ENOSYS || pid == -EPERM || pid == -EINVAL) no_clone3 = 1;
  }
  if (no_clone3) pid = clone_classic(s);
  if (pid < 0) {
    s->error = (int)-pid;
    s->stage = DX_STAGE_PREPARE;
    return -1;
  }
  s->pid = (pid_t)pid;
  return 0;
}
