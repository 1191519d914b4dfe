/// dandori-exec, the runner of one slot: runs job after job, keeps what they write and how they
/// end.
///
/// Started by the keeper as `dandori-exec SLOT_OFFSET`, with the descriptors of protocol.h. If the
/// keeper is gone it finishes its job, writes the exit record, and leaves. It decides nothing.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crc32c.h"
#include "protocol.h"
#include "spawn.h"

#define WAIT_PIDFD 3 /* P_PIDFD */
#define STARTED_AFTER_NS 1000000LL
#define GREW_EVERY_NS 20000000LL
#define JOB_FILES 1024
#define SPOOL_REUSE_BYTES (1U << 20)
#define DRAIN_BYTES_MAX (1U << 20) /* the largest pipe an ordinary user can make */

static off_t slot_offset;
static int cgroup_fd = -1;  ///< the slot's, for CLONE_INTO_CGROUP
static int null_fd;
static struct dx_spool* spool;
static char chunk[DX_FRAME_BYTES_MAX];

/// The log of the job that runs now.
static struct {
  uint64_t sequence;
  uint64_t bytes;     ///< written by the job
  uint64_t kept;      ///< of them, in the spool
  uint64_t head_max;  ///< kept from the start; what follows goes into the tail
  uint64_t tail_max;
  uint64_t tail_bytes;  ///< went through the tail so far
  int fresh;            ///< grew since the keeper was told
} job_log;
static char tail[DX_TAIL_BYTES];

static int64_t clock_us(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t steady_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

// ---------------------------------------------------------------- log

static void publish(uint64_t* field, uint64_t value) {
  __atomic_store_n(field, value, __ATOMIC_RELEASE);
}

/// Adds one frame to the spool; returns 0 if the disk did not take it.
static int spool_frame(uint32_t stream, uint64_t job_offset, const char* bytes, size_t n) {
  const uint64_t drained = __atomic_load_n(&spool->drained, __ATOMIC_ACQUIRE);
  if (drained == spool->committed && spool->committed - spool->base >= SPOOL_REUSE_BYTES) {
    publish(&spool->base, spool->committed);
  }
  struct dx_frame frame = {
      .magic = DX_FRAME_MAGIC,
      .length = (uint32_t)n,
      .sequence = job_log.sequence,
      .at = clock_us(CLOCK_REALTIME),
      .job_offset = job_offset,
      .stream = stream,
  };
  frame.crc = crc32c_plain(&frame, offsetof(struct dx_frame, crc));
  const struct iovec parts[2] = {{&frame, sizeof frame}, {(void*)bytes, n}};
  const off_t at = (off_t)(DX_SPOOL_HEAD_BYTES + spool->committed - spool->base);
  const ssize_t wrote = pwritev(DX_FD_SPOOL, parts, 2, at);
  if (wrote != (ssize_t)(sizeof frame + n)) return 0;
  publish(&spool->committed, spool->committed + sizeof frame + n);
  return 1;
}

static void keep_in_tail(const char* bytes, size_t n) {
  while (n > 0) {
    const size_t at = (size_t)(job_log.tail_bytes % job_log.tail_max);
    const size_t room = (size_t)job_log.tail_max - at;
    const size_t part = n < room ? n : room;
    memcpy(tail + at, bytes, part);
    job_log.tail_bytes += part;
    bytes += part;
    n -= part;
  }
}

static void take_output(uint32_t stream, const char* bytes, size_t n) {
  const uint64_t offset = job_log.bytes;
  job_log.bytes += n;
  size_t head = n;
  if (offset >= job_log.head_max)
    head = 0;
  else if (n > job_log.head_max - offset)
    head = (size_t)(job_log.head_max - offset);
  if (head > 0 && spool_frame(stream, offset, bytes, head)) job_log.kept += head;
  if (head < n && job_log.tail_max > 0) keep_in_tail(bytes + head, n - head);
  publish(&spool->log_bytes, job_log.bytes);
  job_log.fresh = 1;
}

/// At the end: the last bytes of an output past its limit become the last frame.
static void flush_tail(void) {
  if (job_log.tail_bytes == 0) return;
  const uint64_t n = job_log.tail_bytes < job_log.tail_max ? job_log.tail_bytes : job_log.tail_max;
  const size_t from = (size_t)((job_log.tail_bytes - n) % job_log.tail_max);
  const size_t first = (size_t)(n < job_log.tail_max - from ? n : job_log.tail_max - from);
  memcpy(chunk, tail + from, first);
  memcpy(chunk + first, tail, (size_t)n - first);
  if (spool_frame(3, job_log.bytes - n, chunk, (size_t)n)) job_log.kept += n;
}

static void start_log(const struct dx_order* order) {
  publish(&spool->taken, order->sequence);
  memset(&job_log, 0, sizeof job_log);
  job_log.sequence = order->sequence;
  job_log.tail_max = order->log_max / 4 < DX_TAIL_BYTES ? order->log_max / 4 : DX_TAIL_BYTES;
  job_log.head_max = order->log_max - job_log.tail_max;
  if (__atomic_load_n(&spool->drained, __ATOMIC_ACQUIRE) == spool->committed) {
    publish(&spool->base, spool->committed);
  }
  publish(&spool->log_bytes, 0);
  publish(&spool->log_dropped, 0);
}

// ---------------------------------------------------------------- records and reports

static void write_record(const void* record, size_t bytes, size_t offset) {
  // The file is preallocated, so there is no "disk full" here; an I/O error leaves the attempt
  // without a record, which is what the keeper then reports.
  (void)!pwrite(DX_FD_SLOTS, record, bytes, slot_offset + (off_t)offset);
}

/// Sends without ever blocking on a keeper that is gone; waits only for one that is slow.
static void send_report(const struct dx_report* report) {
  for (;;) {
    if (send(DX_FD_SOCKET, report, sizeof *report, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return;
    if (errno == EINTR) continue;
    if (errno != EAGAIN || report->kind != DX_ENDED) return;
    struct pollfd room = {DX_FD_SOCKET, POLLOUT, 0};
    if (poll(&room, 1, -1) < 0 && errno != EINTR) return;
  }
}

// ---------------------------------------------------------------- one job

struct job {
  struct dx_report report;
  struct pollfd fds[3];  ///< pidfd, stdout, stderr
  int64_t started_ns, told_ns;
  int told_started;
};

/// One bounded read of a pipe; closes it at its end. Returns bytes taken.
static size_t read_pipe(struct pollfd* pipe, uint32_t stream) {
  const ssize_t n = read(pipe->fd, chunk, sizeof chunk);
  if (n > 0) {
    take_output(stream, chunk, (size_t)n);
    return (size_t)n;
  }
  if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
    close(pipe->fd);
    pipe->fd = -1;
  }
  return 0;
}

/// Tells the keeper that the job runs, and now and then that its log grew. Returns the wait in ms.
static int tell(struct job* job) {
  const int64_t now = steady_ns();
  if (!job->told_started) {
    const int64_t left = job->started_ns + STARTED_AFTER_NS - now;
    if (left > 0) return (int)((left + 999999) / 1000000);
    job->told_started = 1;
    job->report.kind = DX_STARTED;
    send_report(&job->report);
  }
  if (!job_log.fresh) return -1;
  const int64_t left = job->told_ns + GREW_EVERY_NS - now;
  if (left > 0) return (int)((left + 999999) / 1000000);
  job->told_ns = now;
  job_log.fresh = 0;
  job->report.kind = DX_GREW;
  send_report(&job->report);
  return -1;
}

/// Until the process has ended. What the pipes hold then is final: a job ends with its process, not
/// at the end of its output, which left-over children may keep open.
static void watch(struct job* job) {
  for (;;) {
    const int wait_ms = tell(job);
    if (poll(job->fds, 3, wait_ms) <= 0) continue;
    if (job->fds[0].revents) break;
    for (uint32_t i = 1; i <= 2; i++) {
      if (job->fds[i].fd >= 0 && job->fds[i].revents) read_pipe(&job->fds[i], i);
    }
  }
  for (uint32_t i = 1; i <= 2; i++) {
    size_t taken = 0, n;
    while (job->fds[i].fd >= 0 && taken < DRAIN_BYTES_MAX && (n = read_pipe(&job->fds[i], i)) > 0) {
      taken += n;
    }
    if (job->fds[i].fd >= 0) close(job->fds[i].fd);
  }
}

/// Waits for the process by its pidfd, or by pid on a kernel that gave none.
static void reap(const struct spawn* s, struct dx_exit* end) {
  siginfo_t info;
  struct rusage usage;
  memset(&usage, 0, sizeof usage);
  memset(&info, 0, sizeof info);
  const long type = s->pidfd >= 0 ? WAIT_PIDFD : P_PID;
  const long id = s->pidfd >= 0 ? s->pidfd : s->pid;
  while (syscall(SYS_waitid, type, id, &info, WEXITED, &usage) != 0 && errno == EINTR) {
  }
  if (info.si_code == CLD_EXITED)
    end->exit_code = (int16_t)info.si_status;
  else
    end->signal = (uint8_t)info.si_status;
  end->cpu_us = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  end->memory_kb = (uint32_t)usage.ru_maxrss;
}

static void finish(struct job* job) {
  struct dx_exit* end = &job->report.exit;
  end->ended_at = clock_us(CLOCK_REALTIME);
  end->log_bytes = job_log.bytes;
  end->log_dropped = job_log.bytes - job_log.kept;
  publish(&spool->log_dropped, end->log_dropped);
  end->crc = crc32c_of(job->report.sequence, end, offsetof(struct dx_exit, crc));
  write_record(end, sizeof *end, offsetof(struct dx_slot, exit));
  job->report.kind = DX_ENDED;
  send_report(&job->report);
}

static void note_start(struct job* job, const struct spawn* s) {
  struct dx_running* running = &job->report.running;
  running->started_at = clock_us(CLOCK_REALTIME);
  running->job_boot_us = (uint64_t)clock_us(CLOCK_BOOTTIME);
  running->job_pid = (uint32_t)s->pid;
  running->crc = crc32c_of(job->report.sequence, running, offsetof(struct dx_running, crc));
  write_record(running, sizeof *running, offsetof(struct dx_slot, running));
  job->started_ns = steady_ns();
}

static void fail_start(struct job* job, const struct spawn* s) {
  job->report.exit.exit_code = -1;
  job->report.exit.signal = 0;
  job->report.exit.spawn_errno = (uint16_t)s->error;
  job->report.exit.stage = (uint8_t)s->stage;
}

/// Runs the job with these pipes to its end.
static void run_with_pipes(struct job* job, struct spawn* s, int out[2], int err[2]) {
  s->fds[1] = out[1];
  s->fds[2] = err[1];
  const int made = spawn_process(s);
  close(out[1]);
  close(err[1]);
  if (made != 0) {
    fail_start(job, s);
    close(out[0]);
    close(err[0]);
    return;
  }
  note_start(job, s);
  job->fds[0] = (struct pollfd){s->pidfd, POLLIN, 0};
  job->fds[1] = (struct pollfd){out[0], POLLIN, 0};
  job->fds[2] = (struct pollfd){err[0], POLLIN, 0};
  if (s->error == 0)
    watch(job);
  else
    close(out[0]), close(err[0]);
  reap(s, &job->report.exit);
  if (s->pidfd >= 0) close(s->pidfd);
  if (s->error != 0) fail_start(job, s);
}

static void run_job(const struct dx_order* order, struct spawn* s) {
  struct job job;
  memset(&job, 0, sizeof job);
  job.report.sequence = order->sequence;
  job.report.exit.exit_code = -1;
  start_log(order);
  int out[2], err[2];
  if (pipe2(out, O_CLOEXEC) != 0) {
    s->error = errno;
    s->stage = DX_STAGE_PREPARE;
    fail_start(&job, s);
  } else if (pipe2(err, O_CLOEXEC) != 0) {
    s->error = errno;
    s->stage = DX_STAGE_PREPARE;
    fail_start(&job, s);
    close(out[0]);
    close(out[1]);
  } else {
    // Only our ends: a job expects its own to block.
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    fcntl(err[0], F_SETFL, O_NONBLOCK);
    run_with_pipes(&job, s, out, err);
  }
  flush_tail();
  finish(&job);
}

// ---------------------------------------------------------------- orders

static char order_bytes[sizeof(struct dx_order) + DX_ORDER_INLINE_MAX] __attribute__((aligned(8)));
static char* pointers[8192];

/// Waits for the next order. Returns its length, 0 when the keeper is gone. fds: what came along,
/// or -1.
static ssize_t receive_order(int fds[DX_ORDER_FDS_MAX]) {
  struct iovec part = {order_bytes, sizeof order_bytes};
  union {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(DX_ORDER_FDS_MAX * sizeof(int))];
  } control;
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t n;
  while ((n = recvmsg(DX_FD_SOCKET, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  for (int i = 0; i < DX_ORDER_FDS_MAX; i++) fds[i] = -1;
  const struct cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (n > 0 && head && head->cmsg_type == SCM_RIGHTS) {
    memcpy(fds, CMSG_DATA(head), head->cmsg_len - CMSG_LEN(0));
  }
  return n;
}

/// Points `count` entries at consecutive strings; returns what follows them, or NULL if the body
/// ends.
static char* take_strings(char* at, const char* end, char** list, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    list[i] = at;
    char* zero = memchr(at, 0, (size_t)(end - at));
    if (!zero) return NULL;
    at = zero + 1;
  }
  list[count] = NULL;
  return at;
}

static int prepare(const struct dx_order* order, char* body, struct spawn* s) {
  const uint64_t entries = (uint64_t)order->argc + order->envc + 6;
  char** list = pointers;
  if (entries > sizeof pointers / sizeof *pointers) {
    list = mmap(NULL, entries * sizeof *list, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0);
    if (list == MAP_FAILED) return 0;
  }
  memset(s, 0, sizeof *s);
  s->groups = (const uint32_t*)(void*)body;
  s->group_count = order->groups;
  s->set_user = (order->flags & DX_ORDER_USER) != 0;
  s->uid = order->uid;
  s->gid = order->gid;
  const char* end = body + order->body_bytes;
  char* at = body + (size_t)order->groups * sizeof(uint32_t);
  char* rest[3];
  s->argv = list;
  s->env = list + order->argc + 1;
  if (at > end || !(at = take_strings(at, end, s->argv, order->argc)) ||
      !(at = take_strings(at, end, s->env, order->envc)) || !take_strings(at, end, rest, 2)) {
    return 0;
  }
  s->folder = rest[0];
  s->search = rest[1];
  s->cgroup_fd = order->flags & DX_ORDER_CGROUP ? cgroup_fd : -1;
  return 1;
}

/// Runs one received order. Returns 0 if it makes no sense, which only a bug could cause.
static int take_order(ssize_t n, const int* fds) {
  const struct dx_order* order = (const void*)order_bytes;
  if (n < (ssize_t)sizeof *order || order->magic != DX_ORDER_MAGIC) return 0;
  char* body = order_bytes + sizeof *order;
  const int body_fd = order->flags & DX_ORDER_BODY_FD ? *fds++ : -1;
  const int stdin_fd = order->flags & DX_ORDER_STDIN ? *fds++ : -1;
  if (order->flags & DX_ORDER_CGROUP_FD) {
    if (cgroup_fd >= 0) close(cgroup_fd);
    cgroup_fd = *fds;
  }
  if (body_fd >= 0) {
    body = mmap(NULL, order->body_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, body_fd, 0);
    if (body == MAP_FAILED) return 0;
    close(body_fd);
  } else if ((uint64_t)n < sizeof *order + order->body_bytes) {
    return 0;
  }
  struct spawn s;
  if (!prepare(order, body, &s)) return 0;
  s.fds[0] = stdin_fd >= 0 ? stdin_fd : null_fd;
  run_job(order, &s);
  if (stdin_fd >= 0) close(stdin_fd);
  if (body_fd >= 0) munmap(body, order->body_bytes);
  if (s.argv != pointers) {
    munmap(s.argv, ((size_t)order->argc + order->envc + 6) * sizeof *pointers);
  }
  return 1;
}

/// Signals are blocked, not ignored: jobs start with an empty mask and default handlers.
static void shut_out_signals(void) {
  // Raw calls: the C library keeps some signals to itself, which we may have inherited as ignored.
  const unsigned long standard[8] = {0};
  for (int number = 1; number <= 64; number++) {
    if (number != SIGKILL && number != SIGSTOP)
      syscall(SYS_rt_sigaction, number, standard, NULL, 8);
  }
  const uint64_t all = ~0ULL;
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, 8);
}

/// What jobs inherit from us, however the agent was started: no core files, a usual mask for new
/// files, and as many descriptors as a service gets (a job may raise that itself; with more,
/// select() breaks).
static void set_limits(void) {
  const struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > JOB_FILES) {
    files.rlim_cur = JOB_FILES;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  umask(022);
}

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  shut_out_signals();
  set_limits();
  slot_offset = (off_t)strtoull(argv[1], NULL, 10);
  syscall(SYS_close_range, DX_FD_SPOOL + 1U, ~0U, 0U);
  for (int fd = DX_FD_SOCKET; fd <= DX_FD_SPOOL; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
  null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  crc32c_init();
  spool = mmap(NULL, DX_SPOOL_HEAD_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, DX_FD_SPOOL, 0);
  if (spool == MAP_FAILED || null_fd < 0) return 71;
  for (;;) {
    int fds[DX_ORDER_FDS_MAX];
    const ssize_t n = receive_order(fds);
    if (n <= 0) return 0;
    if (!take_order(n, fds)) return 70;
  }
}
