/// What keeper and runner (dandori-exec) share: the slot file, the spool, and the messages between
/// them.
///
/// Plain C, native byte order: both always run on the same host, and nothing here outlives its
/// disk.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
#define DX_STATIC_ASSERT static_assert
extern "C" {
#else
#define DX_STATIC_ASSERT _Static_assert
#endif

/// Version of everything in this file; a slot file of another version is refused.
#define DX_VERSION 1U

/// Descriptors that a runner is started with.
#define DX_FD_SOCKET 3
#define DX_FD_SLOTS 4
#define DX_FD_SPOOL 5

// ---------------------------------------------------------------- slot file

/// One page of header, then the slots.
#define DX_HEADER_BYTES 4096U
#define DX_SLOT_BYTES 128U

/// Written by the keeper before the order is handed over; all zeros: the slot is free.
struct dx_start {
  uint64_t run_high, run_low;  ///< attempt
  uint32_t job, number;
  uint64_t sequence;         ///< from 1; 0: free
  uint64_t boot_tag;         ///< hash of the boot id
  uint64_t runner_start;     ///< clock ticks since boot (field 22 of /proc/PID/stat)
  uint32_t runner_pid : 24;  ///< Linux gives no number above 2^22
  uint32_t stopped : 1;  ///< the job was told to stop: its end counts once nothing of it is left
  uint32_t reserved : 7;
  uint32_t crc;  ///< of the bytes before it
};

/// Written by the runner right after the job has started. The checksum covers the sequence too, so
/// a record of an earlier attempt is never taken for this one's.
struct dx_running {
  int64_t started_at;    ///< µs UTC
  uint64_t job_boot_us;  ///< CLOCK_BOOTTIME, µs, right after the start: identifies the process
  uint32_t job_pid;      ///< also its process group and session
  uint32_t crc;          ///< of the sequence and the bytes before it
};

/// Written by the runner with one pwrite when the job has ended.
struct dx_exit {
  int64_t ended_at;  ///< µs UTC
  uint64_t cpu_us;
  uint64_t log_bytes;
  uint64_t log_dropped;
  uint32_t memory_kb;
  int16_t exit_code;  ///< -1: none
  uint8_t signal;
  uint8_t stage;  ///< DX_STAGE_*: where starting failed
  uint16_t spawn_errno;
  uint16_t reserved;
  uint32_t crc;  ///< of the sequence and the bytes before it
};

struct dx_slot {
  struct dx_start start;
  struct dx_running running;
  struct dx_exit exit;
};

DX_STATIC_ASSERT(sizeof(struct dx_start) == 56, "size of the start record");
DX_STATIC_ASSERT(sizeof(struct dx_running) == 24, "size of the running record");
DX_STATIC_ASSERT(sizeof(struct dx_exit) == 48, "size of the exit record");
DX_STATIC_ASSERT(sizeof(struct dx_slot) == DX_SLOT_BYTES, "size of a slot");
DX_STATIC_ASSERT(__builtin_offsetof(struct dx_start, crc) == 52, "checksum of the start record");
DX_STATIC_ASSERT(__builtin_offsetof(struct dx_running, crc) == 20,
                 "checksum of the running record");
DX_STATIC_ASSERT(__builtin_offsetof(struct dx_exit, crc) == 44, "checksum of the exit record");

// ---------------------------------------------------------------- spool

/// First page of a spool: shared memory of keeper and runner. Frames follow it.
#define DX_SPOOL_HEAD_BYTES 4096U

/// Offsets are logical: they only grow; byte `n` lies at DX_SPOOL_HEAD_BYTES + n - base.
struct dx_spool {
  uint64_t committed;  ///< end of the whole frames (runner)
  uint64_t
      base;  ///< logical offset of the first frame in the file (runner, only while all is drained)
  uint64_t drained;    ///< what the keeper has taken over into a segment (keeper)
  uint64_t log_bytes;  ///< of the job: what it wrote so far (runner)
  uint64_t log_dropped;
  uint64_t taken;  ///< sequence of the order that the runner took last; the keeper sets 0 before it
                   ///< hands one over, so 0 beside a dead runner means: nothing was started
};

/// In front of each piece of output, in spools and in segments.
struct dx_frame {
  uint32_t magic;
  uint32_t length;  ///< bytes of output that follow
  uint64_t sequence;
  int64_t at;           ///< µs UTC, when it was read
  uint64_t job_offset;  ///< of the first byte in the job's own output
  uint32_t stream;      ///< 1 stdout, 2 stderr, 3 both (the tail past the limit)
  uint32_t crc;         ///< of the bytes before it
};
#define DX_FRAME_MAGIC 0x31465844U /* DXF1 */
#define DX_FRAME_BYTES_MAX 65536U
DX_STATIC_ASSERT(sizeof(struct dx_frame) == 40, "size of a frame's head");

/// Past its limit a log keeps its last bytes too: this many, or a quarter of a small limit.
#define DX_TAIL_BYTES 65536U

// ---------------------------------------------------------------- messages

/// Keeper to runner: this head, then `body_bytes` (or a memory file when they are many):
/// group ids, then NUL-ended strings: arguments, environment, working folder, search path.
struct dx_order {
  uint32_t magic;
  uint32_t flags;
  uint64_t sequence;
  uint64_t log_max;
  uint64_t body_bytes;
  uint32_t argc, envc, groups;
  uint32_t uid, gid;
  uint32_t reserved;
};
#define DX_ORDER_MAGIC 0x314f5844U /* DXO1 */
#define DX_ORDER_USER 1U           /* set uid, gid and groups */
#define DX_ORDER_STDIN 2U          /* a descriptor with the standard input comes along */
#define DX_ORDER_BODY_FD 4U        /* the body comes as a descriptor, before that of the input */
#define DX_ORDER_CGROUP 8U         /* start the job in the slot's cgroup */
#define DX_ORDER_CGROUP_FD \
  16U /* another cgroup is the slot's from now on: its descriptor comes last */
#define DX_ORDER_FDS_MAX 3
#define DX_ORDER_INLINE_MAX 49152U

enum dx_report_kind { DX_STARTED = 1, DX_GREW = 2, DX_ENDED = 3 };

enum dx_stage { DX_STAGE_NONE, DX_STAGE_PREPARE, DX_STAGE_USER, DX_STAGE_FOLDER, DX_STAGE_EXEC };

/// Runner to keeper. DX_STARTED is left out for a job that ends within a millisecond.
struct dx_report {
  uint32_t kind;
  uint32_t reserved;
  uint64_t sequence;
  struct dx_running running;
  struct dx_exit exit;  ///< with DX_ENDED
};

#ifdef __cplusplus
}
#endif
