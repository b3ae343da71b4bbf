/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * err: one error, filled in where it happens and printed by main.
 *
 * A function that can fail takes a `struct err *` last, returns 0 or -1, and fills the error
 * only when it returns -1. The object has a fixed size and needs no memory, so it works after
 * fork and when memory is short, and is sent as it is from a child to its parent.
 *
 * Text: lower case, the action tried, the object in quotes, the kernel's answer, a hint in ()
 * where there is one: mount "/proc": Permission denied (is the host's /proc over-mounted?)
 */
#ifndef RUNTIME_BASE_ERR_H
#define RUNTIME_BASE_ERR_H

#include <stdarg.h>

#define ERR_MSG_SIZE 508

/* Codes above errno's range name faults that are not the kernel's. */
enum err_code {
	ERR_NONE = 0,
	ERR_FAILED = 1000, /* anything with no finer code */
	ERR_USAGE,         /* the command line is wrong */
	ERR_INPUT,         /* a file or document given to us is wrong */
	ERR_NOT_FOUND,     /* no such container */
	ERR_EXISTS,        /* the id is taken */
	ERR_STATE,         /* the container is not in a state that allows this */
	ERR_UNSUPPORTED,   /* this kernel or build can't do it */
	ERR_NO_PROGRAM,    /* the program to run does not exist or can't be executed */
	ERR_BUSY,          /* another verb holds it */
};

struct err {
	int code; /* an errno value or an enum err_code */
	char msg[ERR_MSG_SIZE];
};

/* Each fills *err (which may be NULL) and returns -1, so that callers write
 * `return err_set(err, …)`. A text that does not fit is cut, control characters in it become
 * "?". */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As err_set with errno as the code and ": <strerror>" behind the text. */
int err_sys(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "<text>: " before the message that is there. The code stays. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts " (<text>)" behind the message that is there. The code stays. */
int err_hint(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
