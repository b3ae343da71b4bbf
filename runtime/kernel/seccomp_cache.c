/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/seccomp_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/mem.h"
#include "runtime/base/path.h"

/* Counts up whenever seccomp_compile makes another program of the same section. */
#define COMPILER_VERSION 1

#define MAGIC "vzscmp1\n"

/* A file: this, the program, the key. */
struct head {
	char magic[8];
	uint64_t sum; /* of all that follows */
	uint32_t insns;
	uint32_t key_bytes;
};

#define NAME_SIZE (16 + 1)

/* For finding damage and for names only. Each step is a bijection of the sum, so no single
 * changed word can go unseen. */
static uint64_t hash(const void *data, size_t len)
{
	const unsigned char *at = data;
	uint64_t sum = len;

	while (len > 0) {
		size_t n = len < sizeof(uint64_t) ? len : sizeof(uint64_t);
		uint64_t word = 0;

		memcpy(&word, at, n);
		sum = (sum ^ word) * 0x9e3779b97f4a7c15U;
		sum ^= sum >> 29;
		at += n;
		len -= n;
	}
	return sum;
}

/* ---- the key ---- */

static void put_number(struct strbuf *key, uint64_t number)
{
	strbuf_add_mem(key, &number, sizeof(number));
}

static void put_text(struct strbuf *key, const char *text)
{
	strbuf_add_mem(key, text, strlen(text) + 1);
}

static void put_list(struct strbuf *key, char *const *list)
{
	for (; list && *list; list++)
		put_text(key, *list);
	put_text(key, "");
}

static void put_optional(struct strbuf *key, const struct spec_u64 *number)
{
	put_number(key, number->given);
	put_number(key, number->value);
}

static void put_rule(struct strbuf *key, const struct spec_seccomp_rule *rule)
{
	put_number(key, rule->action);
	put_optional(key, &rule->errno_ret);
	put_number(key, rule->args_n);
	for (size_t i = 0; i < rule->args_n; i++) {
		put_number(key, rule->args[i].index);
		put_number(key, rule->args[i].value);
		put_number(key, rule->args[i].value_two);
		put_number(key, (uint64_t)rule->args[i].op);
	}
	put_list(key, rule->names);
}

void seccomp_cache_key(const struct spec_seccomp *sec, struct strbuf *key)
{
	const struct scmp_version *library = seccomp_version();
	struct utsname host = { 0 };

	uname(&host);
	put_text(key, host.release);
	put_text(key, host.machine);
	put_number(key, COMPILER_VERSION);
	put_number(key, library->major);
	put_number(key, library->minor);
	put_number(key, library->micro);
	put_number(key, sec->default_action);
	put_optional(key, &sec->default_errno_ret);
	put_list(key, sec->architectures);
	put_number(key, sec->rules_n);
	for (size_t i = 0; i < sec->rules_n; i++)
		put_rule(key, &sec->rules[i]);
}

/* ---- reading ---- */

static char *entry_path(const char *dir, const struct strbuf *key)
{
	return str_dupf("%s/%016" PRIx64, dir, hash(key->text, key->len));
}

/* Could nobody but us have written it? */
static bool ours(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* The whole file in fresh memory, or NULL. */
static struct head *read_entry(int fd, size_t *ret_len)
{
	auto_free struct head *head = NULL;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !ours(&st) ||
	    st.st_size < (off_t)sizeof(*head) || st.st_size > SECCOMP_CACHE_ENTRY_BYTES)
		return NULL;
	*ret_len = (size_t)st.st_size;
	head = malloc(*ret_len);
	if (!head || fd_read_all(fd, head, *ret_len) != (ssize_t)*ret_len)
		return NULL;
	return steal_ptr(&head);
}

static bool matches(const struct head *head, size_t len, const struct strbuf *key)
{
	const char *program = (const char *)(head + 1);
	size_t program_bytes = head->insns * sizeof(struct sock_filter);

	return memcmp(head->magic, MAGIC, sizeof(head->magic)) == 0 && head->insns > 0 &&
	       head->insns <= BPF_MAXINSNS && head->key_bytes == key->len &&
	       len == sizeof(*head) + program_bytes + key->len &&
	       memcmp(program + program_bytes, key->text, key->len) == 0 &&
	       hash(program, len - sizeof(*head)) == head->sum;
}

bool seccomp_cache_load(const char *dir, const struct strbuf *key, void **ret_memory,
			struct sock_filter **ret, unsigned short *ret_len)
{
	auto_free char *path = entry_path(dir, key);
	auto_free struct head *head = NULL;
	auto_fd int fd = -1;
	size_t len = 0;

	if (!path || key->failed)
		return false;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	head = read_entry(fd, &len);
	if (!head || !matches(head, len, key)) {
		log_debug("dropping the damaged cache entry \"%s\"", path);
		unlink(path);
		return false;
	}
	*ret = (struct sock_filter *)(head + 1);
	*ret_len = (unsigned short)head->insns;
	*ret_memory = steal_ptr(&head);
	return true;
}

/* ---- writing ---- */

static int open_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENOENT && path_mkdirs(dir, 0700, NULL) == 0)
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !ours(&st))) {
		log_debug("the cache folder \"%s\" is not ours alone, not using it", dir);
		fd_closep(&fd);
	}
	return fd;
}

/* The entry that was not read for the longest time (as far as the mount keeps atime); how many
 * there are. Half-written ones of killed verbs count and go like the rest. */
static size_t find_oldest(int dirfd, char ret_name[NAME_MAX + 1])
{
	int again = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir DIR *dir = again < 0 ? NULL : fdopendir(again);
	time_t oldest = 0;
	struct dirent *entry;
	struct stat st;
	size_t n = 0;

	if (!dir)
		fd_closep(&again);
	while (dir && (entry = readdir(dir))) {
		if (fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    S_ISDIR(st.st_mode))
			continue;
		if (n++ > 0 && st.st_atime >= oldest)
			continue;
		oldest = st.st_atime;
		snprintf(ret_name, NAME_MAX + 1, "%s", entry->d_name);
	}
	return n;
}

static void make_room(int dirfd)
{
	char oldest[NAME_MAX + 1];

	while (find_oldest(dirfd, oldest) >= SECCOMP_CACHE_ENTRIES)
		if (unlinkat(dirfd, oldest, 0) < 0)
			return;
}

/* A temporary name of its own, since no lock is held, then rename. Not synced: what a power cut
 * leaves is found damaged. */
static int write_entry(int dirfd, const char *name, struct iovec *parts, int n)
{
	char tmp[NAME_SIZE + 16];
	auto_fd int fd = -1;
	size_t len = 0;

	snprintf(tmp, sizeof(tmp), "%s.%d", name, getpid());
	unlinkat(dirfd, tmp, 0);
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	for (int i = 0; i < n; i++)
		len += parts[i].iov_len;
	if (writev(fd, parts, n) == (ssize_t)len && renameat(dirfd, tmp, dirfd, name) == 0)
		return 0;
	unlinkat(dirfd, tmp, 0);
	return -1;
}

static uint64_t sum_of(const struct sock_filter *filter, unsigned short len,
		       const struct strbuf *key)
{
	struct strbuf all = { 0 };
	uint64_t sum;

	strbuf_add_mem(&all, filter, len * sizeof(*filter));
	strbuf_add_mem(&all, key->text, key->len);
	sum = hash(all.text, all.len);
	strbuf_done(&all);
	return sum;
}

void seccomp_cache_store(const char *dir, const struct strbuf *key,
			 const struct sock_filter *filter, unsigned short len)
{
	struct head head = { .magic = MAGIC, .insns = len, .key_bytes = (uint32_t)key->len };
	struct iovec parts[] = {
		{ &head, sizeof(head) },
		{ (void *)(uintptr_t)filter, len * sizeof(*filter) },
		{ key->text, key->len },
	};
	auto_fd int dirfd = -1;
	char name[NAME_SIZE];

	if (key->failed || key->len > SECCOMP_CACHE_ENTRY_BYTES - sizeof(head) - parts[1].iov_len)
		return;
	dirfd = open_dir(dir);
	if (dirfd < 0)
		return;
	make_room(dirfd);
	head.sum = sum_of(filter, len, key);
	snprintf(name, sizeof(name), "%016" PRIx64, hash(key->text, key->len));
	if (write_entry(dirfd, name, parts, (int)ARRAY_SIZE(parts)) < 0)
		log_debug("write \"%s/%s\": %s, ignoring", dir, name, strerror(errno));
}
