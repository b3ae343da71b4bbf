/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe: what a process in a container sees of itself, asked of the kernel and not of /proc
 * where there is a call for it. Static, so that it runs in any root file system.
 *
 *   probe              every fact, one a line: NAME VALUE
 *   probe NAME...      the values of these facts, one a line
 *   probe call [--x86] NR [ARG...]
 *                      makes that system call (--x86: the 32-bit one), prints what it returned
 *                      or the name of the error
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_CPUS 8192
#define MAX_NODES 1024

static void fail(const char *what)
{
	printf("%s: %s", what, strerrorname_np(errno));
}

/* ---- capabilities ---- */

enum { EFFECTIVE, PERMITTED, INHERITABLE };

static void print_set(int which)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	uint64_t set = 0;

	if (syscall(SYS_capget, &header, data) < 0) {
		fail("capget");
		return;
	}
	for (int i = 0; i < 2; i++) {
		uint32_t part = which == EFFECTIVE ? data[i].effective :
				which == PERMITTED ? data[i].permitted :
						     data[i].inheritable;

		set |= (uint64_t)part << 32 * i;
	}
	printf("%016" PRIx64, set);
}

static void effective(void)
{
	print_set(EFFECTIVE);
}

static void permitted(void)
{
	print_set(PERMITTED);
}

static void inheritable(void)
{
	print_set(INHERITABLE);
}

static void print_bits(int option, int sub)
{
	uint64_t set = 0;

	for (unsigned long cap = 0; cap < 64; cap++) {
		int has = sub ? prctl(option, sub, cap, 0, 0) : prctl(option, cap, 0, 0, 0);

		if (has > 0)
			set |= (uint64_t)1 << cap;
	}
	printf("%016" PRIx64, set);
}

static void bounding(void)
{
	print_bits(PR_CAPBSET_READ, 0);
}

static void ambient(void)
{
	print_bits(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET);
}

static void no_new_privs(void)
{
	printf("%d", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

static void securebits(void)
{
	printf("%d", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
}

static void seccomp(void)
{
	printf("%d", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
}

/* ---- who ---- */

static void uid(void)
{
	uid_t r, e, s;

	getresuid(&r, &e, &s);
	printf("%u %u %u", r, e, s);
}

static void gid(void)
{
	gid_t r, e, s;

	getresgid(&r, &e, &s);
	printf("%u %u %u", r, e, s);
}

static void groups(void)
{
	gid_t list[1024];
	int n = getgroups(1024, list);

	for (int i = 0; i < n; i++)
		printf("%s%u", i ? " " : "", list[i]);
}

static void print_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	printf("%04o", mask);
}

static void ids(void)
{
	printf("pid %d ppid %d pgid %d sid %d", getpid(), getppid(), getpgid(0), getsid(0));
}

static void cwd(void)
{
	char path[PATH_MAX];

	if (syscall(SYS_getcwd, path, sizeof(path)) < 0)
		fail("getcwd");
	else
		fputs(path, stdout);
}

static void pdeathsig(void)
{
	int sig = -1;

	prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0);
	printf("%d", sig);
}

static void keyring(void)
{
	char text[256] = "";

	if (syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, text, sizeof(text)) < 0)
		fail("keyctl");
	else
		fputs(text, stdout);
}

/* ---- limits ---- */

static const char *const limit_names[RLIM_NLIMITS] = {
	[RLIMIT_AS] = "AS",
	[RLIMIT_CORE] = "CORE",
	[RLIMIT_CPU] = "CPU",
	[RLIMIT_DATA] = "DATA",
	[RLIMIT_FSIZE] = "FSIZE",
	[RLIMIT_LOCKS] = "LOCKS",
	[RLIMIT_MEMLOCK] = "MEMLOCK",
	[RLIMIT_MSGQUEUE] = "MSGQUEUE",
	[RLIMIT_NICE] = "NICE",
	[RLIMIT_NOFILE] = "NOFILE",
	[RLIMIT_NPROC] = "NPROC",
	[RLIMIT_RSS] = "RSS",
	[RLIMIT_RTPRIO] = "RTPRIO",
	[RLIMIT_RTTIME] = "RTTIME",
	[RLIMIT_SIGPENDING] = "SIGPENDING",
	[RLIMIT_STACK] = "STACK",
};

static void print_limit(rlim_t value)
{
	if (value == RLIM_INFINITY)
		fputs("unlimited", stdout);
	else
		printf("%" PRIu64, (uint64_t)value);
}

static void rlimits(void)
{
	for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
		struct rlimit limit;

		getrlimit((enum __rlimit_resource)i, &limit);
		printf("%s%s=", i ? " " : "", limit_names[i]);
		print_limit(limit.rlim_cur);
		fputs(":", stdout);
		print_limit(limit.rlim_max);
	}
}

/* ---- when and where ---- */

static void scheduler(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = { .size = sizeof(attr) };

	if (syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0) < 0) {
		fail("sched_getattr");
		return;
	}
	printf("policy %u nice %d priority %u flags %" PRIu64, attr.policy, attr.nice,
	       attr.priority, attr.flags);
	printf(" runtime %" PRIu64 " deadline %" PRIu64 " period %" PRIu64, attr.runtime,
	       attr.deadline, attr.period);
}

static void ioprio(void)
{
	long value = syscall(SYS_ioprio_get, 1, 0);

	printf("class %ld priority %ld", value >> 13, value & 0x1fff);
}

static void print_mask(const unsigned long *mask, size_t bits)
{
	const size_t word = 8 * sizeof(*mask);
	const char *comma = "";

	for (size_t i = 0; i < bits; i++)
		if (mask[i / word] >> i % word & 1) {
			printf("%s%zu", comma, i);
			comma = ",";
		}
}

static void cpus(void)
{
	static unsigned long mask[MAX_CPUS / 8 / sizeof(unsigned long)];

	if (syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask) < 0)
		fail("sched_getaffinity");
	else
		print_mask(mask, MAX_CPUS);
}

static void mempolicy(void)
{
	static unsigned long mask[MAX_NODES / 8 / sizeof(unsigned long)];
	int mode = -1;

	if (syscall(SYS_get_mempolicy, &mode, mask, MAX_NODES, NULL, 0) < 0) {
		fail("get_mempolicy");
		return;
	}
	printf("mode %#x nodes ", (unsigned int)mode);
	print_mask(mask, MAX_NODES);
}

static void print_personality(void)
{
	printf("%#x", (unsigned int)personality(0xffffffff));
}

static void oom_score_adj(void)
{
	char text[16] = "";
	int fd = open("/proc/self/oom_score_adj", O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		fail("read");
	text[strcspn(text, "\n")] = '\0';
	fputs(text, stdout);
	if (fd >= 0)
		close(fd);
}

/* ---- what it holds ---- */

/* Without /proc, so that an fd hidden by a mount is seen too. */
static void fds(void)
{
	const char *space = "";

	for (int fd = 0; fd < 4096; fd++)
		if (fcntl(fd, F_GETFD) >= 0) {
			printf("%s%d", space, fd);
			space = " ";
		}
}

static void fd_targets(void)
{
	const char *space = "";

	for (int fd = 0; fd < 4096; fd++) {
		char path[32], target[PATH_MAX];
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		len = readlink(path, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		printf("%s%d=%s", space, fd, target);
		space = " ";
	}
}

static void namespaces(void)
{
	static const char *const names[] = { "cgroup", "ipc",  "mnt",  "net",
					     "pid",    "time", "user", "uts" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[32];
		struct stat st = { 0 };

		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		if (stat(path, &st) < 0)
			st.st_ino = 0;
		printf("%s%s=%" PRIu64, i ? " " : "", names[i], (uint64_t)st.st_ino);
	}
}

/* ---- */

static const struct fact {
	const char *name;
	void (*print)(void);
} facts[] = {
	{ "ambient", ambient },
	{ "bounding", bounding },
	{ "cpus", cpus },
	{ "cwd", cwd },
	{ "effective", effective },
	{ "fd_targets", fd_targets },
	{ "fds", fds },
	{ "gid", gid },
	{ "groups", groups },
	{ "ids", ids },
	{ "inheritable", inheritable },
	{ "ioprio", ioprio },
	{ "keyring", keyring },
	{ "mempolicy", mempolicy },
	{ "namespaces", namespaces },
	{ "no_new_privs", no_new_privs },
	{ "oom_score_adj", oom_score_adj },
	{ "pdeathsig", pdeathsig },
	{ "permitted", permitted },
	{ "personality", print_personality },
	{ "rlimits", rlimits },
	{ "scheduler", scheduler },
	{ "seccomp", seccomp },
	{ "securebits", securebits },
	{ "uid", uid },
	{ "umask", print_umask },
};

#define FACTS (sizeof(facts) / sizeof(*facts))

static const struct fact *find(const char *name)
{
	for (size_t i = 0; i < FACTS; i++)
		if (strcmp(facts[i].name, name) == 0)
			return &facts[i];
	return NULL;
}

/* ---- a system call ---- */

static long call_x86(const long arg[7])
{
#ifdef __x86_64__
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(arg[0]), "b"(arg[1]), "c"(arg[2]), "d"(arg[3]), "S"(arg[4]),
			   "D"(arg[5])
			 : "memory", "r8", "r9", "r10", "r11");
	ret = (int)ret;
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = (int)-ret;
#else
	(void)arg;
	errno = ENOSYS;
#endif
	return -1;
}

static int call(char **argv)
{
	int x86 = *argv && strcmp(*argv, "--x86") == 0;
	long arg[7] = { 0 }, ret;

	argv += x86;
	for (int i = 0; i < 7 && argv[i]; i++)
		arg[i] = (long)strtoull(argv[i], NULL, 0);
	ret = x86 ? call_x86(arg) : syscall(arg[0], arg[1], arg[2], arg[3], arg[4], arg[5], arg[6]);
	if (ret < 0)
		puts(strerrorname_np(errno) ? strerrorname_np(errno) : "unknown error");
	else
		printf("%ld\n", ret);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "call") == 0)
		return call(argv + 2);
	for (size_t i = 0; argc == 1 && i < FACTS; i++) {
		printf("%s ", facts[i].name);
		facts[i].print();
		putchar('\n');
	}
	for (int i = 1; i < argc; i++) {
		const struct fact *fact = find(argv[i]);

		if (!fact) {
			fprintf(stderr, "probe: no fact \"%s\"\n", argv[i]);
			return 2;
		}
		fact->print();
		putchar('\n');
	}
	return 0;
}
