/* The clock of a cron daemon, for `measured.cron_daemons`: preloaded, it passes as fast as the daemon sleeps.
 *
 * CLOCK_START is the first second since 1970, CLOCK_END the last one; CLOCK_RUNS how often a job may start.
 * A job is not started: the second of it goes to stdout as "run N", what the daemon logs as "log TEXT". At
 * the last second, or after the last job, the process ends with 0.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const pid_t JOB = 99999;
static long long now, end, runs = -1;

static long long number(const char *name, long long otherwise) {
    const char *text = getenv(name);
    return text ? atoll(text) : otherwise;
}

__attribute__((constructor)) static void begin(void) {
    now = number("CLOCK_START", 0);
    end = number("CLOCK_END", 0);
    runs = number("CLOCK_RUNS", 1);
    unsetenv("LD_PRELOAD");
}

static void say(const char *what, const char *text) {
    char line[1100];
    int length = snprintf(line, sizeof line, "%s %.1000s\n", what, text);
    if (write(1, line, (size_t) length) != length) _exit(3);
}

static void pass(long long seconds) {
    now += seconds > 0 ? seconds : 1;
    if (now > end) _exit(0);
}

static pid_t job(void) {
    char text[32];
    snprintf(text, sizeof text, "%lld", now);
    say("run", text);
    if (--runs <= 0) _exit(0);
    return JOB;
}

time_t time(time_t *to) {
    if (to) *to = (time_t) now;
    return (time_t) now;
}

int gettimeofday(struct timeval *restrict to, void *restrict zone) {
    (void) zone;
    to->tv_sec = (time_t) now;
    to->tv_usec = 0;
    return 0;
}

int clock_gettime(clockid_t which, struct timespec *to) {
    (void) which;
    to->tv_sec = (time_t) now;
    to->tv_nsec = 0;
    return 0;
}

unsigned int sleep(unsigned int seconds) {
    pass(seconds);
    return 0;
}

int usleep(useconds_t microseconds) {
    pass(microseconds / 1000000);
    return 0;
}

int nanosleep(const struct timespec *asked, struct timespec *left) {
    (void) left;
    pass(asked->tv_sec);
    return 0;
}

int clock_nanosleep(clockid_t which, int flags, const struct timespec *asked, struct timespec *left) {
    (void) which;
    (void) left;
    pass(flags ? asked->tv_sec - now : asked->tv_sec);
    return 0;
}

int poll(struct pollfd *files, nfds_t count, int milliseconds) {
    (void) files;
    (void) count;
    pass(milliseconds / 1000);
    return 0;
}

int select(int count, fd_set *in, fd_set *out, fd_set *odd, struct timeval *wait) {
    (void) count;
    if (in) FD_ZERO(in);
    if (out) FD_ZERO(out);
    if (odd) FD_ZERO(odd);
    pass(wait ? wait->tv_sec : 60);
    return 0;
}

pid_t fork(void) { return job(); }

pid_t vfork(void) { return job(); }

pid_t waitpid(pid_t pid, int *status, int options) {
    (void) options;
    if (status) *status = 0;
    return pid == JOB ? JOB : -1;
}

void vsyslog(int level, const char *format, va_list values) {
    char text[1000];
    (void) level;
    vsnprintf(text, sizeof text, format, values);
    say("log", text);
}

void syslog(int level, const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsyslog(level, format, values);
    va_end(values);
}

void __syslog_chk(int level, int flag, const char *format, ...) {
    va_list values;
    (void) flag;
    va_start(values, format);
    vsyslog(level, format, values);
    va_end(values);
}

void __vsyslog_chk(int level, int flag, const char *format, va_list values) {
    (void) flag;
    vsyslog(level, format, values);
}
