/* A recipe for make that costs what /bin/true costs and leaves the instant it ran:
 *   bench_stamp FILE    appends 8 octets, microseconds since the epoch */
#include <fcntl.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char** argv) {
  struct timespec now;
  if (argc != 2 || clock_gettime(CLOCK_REALTIME, &now) != 0) return 2;
  const int64_t us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
  const int fd = open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  return fd >= 0 && write(fd, &us, sizeof us) == (ssize_t)sizeof us ? 0 : 1;
}
