/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/unpack/acl.h"

#include <endian.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"

#define ACCOUNTS_MAX_BYTES (1U << 20)
#define ID_MAX 65535

/* ---- setting ---- */

static int compare(const void *a, const void *b)
{
	const struct tarball_acl *x = a, *y = b;

	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

int acl_set(int fd, bool is_default, struct tarball_acl *acl, size_t n, struct err *err)
{
	const char *name = is_default ? "system.posix_acl_default" : "system.posix_acl_access";
	struct {
		struct posix_acl_xattr_header head;
		struct posix_acl_xattr_entry entry[TARBALL_ACL_MAX];
	} value = { .head.a_version = htole32(POSIX_ACL_XATTR_VERSION) };

	if (n == 0)
		return 0;
	qsort(acl, n, sizeof(*acl), compare);
	for (size_t i = 0; i < n; i++) {
		value.entry[i].e_tag = htole16(acl[i].tag);
		value.entry[i].e_perm = htole16(acl[i].perm);
		value.entry[i].e_id = htole32(acl[i].id);
	}
	if (fsetxattr(fd, name, &value, sizeof(value.head) + n * sizeof(value.entry[0]), 0) < 0)
		return err_sys(err, "set its ACL");
	return 0;
}

/* ---- waiting ---- */

bool acl_has_names(const struct tarball_acl *acl, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (acl[i].name)
			return true;
	return false;
}

static void late_done(struct acl_late *late)
{
	for (size_t i = 0; late->acl && i < late->n; i++) {
		void *name = (void *)(uintptr_t)late->acl[i].name;

		free(name);
	}
	free(late->acl);
	free(late->path);
}

void acl_queue_done(struct acl_queue *queue)
{
	for (size_t i = 0; i < queue->n; i++)
		late_done(&queue->list[i]);
	free(queue->list);
	*queue = (struct acl_queue){ 0 };
}

int acl_defer(struct acl_queue *queue, const char *path, bool is_default,
	      const struct tarball_acl *acl, size_t n, struct err *err)
{
	struct acl_late *late = mem_append(&queue->list, &queue->n, sizeof(*late));

	if (!late)
		return err_sys(err, "keep its ACL");
	late->is_default = is_default;
	late->path = strdup(path);
	late->acl = calloc(n, sizeof(*acl));
	if (!late->path || !late->acl)
		return err_sys(err, "keep its ACL");
	late->n = n;
	for (size_t i = 0; i < n; i++) {
		late->acl[i] = acl[i];
		late->acl[i].name = acl[i].name ? strdup(acl[i].name) : NULL;
		if (acl[i].name && !late->acl[i].name)
			return err_sys(err, "keep its ACL");
	}
	return 0;
}

void acl_forget(struct acl_queue *queue, const char *path)
{
	size_t kept = 0;

	for (size_t i = 0; i < queue->n; i++) {
		if (str_eq(queue->list[i].path, path))
			late_done(&queue->list[i]);
		else
			queue->list[kept++] = queue->list[i];
	}
	queue->n = kept;
}

/* ---- names ---- */

/* A file of the tree, to read, following no link. By the fd alone: there is no /proc in the jail,
 * and what a tree has there is the archive's. */
static int open_in(int rootfd, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};

	return (int)syscall(SYS_openat2, rootfd, *path ? path : ".", &how, sizeof(how));
}

static bool is_kind(int fd, mode_t kind, mode_t or)
{
	struct stat st;

	return fstat(fd, &st) == 0 &&
	       ((st.st_mode & S_IFMT) == kind || (st.st_mode & S_IFMT) == or);
}

/* etc/passwd or etc/group; NULL where there is none. */
static char *load_accounts(int rootfd, const char *path)
{
	auto_fd int fd = open_in(rootfd, path);
	char *text = NULL;

	if (fd < 0 || !is_kind(fd, S_IFREG, S_IFREG) ||
	    fd_read_file(fd, path, ACCOUNTS_MAX_BYTES, &text, NULL, NULL) < 0)
		return NULL;
	return text;
}

/* The third field of the line "name:…:id:…". */
static bool find_id(const char *accounts, const char *name, uint32_t *ret)
{
	size_t len = strlen(name);

	for (const char *line = accounts; line && *line;) {
		const char *id = NULL, *end = strchrnul(line, '\n');
		auto_free char *digits = NULL;
		uint64_t number;

		if (strncmp(line, name, len) == 0 && line[len] == ':')
			id = strchr(line + len + 1, ':');
		if (id && id < end) {
			digits = strndup(id + 1, strcspn(id + 1, ":\n"));
			if (digits && num_parse_u(digits, "", ID_MAX, &number, NULL) == 0)
				return *ret = (uint32_t)number, true;
		}
		line = *end ? end + 1 : NULL;
	}
	return false;
}

static int resolve(struct acl_late *late, const char *users, const char *groups, struct err *err)
{
	for (size_t i = 0; i < late->n; i++) {
		struct tarball_acl *entry = &late->acl[i];
		const char *accounts = entry->tag == ACL_USER ? users : groups;

		if (entry->name && (!accounts || !find_id(accounts, entry->name, &entry->id)))
			return err_set(err, ERR_INPUT,
				       "its ACL names \"%.32s\", which is not in etc/%s",
				       entry->name, entry->tag == ACL_USER ? "passwd" : "group");
	}
	return 0;
}

int acl_set_late(const struct acl_queue *queue, int rootfd, struct err *err)
{
	auto_free char *users = NULL, *groups = NULL;

	if (queue->n == 0)
		return 0;
	users = load_accounts(rootfd, "etc/passwd");
	groups = load_accounts(rootfd, "etc/group");
	for (size_t i = 0; i < queue->n; i++) {
		struct acl_late *late = &queue->list[i];
		auto_fd int fd = open_in(rootfd, late->path);
		char shown[STR_SHOW_SIZE];

		if (fd < 0 || !is_kind(fd, S_IFREG, S_IFDIR))
			return err_set(err, ERR_INPUT, "set the ACL of %s: it is gone",
				       str_show(shown, late->path));
		if (resolve(late, users, groups, err) < 0 ||
		    acl_set(fd, late->is_default, late->acl, late->n, err) < 0)
			return err_wrap(err, "member %s", str_show(shown, late->path));
	}
	return 0;
}
