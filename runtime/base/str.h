/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * str: text that grows, lists of strings, and the one number parser.
 */
#ifndef RUNTIME_BASE_STR_H
#define RUNTIME_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"
#include "runtime/base/mem.h"

/* A growing text, always NUL-terminated once something was added. An allocation that fails
 * sets `failed`, and what is added after it is dropped: check once, at the end. */
struct strbuf {
	char *text;
	size_t len, room;
	bool failed;
};

void strbuf_done(struct strbuf *sb);
#define auto_strbuf __attribute__((cleanup(strbuf_done)))

void strbuf_add(struct strbuf *sb, const char *text);
void strbuf_add_mem(struct strbuf *sb, const void *data, size_t len);
void strbuf_add_char(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The text as the caller's own ("" where nothing was added), or NULL with ENOMEM if adding
 * failed. The buffer is empty afterwards. */
char *strbuf_steal(struct strbuf *sb);

/* asprintf that returns the text or NULL (ENOMEM). */
char *str_dupf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static inline bool str_eq(const char *a, const char *b)
{
	return __builtin_strcmp(a, b) == 0;
}

bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);

/* The text for an error message: in double quotes, on one line (control characters are
 * escaped), cut with "..." where it is long. Returns buf. */
#define STR_SHOW_SIZE 96
const char *str_show(char buf[STR_SHOW_SIZE], const char *text);

/* Text of a container's for the terminal: UTF-8 passes; each byte that is none, and each control
 * character (C0, DEL, C1), which a terminal might obey, becomes "?". */
struct strbuf;
void str_add_clean(struct strbuf *sb, const char *text, size_t len);

/* A NULL-terminated list of strings, owned. */
void strv_free(char **v);
MEM_DEFINE_CLEANUP(char *, strv_free)
#define auto_strv __attribute__((cleanup(strv_freep)))
size_t strv_len(char *const *v);
/* Appends a copy. *v may be NULL. 0 or -1 (ENOMEM). */
int strv_add(char ***v, const char *text);
/* Splits at any of the characters of `seps`, dropping empty parts. NULL: ENOMEM. */
char **strv_split(const char *text, const char *seps);

/* The whole text as a decimal number in [min, max]. `what` names it in the error
 * ("--pid-file", "config.json: a.b"). */
int num_parse(const char *text, const char *what, int64_t min, int64_t max, int64_t *ret,
	      struct err *err);
int num_parse_u(const char *text, const char *what, uint64_t max, uint64_t *ret, struct err *err);

/* A size in bytes with an optional suffix K, M, G, T, P (powers of 1024, either case, an
 * optional B or iB behind it). Whole text; overflow is an error. */
int num_parse_size(const char *text, const char *what, uint64_t *ret_bytes, struct err *err);

#endif
