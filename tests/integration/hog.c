/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hog: drives itself into one limit and says how it went; and a neighbour that answers while
 * others do so. Static, so that it runs in any root file system.
 *
 *   hog memory BYTES     touches so much memory: "touched", or SIGKILL comes before
 *   hog hold BYTES       the same, then sleeps
 *   hog pages N [hold]   maps N huge pages of 2 MB and touches them: "touched", or mmap's error
 *   hog forks N          has N children at once: "N", or how many there were and fork's error
 *   hog spin MSEC        uses so much CPU time
 *   hog contexts DEV N   opens N contexts of an RDMA device: "N", or how many and the error
 *   hog nodes T:MAJ:MIN...
 *                        for each device whether it may be made (m), read (r) and written (w)
 *   hog watch YES NO UNTIL
 *                        opens both nodes again and again until the file UNTIL is there: how
 *                        often YES did not open and NO did
 *   hog rage SECONDS FILE
 *                        a fork bomb, a child that takes all memory, again and again, and one
 *                        that writes to the file without a pause; all end by then
 *   hog serve SOCKET     answers on a unix socket
 *   hog ask SOCKET N     asks there N times: median and 99th percentile in usec
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <rdma/ib_user_verbs.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define PAGE 4096
#define HUGE_PAGE (2UL << 20)
#define MOST_CHILDREN 4096
#define ANSWER_MSEC 60000
#define MOST_TRIES 100 /* in vain, then a fork bomb's process makes room for a new one */

static void say(const char *text)
{
	puts(text);
	fflush(stdout);
}

static void die(const char *what)
{
	printf("%s: %s\n", what, strerrorname_np(errno));
	exit(1);
}

static uint64_t usec_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ---- memory ---- */

/* Each page differs, so that none is shared or compressed to nothing. */
static void touch(size_t bytes, size_t step, int flags)
{
	char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags,
			-1, 0);

	if (at == MAP_FAILED)
		die("mmap");
	for (size_t i = 0; i < bytes; i += step)
		*(volatile size_t *)(at + i) = i + 1;
	say("touched");
}

static int cmd_memory(char **arg)
{
	touch(strtoul(arg[0], NULL, 0), PAGE, 0);
	return 0;
}

static int cmd_hold(char **arg)
{
	touch(strtoul(arg[0], NULL, 0), PAGE, 0);
	while (pause() < 0)
		;
	return 0;
}

static int cmd_pages(char **arg)
{
	touch(strtoul(arg[0], NULL, 0) * HUGE_PAGE, HUGE_PAGE, MAP_HUGETLB);
	while (arg[1] && pause() < 0)
		;
	return 0;
}

/* ---- processes and time ---- */

static int cmd_forks(char **arg)
{
	static pid_t child[MOST_CHILDREN];
	int most = atoi(arg[0]), n = 0, why = 0;

	for (; n < most && n < MOST_CHILDREN && !why; n += !why) {
		child[n] = fork();
		if (child[n] == 0)
			for (;;)
				pause();
		why = child[n] < 0 ? errno : 0;
	}
	printf("%d%s%s\n", n, why ? " " : "", why ? strerrorname_np(why) : "");
	for (int i = 0; i < n; i++)
		kill(child[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	return 0;
}

static int cmd_spin(char **arg)
{
	uint64_t end = strtoul(arg[0], NULL, 0) * 1000;

	while (usec_of(CLOCK_PROCESS_CPUTIME_ID) < end)
		;
	return 0;
}

/* ---- all at once ---- */

static uint64_t rage_end;

static int is_over(void)
{
	return usec_of(CLOCK_MONOTONIC) >= rage_end;
}

/* The bomb takes every place that becomes free. */
static pid_t fork_at_last(void)
{
	pid_t pid;

	do
		pid = fork();
	while (pid < 0 && !is_over());
	return pid;
}

/* None of the others is to be killed in its place. */
static void be_the_victim(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1000", 4) != 4)
		die("oom_score_adj");
	close(fd);
}

static void rage_memory(void)
{
	while (!is_over()) {
		pid_t pid = fork_at_last();

		if (pid == 0) {
			be_the_victim();
			touch(1UL << 30, PAGE, 0);
			_exit(0);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
	_exit(0);
}

/* Over and over the same 8 MB, through the page cache and to the disk. */
static void rage_disk(const char *path)
{
	static char block[1 << 20];
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	for (unsigned int i = 0; !is_over(); i++) {
		memset(block, (int)i, sizeof(block));
		if (pwrite(fd, block, sizeof(block), (off_t)(i % 8) << 20) < 0)
			die("write");
		if (i % 8 == 7)
			fdatasync(fd);
	}
	_exit(0);
}

/* Who can't fork any more gives up, so that there are always new ones, and room for the others. */
static void rage_forks(pid_t first)
{
	signal(SIGCHLD, SIG_IGN);
	for (int tries = 0; !is_over();) {
		pid_t pid = fork();

		tries = pid == 0 ? 0 : tries + (pid < 0);
		if (tries >= MOST_TRIES && getpid() != first)
			_exit(0);
	}
}

static int cmd_rage(char **arg)
{
	rage_end = usec_of(CLOCK_MONOTONIC) + strtoul(arg[0], NULL, 0) * 1000000;
	if (fork() == 0)
		rage_memory();
	if (fork() == 0)
		rage_disk(arg[1]);
	rage_forks(getpid());
	return 0;
}

/* ---- devices ---- */

/* Only EPERM is the device filter's; a driver may have other reasons not to open. */
static char opens(const char *path, int flags, char letter)
{
	int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char result = fd < 0 && errno == EPERM ? '-' : letter;

	if (fd >= 0)
		close(fd);
	return result;
}

static int cmd_nodes(char **arg)
{
	static const char reading[] = "/dev/hog.r", writing[] = "/dev/hog.w";

	for (; *arg; arg++) {
		unsigned int major, minor;
		char type, made;
		mode_t mode;

		if (sscanf(*arg, "%c:%u:%u", &type, &major, &minor) != 3)
			return 2;
		mode = (type == 'b' ? S_IFBLK : S_IFCHR) | 0600;
		made = mknod(reading, mode, makedev(major, minor)) == 0 &&
				       mknod(writing, mode, makedev(major, minor)) == 0 ?
			       'm' :
			       '-';
		printf("%s %c%c%c\n", *arg, made == 'm' ? opens(reading, O_RDONLY, 'r') : '?',
		       made == 'm' ? opens(writing, O_WRONLY, 'w') : '?', made);
		unlink(reading);
		unlink(writing);
	}
	return 0;
}

static int cmd_watch(char **arg)
{
	int shut = 0, open = 0, rounds = 0;

	do {
		shut += opens(arg[0], O_RDONLY, 'r') != 'r';
		open += opens(arg[1], O_RDONLY, 'r') == 'r';
		if (rounds++ == 0)
			say("watching");
	} while (access(arg[2], F_OK) < 0);
	printf("%d %d\n", shut, open);
	return 0;
}

/* The first thing that anybody does with such a device: uverbs_cmd.c, ib_uverbs_get_context. */
static int get_context(int fd)
{
	struct ib_uverbs_get_context_resp answer;
	struct {
		struct ib_uverbs_cmd_hdr head;
		struct ib_uverbs_get_context body;
	} ask = {
		.head = { .command = IB_USER_VERBS_CMD_GET_CONTEXT,
			  .in_words = sizeof(ask) / 4,
			  .out_words = sizeof(answer) / 4 },
		.body = { .response = (uintptr_t)&answer },
	};

	return write(fd, &ask, sizeof(ask)) == (ssize_t)sizeof(ask) ? 0 : -1;
}

static int cmd_contexts(char **arg)
{
	int most = atoi(arg[1]), n = 0, why = 0;

	for (; n < most && !why; n += !why) {
		int fd = open(arg[0], O_RDWR | O_CLOEXEC);

		if (fd < 0)
			die("open");
		why = get_context(fd) < 0 ? errno : 0;
	}
	printf("%d%s%s\n", n, why ? " " : "", why ? strerrorname_np(why) : "");
	return 0;
}

/* ---- the neighbour ---- */

static int unix_socket(const char *path, struct sockaddr_un *ret)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (fd < 0 || strlen(path) >= sizeof(ret->sun_path))
		die("socket");
	strcpy(ret->sun_path, path);
	return fd;
}

/* Every answer takes a page of memory, a file's page and some time, as a service would. */
static int cmd_serve(char **arg)
{
	struct sockaddr_un address;
	int fd = unix_socket(arg[0], &address);
	char buf[PAGE];

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 64) < 0)
		die("listen");
	for (;;) {
		int peer = accept(fd, NULL, NULL), file = open("/proc/self/exe", O_RDONLY);

		if (read(file, buf, sizeof(buf)) < 0 || write(peer, buf, 4) < 0)
			say("a question is lost");
		close(file);
		close(peer);
	}
	return 0;
}

/* Waits long enough for anything but silence. */
static uint64_t ask_once(const char *path)
{
	uint64_t begin = usec_of(CLOCK_MONOTONIC);
	struct sockaddr_un address;
	int fd = unix_socket(path, &address);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char buf[4];

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("connect");
	if (poll(&pfd, 1, ANSWER_MSEC) != 1 || read(fd, buf, sizeof(buf)) != sizeof(buf) ||
	    memcmp(buf, "\177ELF", sizeof(buf)) != 0)
		die("no answer");
	close(fd);
	return usec_of(CLOCK_MONOTONIC) - begin;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int cmd_ask(char **arg)
{
	static const struct timespec between = { .tv_nsec = 5000000 };
	size_t n = strtoul(arg[1], NULL, 0);
	uint64_t *took = calloc(n, sizeof(*took));

	for (size_t i = 0; took && i < n; i++) {
		took[i] = ask_once(arg[0]);
		nanosleep(&between, NULL);
	}
	if (!took || n == 0)
		die("ask");
	qsort(took, n, sizeof(*took), compare);
	printf("%llu %llu\n", (unsigned long long)took[n / 2],
	       (unsigned long long)took[n * 99 / 100]);
	free(took);
	return 0;
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **arg);
} commands[] = {
	{ "memory", 1, cmd_memory }, { "hold", 1, cmd_hold },   { "pages", 1, cmd_pages },
	{ "forks", 1, cmd_forks },   { "spin", 1, cmd_spin },   { "contexts", 2, cmd_contexts },
	{ "nodes", 1, cmd_nodes },   { "watch", 3, cmd_watch }, { "rage", 2, cmd_rage },
	{ "serve", 1, cmd_serve },   { "ask", 2, cmd_ask },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (argc >= 2 + commands[i].args && strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argv + 2);
	fputs("hog: see hog.c\n", stderr);
	return 2;
}
