/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mknod_request: what a seccomp notification of mknod(2) or mknodat(2) asks for. Pure, and without
 * libc: for the tiny program of sysinfo.h, and for its test.
 *
 * Sources: mknod(2), linux/kdev_t.h (new_decode_dev), the system call tables of x86 and arm.
 */
#ifndef RUNTIME_KERNEL_MKNOD_REQUEST_H
#define RUNTIME_KERNEL_MKNOD_REQUEST_H

#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MKNOD_AT_FDCWD (-100)
#define MKNOD_TYPE 0170000U
#define MKNOD_CHAR 0020000U
#define MKNOD_BLOCK 0060000U

/* Where the container has a node of each device that it may use, by number (ct/device.h). */
#define MKNOD_NODES "/dev/.vzrun/nodes/"
#define MKNOD_NAME_SIZE 64

struct mknod_request {
	int dirfd;     /* or MKNOD_AT_FDCWD */
	uint64_t path; /* an address of the caller's */
	uint32_t mode, major, minor;
};

#if defined(__x86_64__)
#define MKNOD_ARCH_32 AUDIT_ARCH_I386
#define MKNODAT_32 297
#define MKNOD_X32_BIT 0x40000000
#else
#define MKNOD_ARCH_32 AUDIT_ARCH_ARM
#define MKNODAT_32 324
#define MKNOD_X32_BIT 0
#endif
#define MKNOD_32 14

/* Is it one of the two, by whichever convention? at: it has a dirfd. */
static inline bool mknod_call(const struct seccomp_data *data, bool *at)
{
	int nr = data->nr & ~MKNOD_X32_BIT;

	if (data->arch == MKNOD_ARCH_32) {
		*at = data->nr == MKNODAT_32;
		return *at || data->nr == MKNOD_32;
	}
	*at = nr == __NR_mknodat;
#ifdef __NR_mknod
	return *at || nr == __NR_mknod;
#else
	return *at;
#endif
}

/* False: it is neither of the two, or is about no device. */
static inline bool mknod_parse(const struct seccomp_data *data, struct mknod_request *ret)
{
	uint32_t dev, type;
	size_t arg;
	bool at;

	if (!mknod_call(data, &at))
		return false;
	arg = at ? 1 : 0;
	ret->dirfd = at ? (int)data->args[0] : MKNOD_AT_FDCWD;
	ret->path = data->args[arg];
	if (data->arch == MKNOD_ARCH_32)
		ret->path &= UINT32_MAX;
	ret->mode = (uint32_t)data->args[arg + 1] & (MKNOD_TYPE | 07777);
	dev = (uint32_t)data->args[arg + 2];
	ret->major = (dev & 0xfff00) >> 8;
	ret->minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);
	type = ret->mode & MKNOD_TYPE;
	return type == MKNOD_CHAR || type == MKNOD_BLOCK;
}

static inline size_t mknod_add_number(char *text, size_t at, uint32_t number)
{
	char digits[10];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	while (n > 0)
		text[at++] = digits[--n];
	return at;
}

/* MKNOD_NODES "c10:200" */
static inline void mknod_name(const struct mknod_request *request, char text[MKNOD_NAME_SIZE])
{
	static const char nodes[] = MKNOD_NODES;
	size_t at = 0;

	while (nodes[at]) {
		text[at] = nodes[at];
		at++;
	}
	text[at++] = (request->mode & MKNOD_TYPE) == MKNOD_BLOCK ? 'b' : 'c';
	at = mknod_add_number(text, at, request->major);
	text[at++] = ':';
	text[mknod_add_number(text, at, request->minor)] = '\0';
}

/* Where the last component of a path begins; *ret_folder: how much of what is before it is the
 * path of a folder ("/a/b" → 3, 2; "b" → 0, 0; "/b" → 1, 1). False: it names no file that could be
 * made (it ends in "/", "." or ".."). */
static inline bool mknod_split(const char *path, size_t *ret_name, size_t *ret_folder)
{
	size_t len = 0, name, folder;

	while (path[len])
		len++;
	name = len;
	while (name > 0 && path[name - 1] != '/')
		name--;
	if (name == len ||
	    (path[name] == '.' && (len == name + 1 || (path[name + 1] == '.' && len == name + 2))))
		return false;
	folder = name;
	while (folder > 1 && path[folder - 1] == '/')
		folder--;
	*ret_name = name;
	*ret_folder = folder;
	return true;
}

/* The number behind a key of /proc/PID/status, in that base; false: it is not there. */
static inline bool mknod_field(const char *text, const char *key, unsigned int base, uint64_t *ret)
{
	uint64_t number = 0;
	size_t n = 0, digits = 0;

	for (; *text; text++) {
		for (n = 0; key[n] && text[n] == key[n];)
			n++;
		if (!key[n])
			break;
	}
	if (!*text)
		return false;
	for (text += n; *text == ' ' || *text == '\t';)
		text++;
	for (;; text++, digits++) {
		unsigned int digit =
			*text >= '0' && *text <= '9' ? (unsigned int)(*text - '0') :
			*text >= 'a' && *text <= 'f' ? (unsigned int)(*text - 'a') + 10 :
						       base;

		if (digit >= base)
			break;
		number = number * base + digit;
	}
	*ret = number;
	return digits > 0;
}

#endif
