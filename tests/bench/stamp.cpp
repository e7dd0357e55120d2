// The command of the decision benchmark: writes the time at which it was started. Linked statically, so that
// what is measured is jit-run and not the loading of this program's libraries.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

int main(int argc, char** argv) {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  if (argc < 2) return 125;
  const int fd = ::open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  char text[64];
  const int length =
      std::snprintf(text, sizeof text, "%.6f\n",
                    static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6);
  return fd >= 0 && ::write(fd, text, static_cast<std::size_t>(length)) == length ? 0 : 1;
}
