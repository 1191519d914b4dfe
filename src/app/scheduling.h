#pragma once

namespace dandori::app {

/// Lets the threads that this process makes from now on run before ordinary work (`SCHED_RR`), so
/// that a host whose cores are all busy with jobs still answers, commits and starts jobs at once.
/// Where that is not permitted (root, CAP_SYS_NICE or LimitRTPRIO= grant it), warns once and stays
/// as it was. Call before the first thread.
///
/// Why the server and not the agent: docs/decisions/0005-real-time-class.md.
void schedule_before_jobs();

/// Back to the normal class: the agent and its jobs are ordinary work, also if a server started it.
void schedule_as_jobs();

}  // namespace dandori::app
