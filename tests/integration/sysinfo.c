/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysinfo: calls sysinfo(2) in good and in bad ways. Static, so that it runs in any root.
 *
 *   sysinfo [--x86]    its fields, one a line: NAME VALUE (--x86: by the 32-bit call)
 *   sysinfo bad        with addresses that can't be written to: the name of each error
 *   sysinfo flood T N  N calls of each of T threads; prints how many failed
 *   sysinfo die N      N processes that are killed while they call
 *   sysinfo time N     the mean of N calls, in ns
 */
#include <errno.h>
#include <linux/sysinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long call(void *at)
{
	return syscall(SYS_sysinfo, at);
}

#define PRINT(name) printf(#name " %llu\n", (unsigned long long)info->name)
#define PRINT_ALL                                                                               \
	do {                                                                                    \
		PRINT(uptime);                                                                  \
		printf("loads %llu %llu %llu\n", (unsigned long long)info->loads[0],            \
		       (unsigned long long)info->loads[1], (unsigned long long)info->loads[2]); \
		PRINT(totalram);                                                                \
		PRINT(freeram);                                                                 \
		PRINT(totalswap);                                                               \
		PRINT(freeswap);                                                                \
		PRINT(procs);                                                                   \
		PRINT(mem_unit);                                                                \
	} while (0)

static int print(void)
{
	struct sysinfo all = { 0 }, *info = &all;

	if (call(info) < 0) {
		printf("%s\n", strerrorname_np(errno));
		return 1;
	}
	PRINT_ALL;
	return 0;
}

/* struct compat_sysinfo of kernel/sys.c, and a mark behind it. */
struct compat {
	int32_t uptime;
	uint32_t loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	uint16_t procs, pad;
	uint32_t totalhigh, freehigh, mem_unit;
	char rest[8];
	uint32_t mark;
};

static int print_x86(void)
{
#if defined(__x86_64__)
	struct compat *info = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long ret;

	if (info == MAP_FAILED)
		return 2;
	info->mark = 0x12345678;
	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(116L), "b"(info)
			 : "memory", "r8", "r9", "r10", "r11");
	if (ret < 0) {
		printf("%s\n", strerrorname_np((int)-ret));
		return 1;
	}
	PRINT_ALL;
	if (info->mark != 0x12345678)
		puts("written beyond its end");
	return 0;
#else
	return 2;
#endif
}

static int bad(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *const at[] = {
		NULL,
		(void *)(uintptr_t)8,
		read_only,
		page + 4096 - 16, /* its end is not there */
		(void *)(uintptr_t)0xffffffff81000000,
		(void *)(uintptr_t)-1,
		(void *)(uintptr_t)0x8000000000000000,
	};

	munmap(page + 4096, 4096);
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++)
		puts(call(at[i]) < 0 ? strerrorname_np(errno) : "done");
	puts(read_only[0] ? "written" : "not written");
	return 0;
}

static atomic_ulong failures;
static unsigned long calls;

static void *flood_thread(void *arg)
{
	struct sysinfo info;

	(void)arg;
	for (unsigned long i = 0; i < calls; i++)
		if (call(&info) < 0 || info.mem_unit != 1)
			atomic_fetch_add(&failures, 1);
	return NULL;
}

static int flood(unsigned long threads)
{
	pthread_t *thread = calloc(threads, sizeof(*thread));

	if (!thread)
		return 2;
	for (unsigned long i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, flood_thread, NULL) != 0)
			return 2;
	for (unsigned long i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	printf("%lu failed\n", atomic_load(&failures));
	return 0;
}

static int die(unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		pid_t pid = fork();
		struct sysinfo info;

		while (pid == 0)
			call(&info);
		if (pid < 0)
			return 2;
		usleep(1000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return 0;
}

static int measure(unsigned long n)
{
	struct timespec a, b;
	struct sysinfo info;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (unsigned long i = 0; i < n; i++)
		call(&info);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%ld\n", ((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec) / (long)n);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	unsigned long n = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;

	calls = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
	if (strcmp(what, "--x86") == 0)
		return print_x86();
	if (strcmp(what, "bad") == 0)
		return bad();
	if (strcmp(what, "flood") == 0)
		return flood(n);
	if (strcmp(what, "die") == 0)
		return die(n);
	if (strcmp(what, "time") == 0)
		return measure(n);
	return print();
}
