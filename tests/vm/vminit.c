/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vminit: the first process of the test VM.
 *
 * It loads the modules, lays a writable overlay over the host's root, mounts what a booted
 * system has, runs the job, passes its output on and reports how it ended. The job is in the
 * initramfs: files of NUL-terminated strings that tests/vm/run wrote.
 *
 *   /job/argv  the command            /job/keep  host folders that must stay visible
 *   /job/env   its environment        /job/work  host folders to be writable, tags work0…
 *   /job/cwd   its working directory
 *
 * Output goes to the virtio ports "out" and "err" (only "out" if the host wants both in one).
 * The end is one line on port "status": exit status, bytes sent to out, bytes sent to err. The
 * host then knows what it still has to wait for, and ends the VM; nothing is flushed here.
 *
 * A step that fails is told on the console and ends the VM; run shows the console's end.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS_9P "trans=virtio,version=9p2000.L,msize=512000,access=any,"
#define PORT_TRIES 6000 /* of 5 ms: a busy host emulates slowly */
#define PORT_PAUSE_USEC 5000
#define CHUNK_BYTES 65536
#define OPEN_FILES_MAX 1048576 /* the hard limit that systemd gives */

struct mount_row {
	const char *type;
	const char *target;
	unsigned long flags;
	const char *options;
};

/* What the initramfs needs; moved to the new root later. */
static const struct mount_row early_mounts[] = {
	{ "proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "devtmpfs", "/dev", MS_NOSUID, "mode=755" },
};

static const struct mount_row system_mounts[] = {
	{ "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=666" },
	{ "tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777" },
	{ "mqueue", "/dev/mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755" },
	{ "tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777" },
	{ "cgroup2", "/sys/fs/cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC,
	  "nsdelegate,memory_recursiveprot" },
	{ "bpf", "/sys/fs/bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=700" },
	{ "debugfs", "/sys/kernel/debug", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "tracefs", "/sys/kernel/tracing", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "securityfs", "/sys/kernel/security", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
};

/* A disk is known by the serial number that run gave it, which is its file system's type. */
static const struct mount_row disk_mounts[] = {
	{ "ext4", "/var/lib/vz", 0, "usrquota,grpquota,prjquota" },
	{ "xfs", "/var/lib/vz-xfs", 0, "usrquota,grpquota,prjquota" },
};

static const struct {
	const char *target;
	const char *path;
} links[] = {
	{ "/proc/self/fd", "/dev/fd" },
	{ "/proc/self/fd/0", "/dev/stdin" },
	{ "/proc/self/fd/1", "/dev/stdout" },
	{ "/proc/self/fd/2", "/dev/stderr" },
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Tells what failed and why (errno), and ends the VM. */
static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *fmt, ...)
{
	const char *reason = strerror(errno);
	va_list args;

	dprintf(STDERR_FILENO, "vminit: ");
	va_start(args, fmt);
	vdprintf(STDERR_FILENO, fmt, args);
	va_end(args);
	dprintf(STDERR_FILENO, ": %s\n", reason);
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

static void *allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		die("allocate %zu bytes", size);
	return memory;
}

/* ---- files ---- */

/* A whole file with a NUL behind it; *ret_size excludes that. NULL if there is no such file. */
static char *file_read(const char *path, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data;

	if (fd < 0 && errno == ENOENT)
		return NULL;
	if (fd < 0 || fstat(fd, &st))
		die("open \"%s\"", path);
	data = allocate((size_t)st.st_size + 1);
	*ret_size = 0;
	for (ssize_t n; (n = read(fd, data + *ret_size, (size_t)st.st_size - *ret_size)) > 0;)
		*ret_size += (size_t)n;
	close(fd);
	return data;
}

/* A file's strings, with NULL behind the last; no strings if there is no such file. */
static char **list_load(const char *path)
{
	size_t size = 0, count = 0;
	char *data = file_read(path, &size);
	char **list;

	for (size_t i = 0; i < size; i++)
		count += data[i] == '\0';
	list = allocate((count + 1) * sizeof(*list));
	for (size_t i = 0; i < count; i++, data += strlen(data) + 1)
		list[i] = data;
	return list;
}

/* Whether a file in sysfs holds this text. */
static int file_says(const char *path, const char *text)
{
	char buf[64] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, buf, sizeof(buf) - 1) < 0)
		buf[0] = '\0';
	close(fd);
	buf[strcspn(buf, "\n")] = '\0';
	return strcmp(buf, text) == 0;
}

/* The device whose file CLASS/NAME/ATTRIBUTE says TEXT; /dev/NAME is put into ret_device. */
static int device_find(const char *class, const char *attribute, const char *text,
		       char ret_device[PATH_MAX])
{
	DIR *dir = opendir(class);
	char path[PATH_MAX];
	int found = 0;

	if (!dir)
		return -1;
	for (struct dirent *entry; !found && (entry = readdir(dir));) {
		snprintf(path, sizeof(path), "%s/%s/%s", class, entry->d_name, attribute);
		found = file_says(path, text);
		if (found)
			snprintf(ret_device, PATH_MAX, "/dev/%s", entry->d_name);
	}
	closedir(dir);
	return found ? 0 : -1;
}

static void make_folders(const char *path)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = part; (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		mkdir(part, 0755);
		*slash = '/';
	}
	mkdir(part, 0755);
}

static void mount_row(const char *source, const struct mount_row *row)
{
	make_folders(row->target);
	if (mount(source, row->target, row->type, row->flags, row->options))
		die("mount %s on \"%s\"", row->type, row->target);
}

/* ---- the system ---- */

static void console_open(void)
{
	int fd = open("/dev/console", O_RDWR);

	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		dup2(fd, i);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void modules_load(void)
{
	char path[PATH_MAX];

	for (char **name = list_load("/modules/order"); *name; name++) {
		int fd;

		snprintf(path, sizeof(path), "/modules/%s", *name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
			die("load module %s", *name);
		close(fd);
		unlink(path);
	}
}

/* The host's root below, a tmpfs above: whatever is written is gone with the VM. */
static void root_mount(void)
{
	static const struct mount_row rows[] = {
		{ "9p", "/host", MS_RDONLY, OPTIONS_9P "cache=loose" },
		{ "tmpfs", "/upper", 0, "mode=755,size=90%" },
	};

	mount_row("root", &rows[0]);
	mount_row("upper", &rows[1]);
	make_folders("/upper/data");
	make_folders("/upper/work");
	make_folders("/root");
	if (mount("root", "/root", "overlay", 0,
		  "lowerdir=/host,upperdir=/upper/data,workdir=/upper/work,redirect_dir=on"))
		die("mount the overlay over the host's root");
}

/* Mounts the new root over the initramfs, which can't be the old root of a pivot_root: what is
 * tested here must be able to pivot. */
static void root_switch(void)
{
	for (size_t i = 0; i < COUNT(early_mounts); i++) {
		char target[PATH_MAX];

		snprintf(target, sizeof(target), "/root%s", early_mounts[i].target);
		if (mount(early_mounts[i].target, target, NULL, MS_MOVE, NULL))
			die("move \"%s\" to the new root", early_mounts[i].target);
	}
	if (chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		die("switch to the new root");
}

/* Puts back those of the host's folders that the mounts just made cover. The clones in fds were
 * taken before. */
static void kept_show(char **folders, const int *fds)
{
	for (size_t i = 0; folders[i]; i++) {
		if (access(folders[i], F_OK) == 0)
			continue;
		make_folders(folders[i]);
		if (move_mount(fds[i], "", AT_FDCWD, folders[i], MOVE_MOUNT_F_EMPTY_PATH))
			die("show the host's \"%s\"", folders[i]);
	}
}

static int *kept_clone(char **folders)
{
	size_t count = 0;
	int *fds;

	while (folders[count])
		count++;
	fds = allocate((count + 1) * sizeof(*fds));
	for (size_t i = 0; i < count; i++) {
		fds[i] = open_tree(AT_FDCWD, folders[i], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (fds[i] < 0)
			die("open the host's \"%s\"", folders[i]);
	}
	return fds;
}

static void system_mount(void)
{
	for (size_t i = 0; i < COUNT(system_mounts); i++)
		mount_row(system_mounts[i].type, &system_mounts[i]);
	for (size_t i = 0; i < COUNT(links); i++)
		if (symlink(links[i].target, links[i].path) && errno != EEXIST)
			die("link \"%s\"", links[i].path);
}

static void disks_mount(void)
{
	char device[PATH_MAX];

	for (size_t i = 0; i < COUNT(disk_mounts); i++) {
		if (device_find("/sys/block", "serial", disk_mounts[i].type, device))
			die("find the %s disk", disk_mounts[i].type);
		mount_row(device, &disk_mounts[i]);
	}
}

static void work_mount(char **folders)
{
	for (size_t i = 0; folders[i]; i++) {
		struct mount_row row = { "9p", folders[i], 0, OPTIONS_9P "cache=mmap" };
		char tag[32];

		snprintf(tag, sizeof(tag), "work%zu", i);
		mount_row(tag, &row);
	}
}

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
		die("bring the loopback interface up");
	close(fd);
}

static void system_start(void)
{
	char **kept, **work = list_load("/job/work");
	int *kept_fds;

	for (size_t i = 0; i < COUNT(early_mounts); i++)
		mount_row(early_mounts[i].type, &early_mounts[i]);
	modules_load();
	kept = list_load("/job/keep");
	root_mount();
	root_switch();
	kept_fds = kept_clone(kept);
	system_mount();
	disks_mount();
	kept_show(kept, kept_fds);
	work_mount(work);
	if (mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL))
		die("make all mounts shared");
	if (sethostname("testvm", strlen("testvm")))
		die("set the host name");
	loopback_up();
}

/* ---- the job ---- */

/* What the job writes to a pipe goes to a port. The job does not get the port itself: it can't
 * be opened twice (as /dev/stdout is), nor handed to another user. */
struct stream {
	int from;
	int to;
	unsigned long long bytes;
};

struct job {
	char **argv;
	char **env;
	char **cwd;
	struct stream streams[2];
	size_t stream_count;
	int status_port;
	int child_signals; /* signalfd of SIGCHLD */
	pid_t pid;
};

/* The device of a port shows up some time after its driver is loaded. -1 if there is none. */
static int port_open(const char *name, int tries)
{
	char device[PATH_MAX];

	for (; tries > 0; tries--, usleep(PORT_PAUSE_USEC))
		if (device_find("/sys/class/virtio-ports", "name", name, device) == 0)
			return open(device, O_RDWR | O_CLOEXEC);
	return -1;
}

static void job_load(struct job *job)
{
	job->argv = list_load("/job/argv");
	job->env = list_load("/job/env");
	job->cwd = list_load("/job/cwd");
}

/* Port "status" is the last of the ports, so once it is there, the others are. */
static void job_open_ports(struct job *job)
{
	static const char *const names[] = { "out", "err" };

	job->status_port = port_open("status", PORT_TRIES);
	for (size_t i = 0; i < COUNT(names); i++) {
		job->streams[i].to = port_open(names[i], 1);
		if (job->streams[i].to >= 0)
			job->stream_count = i + 1;
	}
	if (job->status_port < 0 || job->stream_count == 0)
		die("find the virtio ports");
}

static void __attribute__((noreturn)) job_exec(const struct job *job, int out, int err)
{
	struct rlimit files = { .rlim_cur = 1024, .rlim_max = OPEN_FILES_MAX };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setrlimit(RLIMIT_NOFILE, &files);
	setsid();
	dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	environ = job->env;
	if (chdir(job->cwd[0])) {
		dprintf(STDERR_FILENO, "vminit: chdir \"%s\": %m\n", job->cwd[0]);
	} else {
		execvp(job->argv[0], job->argv);
		dprintf(STDERR_FILENO, "vminit: exec \"%s\": %m\n", job->argv[0]);
	}
	_exit(errno == ENOENT ? 127 : 126);
}

static void job_start(struct job *job)
{
	int writers[2];
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	job->child_signals = signalfd(-1, &child, SFD_CLOEXEC);
	for (size_t i = 0; i < job->stream_count; i++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC))
			die("make a pipe");
		job->streams[i].from = ends[0];
		writers[i] = ends[1];
	}
	job->pid = fork();
	if (job->child_signals < 0 || job->pid < 0)
		die("start the job");
	if (job->pid == 0)
		job_exec(job, writers[0], writers[job->stream_count - 1]);
	for (size_t i = 0; i < job->stream_count; i++)
		close(writers[i]);
}

/* Passes on what is there; 0 at the end or if nothing is there. */
static int stream_copy(struct stream *stream)
{
	static char chunk[CHUNK_BYTES];
	ssize_t size = read(stream->from, chunk, sizeof(chunk));

	for (ssize_t done = 0; done < size;) {
		ssize_t n = write(stream->to, chunk + done, (size_t)(size - done));

		if (n < 0)
			die("write to a port");
		done += n;
	}
	if (size <= 0)
		return 0;
	stream->bytes += (unsigned long long)size;
	return 1;
}

/* Collects every process that ended, orphans too. Returns 1 if the job is among them. */
static int job_reap(struct job *job, int *ret_status)
{
	struct signalfd_siginfo info;
	int status, ended = 0;

	if (read(job->child_signals, &info, sizeof(info)) < 0)
		die("read from the signalfd");
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		if (pid != job->pid)
			continue;
		ended = 1;
		*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	return ended;
}

/* Returns the job's exit status. What it left running may hold the pipes open: only what is in
 * them when it ends still counts as its output. */
static int job_wait(struct job *job)
{
	struct pollfd fds[3] = { { .fd = job->child_signals, .events = POLLIN } };
	int status = 0, ended = 0;

	for (size_t i = 0; i < job->stream_count; i++)
		fds[i + 1] = (struct pollfd){ .fd = job->streams[i].from, .events = POLLIN };
	while (!ended) {
		if (poll(fds, 1 + job->stream_count, -1) < 0)
			die("poll");
		for (size_t i = 0; i < job->stream_count; i++)
			if (fds[i + 1].revents && !stream_copy(&job->streams[i]))
				fds[i + 1].fd = -1;
		if (fds[0].revents)
			ended = job_reap(job, &status);
	}
	for (size_t i = 0; i < job->stream_count; i++) {
		fcntl(job->streams[i].from, F_SETFL, O_NONBLOCK);
		while (stream_copy(&job->streams[i]))
			;
	}
	return status;
}

int main(void)
{
	struct job job = { 0 };
	int status;

	console_open();
	job_load(&job);
	system_start();
	job_open_ports(&job);
	job_start(&job);
	status = job_wait(&job);
	sync(); /* of the writable host folders */
	dprintf(job.status_port, "%d %llu %llu\n", status, job.streams[0].bytes,
		job.streams[1].bytes);
	for (;;)
		pause();
}
