/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/proclist.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "runtime/base/fd.h"

/* What stays the same for the whole table. */
struct clocks {
	uint64_t hz;
	time_t now, boot;
	FILE *users; /* /etc/passwd, or NULL */
};

int proclist_parse_stat(const char *text, struct proclist_stat *ret)
{
	/* The name in () may hold anything, so the fields count from its last ")". */
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	uint64_t utime, stime;
	size_t len;

	if (!open || !close || close < open)
		return -1;
	len = (size_t)(close - open) - 1;
	if (len >= sizeof(ret->name))
		len = sizeof(ret->name) - 1;
	memcpy(ret->name, open + 1, len);
	ret->name[len] = '\0';
	if (sscanf(close + 1,
		   " %*c %d %*d %*d %d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
		   " %*d %*d %*d %*d %*d %*d %" SCNu64,
		   &ret->ppid, &ret->tty, &utime, &stime, &ret->start) != 5)
		return -1;
	ret->used = utime + stime;
	return 0;
}

void proclist_tty(int tty, char buf[16])
{
	unsigned int ma = major((dev_t)tty), mi = minor((dev_t)tty);

	/* admin-guide/devices.txt of the kernel: 136 to 143 are Unix98 pseudoterminals. */
	if (ma >= 136 && ma <= 143)
		snprintf(buf, 16, "pts/%u", mi + (ma - 136) * 256);
	else if (ma == 4)
		snprintf(buf, 16, mi < 64 ? "tty%u" : "ttyS%u", mi < 64 ? mi : mi - 64);
	else
		snprintf(buf, 16, "?");
}

void proclist_stime(time_t start, time_t now, char buf[16])
{
	struct tm then, today;

	localtime_r(&start, &then);
	localtime_r(&now, &today);
	if (then.tm_year != today.tm_year)
		strftime(buf, 16, "%Y", &then);
	else if (then.tm_yday != today.tm_yday)
		strftime(buf, 16, "%b%d", &then);
	else
		strftime(buf, 16, "%H:%M", &then);
}

/* The host's own file alone: what else getpwuid(3) asks (LDAP, …), it asks by shared libraries,
 * which a static program must not load. */
static const struct passwd *find_user(FILE *users, uid_t uid)
{
	const struct passwd *pw = NULL;

	if (!users)
		return NULL;
	rewind(users);
	while ((pw = fgetpwent(users)) && pw->pw_uid != uid)
		;
	return pw;
}

static void add_user(FILE *users, uid_t uid, struct strbuf *sb)
{
	const struct passwd *pw = find_user(users, uid);

	/* ps cuts no name, but shows the number of one that would break the columns. */
	if (pw && strlen(pw->pw_name) <= 8)
		strbuf_addf(sb, "%-8s ", pw->pw_name);
	else
		strbuf_addf(sb, "%-8u ", uid);
}

/* The arguments with a blank between; a kernel thread's or zombie's name in []. */
static void add_command(int dir, const char *name, struct strbuf *sb)
{
	auto_fd int fd = openat(dir, "cmdline", O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t n = fd < 0 ? 0 : fd_read_all(fd, text, sizeof(text));

	while (n > 0 && text[n - 1] == '\0')
		n--;
	if (n <= 0) {
		strbuf_add_char(sb, '[');
		str_add_clean(sb, name, strlen(name));
		strbuf_add_char(sb, ']');
		return;
	}
	for (ssize_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	str_add_clean(sb, text, (size_t)n);
}

static void add_process(const struct clocks *clocks, pid_t pid, struct strbuf *sb)
{
	char path[32], text[1024], tty[16], stime[16];
	struct proclist_stat st;
	auto_fd int dir = -1, fd = -1;
	struct stat owner;
	uint64_t secs, age;
	time_t start;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = dir < 0 ? -1 : openat(dir, "stat", O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : fd_read_all(fd, text, sizeof(text) - 1);
	if (n <= 0 || fstat(dir, &owner) < 0)
		return;
	text[n] = '\0';
	if (proclist_parse_stat(text, &st) < 0)
		return;
	start = clocks->boot + (time_t)(st.start / clocks->hz);
	secs = st.used / clocks->hz;
	age = clocks->now > start ? (uint64_t)(clocks->now - start) : 0;
	proclist_tty(st.tty, tty);
	proclist_stime(start, clocks->now, stime);
	add_user(clocks->users, owner.st_uid, sb);
	strbuf_addf(sb, "%7d %7d %2" PRIu64 " %5s %-8s %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 " ",
		    pid, st.ppid, age ? secs * 100 / age : 0, stime, tty, secs / 3600,
		    secs / 60 % 60, secs % 60);
	add_command(dir, st.name, sb);
	strbuf_add_char(sb, '\n');
}

void proclist_emit(const pid_t *pids, size_t n, struct strbuf *sb)
{
	struct timespec up = { 0 };
	auto_file FILE *users = fopen("/etc/passwd", "re");
	struct clocks clocks = { .hz = (uint64_t)sysconf(_SC_CLK_TCK),
				 .now = time(NULL),
				 .users = users };

	clock_gettime(CLOCK_BOOTTIME, &up);
	clocks.boot = clocks.now - up.tv_sec;
	strbuf_add(sb, "UID          PID    PPID  C STIME TTY          TIME CMD\n");
	for (size_t i = 0; i < n; i++)
		add_process(&clocks, pids[i], sb);
}
