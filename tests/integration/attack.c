/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attack: what a hostile program in a container tries. Static, so that it runs in any image.
 *
 *   attack write FD   FD is a program's file that was opened for reading: overwrites it as soon
 *                     as it can be opened for writing. SIGUSR1: it is not executed any more, a
 *                     last try. Says "overwritten" or "refused".
 *   attack watch      looks for processes that come into the container, and at their files,
 *                     memory and programs as long as these are not the container's own. Says
 *                     what it reached, and "denied" when it was kept out a hundred times.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define OWN_PROGRAM "/bin/busybox"
#define ENOUGH 100
#define LINE_MAX_BYTES 512

static volatile sig_atomic_t last_try;

static void on_last_try(int sig)
{
	(void)sig;
	last_try = 1;
}

/* ---- write ---- */

static int overwrite(const char *path)
{
	static const char text[] = "#!/bin/overwritten\n";
	int fd = open(path, O_WRONLY);

	return fd >= 0 && pwrite(fd, text, sizeof(text) - 1, 0) > 0 ? 0 : -1;
}

static int write_file(const char *fd)
{
	char path[64];
	int last;

	signal(SIGUSR1, on_last_try);
	snprintf(path, sizeof(path), "/proc/self/fd/%s", fd);
	puts("trying");
	do {
		last = last_try;
		if (overwrite(path) == 0) {
			puts("overwritten");
			return 0;
		}
		usleep(1000);
	} while (!last);
	printf("refused: %s\n", strerror(errno));
	return 0;
}

/* ---- watch ---- */

static unsigned int denied;

static void say_once(const char *text)
{
	static char said[64][LINE_MAX_BYTES];
	static size_t n;

	for (size_t i = 0; i < n; i++)
		if (strcmp(said[i], text) == 0)
			return;
	if (n < 64)
		snprintf(said[n++], LINE_MAX_BYTES, "%s", text);
	puts(text);
}

static int same_file(const struct stat *a, const char *path)
{
	struct stat b;

	return stat(path, &b) == 0 && a->st_dev == b.st_dev && a->st_ino == b.st_ino;
}

/* Is it, or has it by now become, a program of the container? As a process goes that way only,
 * "no" means that it was none before either. */
static int is_own(const char *proc)
{
	char path[64];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/exe", proc);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno != EACCES && errno != EPERM; /* it has ended */
	if (fstat(fd, &st) < 0)
		st.st_ino = 0;
	close(fd);
	return same_file(&st, OWN_PROGRAM) || same_file(&st, "/proc/self/exe");
}

static void reached(const char *proc, const char *what, const char *detail)
{
	char text[LINE_MAX_BYTES];

	if (is_own(proc))
		return;
	snprintf(text, sizeof(text), "reached %s %s", what, detail);
	say_once(text);
}

static void check(const char *proc, int result, const char *what, const char *detail)
{
	if (result >= 0)
		reached(proc, what, detail);
	else if ((errno == EACCES || errno == EPERM) && ++denied == ENOUGH)
		say_once("denied");
}

/* Of a program that is not the container's, the file is kept and overwritten as soon as it is
 * not executed any more. */
static void try_exe(const char *proc)
{
	static int prize = -1;
	char path[64];
	struct stat st;
	int fd;

	if (prize >= 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", prize);
		if (overwrite(path) == 0)
			say_once("overwritten");
	}
	snprintf(path, sizeof(path), "%s/exe", proc);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	check(proc, fd, "exe", "");
	if (prize < 0 && fd >= 0 && fstat(fd, &st) == 0 && !same_file(&st, OWN_PROGRAM) &&
	    !same_file(&st, "/proc/self/exe"))
		prize = fd;
	else if (fd >= 0)
		close(fd);
}

static void try_open(const char *proc, const char *name, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", proc, name);
	fd = open(path, flags | O_CLOEXEC);
	check(proc, fd, name, "");
	if (fd >= 0)
		close(fd);
}

static void try_fds(const char *proc)
{
	char path[64], target[256];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/fd", proc);
	dir = opendir(path);
	/* Which numbers there are is told to everyone. */
	while (dir && (entry = readdir(dir))) {
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[len > 0 ? len : 0] = '\0';
		if (*entry->d_name != '.')
			check(proc, (int)len, "an fd:", target);
	}
	if (dir)
		closedir(dir);
}

/* What ptrace(2) would be allowed, without its effects. */
static void try_trace(const char *proc, pid_t pid)
{
	char byte;
	struct iovec ours = { &byte, 1 }, its = { (void *)4096, 1 }; /* NOLINT: never mapped */
	int result = (int)process_vm_readv(pid, &ours, 1, &its, 1, 0);

	check(proc, result < 0 && errno == EFAULT ? 0 : result, "ptrace", "");
}

static void try_process(pid_t pid)
{
	char proc[32];

	snprintf(proc, sizeof(proc), "/proc/%d", pid);
	try_exe(proc);
	try_open(proc, "mem", O_RDWR);
	try_open(proc, "cwd", O_PATH);
	try_open(proc, "root", O_PATH);
	try_fds(proc);
	try_trace(proc, pid);
}

__attribute__((noreturn)) static void watch(void)
{
	puts("watching");
	for (;;) {
		DIR *dir = opendir("/proc");
		struct dirent *entry;

		while (dir && (entry = readdir(dir))) {
			pid_t pid = atoi(entry->d_name);

			if (pid > 0 && pid != getpid())
				try_process(pid);
		}
		if (dir)
			closedir(dir);
	}
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3 && strcmp(argv[1], "write") == 0)
		return write_file(argv[2]);
	if (argc == 2 && strcmp(argv[1], "watch") == 0)
		watch();
	fputs("attack: see the head of attack.c\n", stderr);
	return 2;
}
