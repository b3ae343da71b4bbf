/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysinfo_mknod: the answer to mknod(2) of a device in a user namespace, where the kernel refuses
 * it: the container's hidden node of that number is mounted at the path. For the tiny program of
 * sysinfo_main.c, by a process of its own (a path may lead to a file system that hangs).
 *
 * It does nothing that its caller could not do by mount(2): the caller must have the capabilities
 * for that, in the container's user namespace, where we have none besides. So whatever a caller
 * exchanges behind our back, it tricks itself. The path is copied once, and resolved as the
 * caller's own calls resolve: in its mount namespace, below its root, from its working directory
 * or its fd. Whatever is not answered goes on to the kernel, which makes no device node in a user
 * namespace, and says so: EPERM, or what is wrong with the path.
 */
#ifndef RUNTIME_KERNEL_SYSINFO_MKNOD_H
#define RUNTIME_KERNEL_SYSINFO_MKNOD_H

#include <asm/stat.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/signal.h>

#include "runtime/kernel/mknod_request.h"
#include "runtime/kernel/sysinfo_calls.h"
#include "runtime/kernel/sysinfo_fds.h"
#include "runtime/kernel/sysinfo_server.h"

#define MKNOD_PATH_SIZE 4096
#define MKNOD_PAGE 4096
#define MKNOD_TOO_MANY 12 /* ENOMEM, which mknod(2) may say */

#define MKNOD_CAP(cap) ((uint64_t)1 << (cap))
/* What the caller must have. */
#define MKNOD_CAPS                                                                \
	(MKNOD_CAP(CAP_MKNOD) | MKNOD_CAP(CAP_SYS_ADMIN) | MKNOD_CAP(CAP_CHOWN) | \
	 MKNOD_CAP(CAP_DAC_OVERRIDE) | MKNOD_CAP(CAP_FOWNER))

struct mknod_caller {
	int proc, root, base, mount_ns; /* fds: of /proc/PID, and of what is in it */
	uint32_t umask;
	char path[MKNOD_PATH_SIZE];
};

/* Page by page: the page behind the end of the path may not be there. */
static inline bool mknod_copy_path(uint32_t pid, uint64_t address, char *path)
{
	size_t at = 0;

	while (at < MKNOD_PATH_SIZE) {
		size_t n = MKNOD_PAGE - (address + at) % MKNOD_PAGE;
		struct iovec to, from;

		if (n > MKNOD_PATH_SIZE - at)
			n = MKNOD_PATH_SIZE - at;
		to = (struct iovec){ path + at, n };
		from = (struct iovec){ (void *)(address + at), n };
		if (CALL(__NR_process_vm_readv, pid, ENTRY_PTR(&to), 1, ENTRY_PTR(&from), 1, 0) !=
		    (long)n)
			return false;
		for (size_t i = at; i < at + n; i++)
			if (!path[i])
				return i > 0;
		at += n;
	}
	return false;
}

static inline int mknod_open(int dirfd, const char *path, uint64_t flags)
{
	return (int)CALL(__NR_openat, U64(dirfd), ENTRY_PTR(path), flags | O_CLOEXEC_FLAG, 0);
}

/* "fd/7" */
static inline int mknod_open_fd(int proc, int fd)
{
	char name[16] = "fd/";

	if (fd < 0)
		return -1;
	name[mknod_add_number(name, 3, (uint32_t)fd)] = '\0';
	return mknod_open(proc, name, O_PATH_FLAG | O_DIRECTORY_FLAG);
}

static inline bool mknod_same_file(int a, const char *a_path, int b, const char *b_path)
{
	struct stat x, y;

	return CALL(__NR_newfstatat, U64(a), ENTRY_PTR(a_path), ENTRY_PTR(&x), 0) == 0 &&
	       CALL(__NR_newfstatat, U64(b), ENTRY_PTR(b_path), ENTRY_PTR(&y), 0) == 0 &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Could it mount there itself? */
static inline bool mknod_is_allowed(struct mknod_caller *caller)
{
	char text[2048];
	uint64_t caps, mask = 0;
	int fd = mknod_open(caller->proc, "status", 0);
	long n = fd < 0 ? -1 : CALL(__NR_pread64, U64(fd), ENTRY_PTR(text), sizeof(text) - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	if (!mknod_field(text, "\nCapEff:", 16, &caps) || (caps & MKNOD_CAPS) != MKNOD_CAPS ||
	    !mknod_field(text, "\nUmask:", 8, &mask))
		return false;
	caller->umask = (uint32_t)mask;
	return mknod_same_file(caller->proc, "ns/user", SYSINFO_FD_PROC, "self/ns/user");
}

/* All of it while the call is pending, so that it is of the caller and not of whoever has its
 * number next. */
static inline bool mknod_know(const struct seccomp_notif *request, int listener, int dirfd,
			      uint64_t path, struct mknod_caller *ret)
{
	char number[16];
	bool absolute;

	number[mknod_add_number(number, 0, request->pid)] = '\0';
	ret->proc = mknod_open(SYSINFO_FD_PROC, number, O_PATH_FLAG | O_DIRECTORY_FLAG);
	if (ret->proc < 0 || !mknod_copy_path(request->pid, path, ret->path) ||
	    !mknod_is_allowed(ret))
		return false;
	absolute = ret->path[0] == '/';
	ret->root = mknod_open(ret->proc, "root", O_PATH_FLAG | O_DIRECTORY_FLAG);
	ret->base = absolute || dirfd == MKNOD_AT_FDCWD ?
			    mknod_open(ret->proc, absolute ? "root" : "cwd",
				       O_PATH_FLAG | O_DIRECTORY_FLAG) :
			    mknod_open_fd(ret->proc, dirfd);
	ret->mount_ns = mknod_open(ret->proc, "ns/mnt", 0);
	return ret->root >= 0 && ret->base >= 0 && ret->mount_ns >= 0 &&
	       CALL(__NR_ioctl, U64(listener), SECCOMP_IOCTL_NOTIF_ID_VALID,
		    ENTRY_PTR(&request->id)) == 0;
}

/* A copy of the container's hidden node, if that is the device which is asked for. */
static inline int mknod_open_node(const struct mknod_request *request)
{
	char name[MKNOD_NAME_SIZE];
	struct stat st;
	int tree;

	mknod_name(request, name);
	if (CALL(__NR_setns, SYSINFO_FD_INIT, CLONE_NEWNS) < 0)
		return -1;
	tree = (int)CALL(__NR_open_tree, U64(MKNOD_AT_FDCWD), ENTRY_PTR(name),
			 OPEN_TREE_CLONE | O_CLOEXEC_FLAG | AT_SYMLINK_NOFOLLOW_FLAG);
	if (tree < 0 ||
	    CALL(__NR_newfstatat, U64(tree), ENTRY_PTR(""), ENTRY_PTR(&st), AT_EMPTY_PATH_FLAG) < 0)
		return -1;
	/* stat(2) encodes numbers up to 12 and 20 bits as mknod(2) does. */
	if ((st.st_mode & MKNOD_TYPE) != (request->mode & MKNOD_TYPE) ||
	    (st.st_rdev & 0xfff00) >> 8 != request->major ||
	    ((st.st_rdev & 0xff) | ((st.st_rdev >> 12) & 0xfff00)) != request->minor)
		return -1;
	return tree;
}

/* Where the caller is. No link of /proc by which a path could be another process's. */
static inline int mknod_open_folder(const struct mknod_caller *caller, size_t len)
{
	struct open_how how = { .flags = O_PATH_FLAG | O_DIRECTORY_FLAG | O_CLOEXEC_FLAG,
				.resolve = RESOLVE_NO_MAGICLINKS };
	char folder[MKNOD_PATH_SIZE];

	if (CALL(__NR_setns, U64(caller->mount_ns), CLONE_NEWNS) < 0 ||
	    CALL(__NR_fchdir, U64(caller->root)) < 0 || CALL(__NR_chroot, ENTRY_PTR(".")) < 0 ||
	    CALL(__NR_fchdir, U64(caller->base)) < 0)
		return -1;
	memcpy(folder, caller->path, len);
	folder[len] = '\0';
	return (int)CALL(__NR_openat2, U64(MKNOD_AT_FDCWD), ENTRY_PTR(len ? folder : "."),
			 ENTRY_PTR(&how), sizeof(how));
}

/* As root of the container, as which it looks on the disk when the node is gone. */
static inline bool mknod_mount(int tree, int folder, const char *name, uint32_t mode)
{
	int file;

	CALL(__NR_setfsgid, 0);
	CALL(__NR_setfsuid, 0);
	file = (int)CALL(__NR_openat, U64(folder), ENTRY_PTR(name),
			 O_WRONLY_FLAG | O_CREAT_FLAG | O_EXCL_FLAG | O_CLOEXEC_FLAG, 0600);
	if (file < 0)
		return false;
	if (CALL(__NR_move_mount, U64(tree), ENTRY_PTR(""), U64(file), ENTRY_PTR(""),
		 MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0) {
		CALL(__NR_unlinkat, U64(folder), ENTRY_PTR(name), 0);
		return false;
	}
	CALL(__NR_fchmodat, U64(folder), ENTRY_PTR(name), mode);
	return true;
}

/* Is it answered? Else the kernel goes on with it. */
static inline bool mknod_answer(const struct seccomp_notif *request, int listener)
{
	struct mknod_request wanted;
	struct mknod_caller caller;
	size_t name, folder_len;
	int tree, folder;

	if (!mknod_parse(&request->data, &wanted) ||
	    !mknod_know(request, listener, wanted.dirfd, wanted.path, &caller) ||
	    !mknod_split(caller.path, &name, &folder_len))
		return false;
	tree = mknod_open_node(&wanted);
	if (tree < 0)
		return false;
	folder = mknod_open_folder(&caller, folder_len);
	return folder >= 0 &&
	       mknod_mount(tree, folder, caller.path + name, wanted.mode & 07777 & ~caller.umask);
}

static inline void respond(int listener, uint64_t id, int error, uint32_t flags)
{
	struct seccomp_notif_resp response = { .id = id, .error = error, .flags = flags };

	CALL(__NR_ioctl, U64(listener), SECCOMP_IOCTL_NOTIF_SEND, ENTRY_PTR(&response));
}

/* ---- in the server ---- */

/* What it leaves open, and where it goes, ends with it. The socket is let go at once: as long as
 * it is open the container counts as having us. */
__attribute__((noreturn)) static inline void be_hand(const struct seccomp_notif *request,
						     int listener)
{
	close_fd(SYSINFO_FD_SOCKET);
	respond(listener, request->id, 0,
		mknod_answer(request, listener) ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	leave(0);
}

static inline size_t free_hand(const struct server *server)
{
	size_t i = 0;

	while (i < HANDS_MAX && server->hands[i].id)
		i++;
	return i;
}

static inline bool has_strength(struct server *server)
{
	const uint64_t each = 1000000 / HANDS_A_SECOND;
	uint64_t more = (now_usec() - server->strength_usec) / each;

	server->strength_usec += more * each;
	server->strength = sysinfo_less(server->strength + more, HANDS_IN_STORE);
	if (server->strength == 0)
		return false;
	server->strength--;
	return true;
}

static inline void answer_mknod(struct server *server, int listener)
{
	const struct seccomp_notif request = server->shared->request; /* the next comes there */
	size_t i = free_hand(server);
	int pidfd = -1;
	long pid;

	if (i == HANDS_MAX || !has_room(server) || !has_strength(server)) {
		respond(listener, request.id, -MKNOD_TOO_MANY, 0);
		return;
	}
	pid = CALL(__NR_clone, CLONE_PIDFD_FLAG | SIGCHLD, 0, ENTRY_PTR(&pidfd), 0, 0);
	if (pid == 0)
		be_hand(&request, listener);
	if (pid < 0) {
		respond(listener, request.id, -MKNOD_TOO_MANY, 0);
		return;
	}
	server->hands[i] = (struct hand){ .listener = listener, .id = request.id };
	server->hand[server->places] = (uint8_t)i;
	add(server, pidfd, KIND_HAND);
}

/* One that was killed has not answered: then the kernel does. Else it knows of no such request. */
static inline void end_hand(struct server *server, size_t place)
{
	struct hand *hand = &server->hands[server->hand[place]];

	CALL(__NR_waitid, P_PIDFD, U64(server->poll[place].fd), 0, WEXITED, 0);
	respond(hand->listener, hand->id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	*hand = (struct hand){ 0 };
	drop(server, place);
}

#endif
