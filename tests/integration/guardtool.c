/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guardtool: what a CT's processes try with what is the host's. Static, so that it runs in any image.
 *
 *   guardtool dmesg           reads the kernel's messages by syslog(2)
 *   guardtool key             makes a key, says its number
 *   guardtool session         joins a new session keyring
 *   guardtool read-key N      reads that key
 *   guardtool end-key N       makes it invalid
 *   guardtool request         asks for a key that somebody outside would have to make
 *   guardtool crash [SOFT]    crashes, with that soft limit of RLIMIT_CORE
 *   guardtool core            says the hard limit of RLIMIT_CORE
 *   guardtool trace PID       traces that process
 *
 * Says "done" or the number's answer, or what errno tells, and then ends with 1.
 */
#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SYSLOG_READ_ALL 3

static int say(long answer)
{
	if (answer < 0) {
		puts(strerror(errno));
		return 1;
	}
	if (answer > 0)
		printf("%ld\n", answer);
	else
		puts("done");
	return 0;
}

static int read_messages(void)
{
	static char text[1 << 16];

	return say(klogctl(SYSLOG_READ_ALL, text, sizeof(text)) < 0 ? -1 : 0);
}

static int crash(const char *soft)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) < 0)
		return say(-1);
	if (soft) {
		limit.rlim_cur = strtoul(soft, NULL, 10);
		if (setrlimit(RLIMIT_CORE, &limit) < 0)
			return say(-1);
		/* The kernel looks at the lower half of the number alone. */
		(void)syscall(SYS_setrlimit, RLIMIT_CORE | 1L << 32, &limit);
		(void)syscall(SYS_prlimit64, 0, RLIMIT_CORE | 1L << 32, &limit, NULL);
	}
	abort();
}

static int hard_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) < 0)
		return say(-1);
	printf("%lld\n", (long long)limit.rlim_max);
	return 0;
}

static int read_key(const char *number)
{
	char text[64];

	return say(syscall(SYS_keyctl, KEYCTL_READ, strtol(number, NULL, 10), text, sizeof(text)));
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "", *arg = argc > 2 ? argv[2] : NULL;

	if (strcmp(what, "dmesg") == 0)
		return read_messages();
	if (strcmp(what, "key") == 0)
		return say(
			syscall(SYS_add_key, "user", "vztest", "secret", 6, KEY_SPEC_USER_KEYRING));
	if (strcmp(what, "session") == 0)
		return say(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL));
	if (strcmp(what, "read-key") == 0 && arg)
		return read_key(arg);
	if (strcmp(what, "end-key") == 0 && arg)
		return say(syscall(SYS_keyctl, KEYCTL_INVALIDATE, strtol(arg, NULL, 10)));
	if (strcmp(what, "request") == 0)
		return say(syscall(SYS_request_key, "user", "vztest-upcall", "callout",
				   KEY_SPEC_USER_KEYRING));
	if (strcmp(what, "crash") == 0)
		return crash(arg);
	if (strcmp(what, "core") == 0)
		return hard_limit();
	if (strcmp(what, "trace") == 0 && arg)
		return say(ptrace(PTRACE_ATTACH, (pid_t)strtol(arg, NULL, 10), NULL, NULL));
	fputs("guardtool: see its source\n", stderr);
	return 2;
}
