/// Starting one process from the runner.
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "protocol.h"

struct spawn {
  // in
  char **argv, **env;
  const char* folder;      ///< working folder; empty: stay
  const char* search;      ///< PATH for a program without a slash
  const uint32_t* groups;  ///< with set_user
  uint32_t group_count, uid, gid;
  int set_user;
  int fds[3];
  int cgroup_fd;  ///< -1: none
  // out
  pid_t pid;
  int pidfd;
  volatile int error;  ///< errno of the step that failed; 0: the program runs
  volatile int stage;  ///< DX_STAGE_*
};

/// Starts the process; returns once it has become its program or has failed to.
///
/// Returns 0 and sets pid and pidfd when a process was made (even one that failed: `error`,
/// `stage`; it is to be waited for), or -1 with `error` when none was.
int spawn_process(struct spawn* s);
