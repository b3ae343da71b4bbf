/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The floor under a runtime's figures: a bare program that makes the namespaces, mounts, device
 * nodes and links of the benchmark's bundle and execs, with nothing to parse or to keep.
 *
 *	floor [-p] [-u] [-c CGROUP] BUNDLE PROGRAM
 *
 * -p makes the mounts of podman-config.json, otherwise those of the plain variant; -u adds a user
 * namespace (0 is 100000, 65536 ids, written by the parent); -c makes that cgroup, starts the
 * child in it and removes it. Left out: config, capabilities, rlimits, sysctl, seccomp, state, lock.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum variant {
	PLAIN = 1,
	PODMAN = 2,
	BOTH = PLAIN | PODMAN,
};

struct floor {
	enum variant variant;
	bool userns;
	const char *cgroup;
	const char *bundle;
	char *program;
};

#define NO_SUID_EXEC_DEV (MS_NOSUID | MS_NOEXEC | MS_NODEV)

/* In the order of the config, relative to the rootfs. */
static const struct {
	enum variant variant;
	const char *source, *target, *type, *data;
	unsigned long flags;
} mounts[] = {
	{ BOTH, "proc", "proc", "proc", NULL, NO_SUID_EXEC_DEV },
	{ BOTH, "tmpfs", "dev", "tmpfs", "mode=755,size=65536k", MS_NOSUID | MS_STRICTATIME },
	{ BOTH, "devpts", "dev/pts", "devpts", "newinstance,ptmxmode=0666,mode=0620,gid=5",
	  MS_NOSUID | MS_NOEXEC },
	{ BOTH, "mqueue", "dev/mqueue", "mqueue", NULL, NO_SUID_EXEC_DEV },
	{ BOTH, "sysfs", "sys", "sysfs", NULL, NO_SUID_EXEC_DEV | MS_RDONLY },
	{ BOTH, "cgroup", "sys/fs/cgroup", "cgroup2", NULL, NO_SUID_EXEC_DEV | MS_RDONLY },
	{ PLAIN, "shm", "dev/shm", "tmpfs", "mode=1777,size=65536k", NO_SUID_EXEC_DEV },
	{ PODMAN, "../shm", "dev/shm", NULL, NULL, MS_BIND },
	{ PODMAN, "../hosts", "etc/hosts", NULL, NULL, MS_BIND },
	{ PODMAN, "../hostname", "etc/hostname", NULL, NULL, MS_BIND },
	{ PODMAN, "../.containerenv", "run/.containerenv", NULL, NULL, MS_BIND },
};

static const struct {
	const char *path;
	unsigned int major, minor;
} nodes[] = {
	{ "dev/null", 1, 3 },   { "dev/zero", 1, 5 },    { "dev/full", 1, 7 },
	{ "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 },
};

static const struct {
	const char *to, *path;
} links[] = {
	{ "/proc/self/fd", "dev/fd" },       { "/proc/self/fd/0", "dev/stdin" },
	{ "/proc/self/fd/1", "dev/stdout" }, { "/proc/self/fd/2", "dev/stderr" },
	{ "/proc/kcore", "dev/core" },       { "pts/ptmx", "dev/ptmx" },
};

static const char *const masked_files[] = {
	"proc/kcore",      "proc/keys",        "proc/latency_stats",
	"proc/timer_list", "proc/timer_stats", "proc/sched_debug",
};

static const char *const masked_dirs[] = {
	"proc/acpi", "proc/scsi", "sys/firmware", "sys/fs/selinux", "sys/dev/block",
};

static const char *const readonly_paths[] = {
	"proc/asound", "proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger",
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void must(bool ok, const char *what)
{
	if (!ok)
		err(111, "%s", what);
}

/* A path the kernel doesn't have is left, as the runtimes leave it. */
static bool must_if_there(bool ok, const char *what)
{
	must(ok || errno == ENOENT, what);
	return ok;
}

static void mount_all(const struct floor *f)
{
	for (size_t i = 0; i < COUNT(mounts); i++) {
		if (!(mounts[i].variant & f->variant))
			continue;
		if (!strncmp(mounts[i].target, "dev/", 4))
			must(!mkdir(mounts[i].target, 0755), mounts[i].target);
		must(!mount(mounts[i].source, mounts[i].target, mounts[i].type, mounts[i].flags,
			    mounts[i].data),
		     mounts[i].target);
	}
}

/* In a user namespace of its own mknod is refused, so the host's nodes are bound. */
static void node_make(const struct floor *f, const char *path, unsigned int major,
		      unsigned int minor)
{
	char host[64];

	if (!f->userns) {
		must(!mknod(path, S_IFCHR | 0666, makedev(major, minor)), path);
		return;
	}
	snprintf(host, sizeof(host), "/%s", path);
	must(!mknod(path, S_IFREG | 0666, 0), path);
	must(!mount(host, path, NULL, MS_BIND, NULL), path);
}

static void dev_fill(const struct floor *f)
{
	mode_t mask = umask(0);

	for (size_t i = 0; i < COUNT(nodes); i++)
		node_make(f, nodes[i].path, nodes[i].major, nodes[i].minor);
	for (size_t i = 0; i < COUNT(links); i++)
		must(!symlink(links[i].to, links[i].path), links[i].path);
	umask(mask);
}

static void readonly_set(const char *path)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	must(!mount_setattr(AT_FDCWD, path, 0, &attr, sizeof(attr)), path);
}

/* The directories share one empty read-only tmpfs. */
static void dirs_mask(void)
{
	const char *empty = NULL;

	for (size_t i = 0; i < COUNT(masked_dirs); i++) {
		const char *path = masked_dirs[i];

		if (empty)
			must_if_there(!mount(empty, path, NULL, MS_BIND, NULL), path);
		else if (must_if_there(!mount("tmpfs", path, "tmpfs", MS_RDONLY, NULL), path))
			empty = path;
	}
}

static void paths_protect(void)
{
	for (size_t i = 0; i < COUNT(masked_files); i++) {
		const char *path = masked_files[i];

		must_if_there(!mount("/dev/null", path, NULL, MS_BIND, NULL), path);
	}
	dirs_mask();
	for (size_t i = 0; i < COUNT(readonly_paths); i++) {
		const char *path = readonly_paths[i];

		if (must_if_there(!mount(path, path, NULL, MS_BIND | MS_REC, NULL), path))
			readonly_set(path);
	}
}

static void root_enter(const struct floor *f)
{
	must(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "/");
	must(!chdir(f->bundle), f->bundle);
	must(!mount("rootfs", "rootfs", NULL, MS_BIND | MS_REC, NULL), "rootfs");
	must(!chdir("rootfs"), "rootfs");
	mount_all(f);
	dev_fill(f);
	paths_protect();
	if (f->variant == PLAIN)
		readonly_set(".");
	must(!syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(!umount2(".", MNT_DETACH), "old root");
	must(!chdir("/"), "/");
}

static _Noreturn void child_run(const struct floor *f, int mapped)
{
	char *argv[] = { f->program, NULL };
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *envp[] = { path, NULL };
	char byte;

	if (f->userns) {
		if (read(mapped, &byte, 1) != 1)
			_exit(111);
		must(!setresgid(0, 0, 0) && !setresuid(0, 0, 0), "become root inside");
	}
	must(!sethostname("bench", 5), "hostname");
	root_enter(f);
	execve(f->program, argv, envp);
	err(127, "%s", f->program);
}

static void map_write(pid_t pid, const char *file)
{
	static const char map[] = "0 100000 65536\n";
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, map, sizeof(map) - 1) < 0)
		err(111, "%s", path);
	close(fd);
}

static int cgroup_make(const char *path)
{
	int fd;

	must(!mkdir(path, 0755), path);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(fd >= 0, path);
	return fd;
}

static pid_t child_start(const struct floor *f)
{
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS |
			 CLONE_NEWCGROUP,
		.exit_signal = SIGCHLD,
	};
	int mapped[2] = { -1, -1 };
	pid_t pid;

	if (f->cgroup) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup_make(f->cgroup);
	}
	if (f->userns) {
		args.flags |= CLONE_NEWUSER;
		must(!pipe2(mapped, O_CLOEXEC), "pipe");
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	must(pid >= 0, "clone3");
	if (!pid)
		child_run(f, mapped[0]);
	if (f->userns) {
		map_write(pid, "uid_map");
		map_write(pid, "gid_map");
		must(write(mapped[1], "", 1) == 1, "pipe");
	}
	return pid;
}

static void options_parse(struct floor *f, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "puc:")) >= 0) {
		if (opt == 'p')
			f->variant = PODMAN;
		else if (opt == 'u')
			f->userns = true;
		else if (opt == 'c')
			f->cgroup = optarg;
		else
			exit(2);
	}
	if (argc - optind != 2)
		errx(2, "usage: floor [-p] [-u] [-c CGROUP] BUNDLE PROGRAM");
	f->bundle = argv[optind];
	f->program = argv[optind + 1];
}

int main(int argc, char **argv)
{
	struct floor f = { .variant = PLAIN };
	int status;
	pid_t pid;

	options_parse(&f, argc, argv);
	pid = child_start(&f);
	must(waitpid(pid, &status, 0) == pid, "wait");
	if (f.cgroup)
		must(!rmdir(f.cgroup), f.cgroup);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
