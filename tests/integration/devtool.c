/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devtool: what programs do with device nodes. Static, so that it runs in any image. Each prints
 * "ok", what it found, or the name of the error.
 *
 *   devtool open PATH             opens it for reading and writing
 *   devtool tun NAME              makes a tun interface: the name that the kernel gave it
 *   devtool mknod PATH TYPE MAJOR MINOR [FOLDER]
 *                                 TYPE: c, b, p, s or f; by mknodat(2) from the folder
 *   devtool mknod32 PATH TYPE MAJOR MINOR
 *                                 by mknod(2) of 32-bit programs
 *   devtool swap A B SECONDS      exchanges two names again and again
 *   devtool flood PREFIX N TYPE MAJOR MINOR
 *                                 N times: how often it said what
 *   devtool hang DIR              mounts a FUSE file system there and never answers for it
 *   devtool chrooted DIR PATH TYPE MAJOR MINOR
 *                                 mknod in a chroot(2)
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2
#endif

static int say(int failed)
{
	puts(failed ? strerrorname_np(errno) : "ok");
	return failed;
}

static mode_t type_of(const char *text)
{
	switch (*text) {
	case 'c':
		return S_IFCHR;
	case 'b':
		return S_IFBLK;
	case 'p':
		return S_IFIFO;
	case 's':
		return S_IFSOCK;
	default:
		return S_IFREG;
	}
}

static dev_t number(char **arg)
{
	return makedev((unsigned int)atoi(arg[0]), (unsigned int)atoi(arg[1]));
}

/* PATH TYPE MAJOR MINOR [FOLDER] */
static int make(char **arg, int n)
{
	int dirfd = AT_FDCWD;

	if (n > 4) {
		dirfd = open(arg[4], O_PATH | O_DIRECTORY);
		if (dirfd < 0)
			return say(1);
	}
	return say(syscall(SYS_mknodat, dirfd, arg[0], type_of(arg[1]) | 0600, number(arg + 2)) !=
		   0);
}

/* The numbers and pointers of 32-bit programs, by int 0x80: mknod is 14. */
static int make_32bit(char **arg)
{
#ifdef __x86_64__
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long rc;

	if (low == MAP_FAILED)
		return say(1);
	snprintf(low, 4096, "%s", arg[0]);
	__asm__ volatile("int $0x80"
			 : "=a"(rc)
			 : "a"(14), "b"(low), "c"(type_of(arg[1]) | 0600), "d"(number(arg + 2))
			 : "memory", "r8", "r9", "r10", "r11");
	errno = rc < 0 ? (int)-rc : 0;
	return say(rc < 0);
#else
	(void)arg;
	errno = ENOSYS;
	return say(1);
#endif
}

static int tun(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		return say(1);
	puts(request.ifr_name);
	return 0;
}

static int swap(char **arg)
{
	time_t end = time(NULL) + atoi(arg[2]);

	while (time(NULL) < end)
		for (int i = 0; i < 1000; i++)
			syscall(SYS_renameat2, AT_FDCWD, arg[0], AT_FDCWD, arg[1], RENAME_EXCHANGE);
	return 0;
}

static int flood(char **arg)
{
	int made = 0, refused = 0, n = atoi(arg[1]);
	char path[256];

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s%d", arg[0], i);
		if (syscall(SYS_mknodat, AT_FDCWD, path, type_of(arg[2]) | 0600, number(arg + 3)) ==
		    0)
			made++;
		else if (errno == ENOMEM)
			refused++;
	}
	printf("%d ok, %d ENOMEM, %d else\n", made, refused, n - made - refused);
	return 0;
}

static int hang(const char *dir)
{
	int fd = open("/dev/fuse", O_RDWR);
	char options[64];

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (fd < 0 || mount("hang", dir, "fuse", 0, options) < 0)
		return say(1);
	say(0);
	fflush(stdout);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "open") == 0 && argc == 3)
		return say(open(argv[2], O_RDWR) < 0);
	if (strcmp(what, "tun") == 0 && argc == 3)
		return tun(argv[2]);
	if (strcmp(what, "flood") == 0 && argc == 7)
		return flood(argv + 2);
	if (strcmp(what, "hang") == 0 && argc == 3)
		return hang(argv[2]);
	if (strcmp(what, "mknod") == 0 && argc >= 6)
		return make(argv + 2, argc - 2);
	if (strcmp(what, "mknod32") == 0 && argc == 6)
		return make_32bit(argv + 2);
	if (strcmp(what, "swap") == 0 && argc == 5)
		return swap(argv + 2);
	if (strcmp(what, "chrooted") == 0 && argc == 7) {
		if (chroot(argv[2]) < 0 || chdir("/") < 0)
			return say(1);
		return make(argv + 3, 4);
	}
	fprintf(stderr, "devtool: bad arguments\n");
	return 2;
}
