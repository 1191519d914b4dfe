#include "app/scheduling.h"

#include <sched.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"

namespace dandori::app {

void schedule_before_jobs() {
  sched_param priority{};
  priority.sched_priority = ::sched_get_priority_min(SCHED_RR);
  if (::sched_setscheduler(0, SCHED_RR, &priority) == 0) return;
  log(LogLevel::warning, "server.not_real_time",
      {{"reason", std::strerror(errno)},
       {"effect", "with all cores busy, answers and starts may come some milliseconds later"},
       {"remedy", "LimitRTPRIO=1 in the service, or the capability CAP_SYS_NICE"}});
}

void schedule_as_jobs() {
  const int policy = ::sched_getscheduler(0);
  if (policy != SCHED_RR && policy != SCHED_FIFO) return;
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_OTHER, &none);  // giving up a right is always permitted
}

}  // namespace dandori::app
