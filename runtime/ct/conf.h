/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conf: OpenVZ's configuration files (vz.conf, CTID.conf, ve-*.conf-sample): lines of
 * KEY="value" that a shell can source. Not what the keys mean.
 *
 * A file is kept as its lines, so what is written back differs from what was read only where a
 * value was set: comments, unknown keys, order and quoting survive. Panels grep, source, append
 * to and rewrite these files themselves.
 *
 * Read: blank lines, comments, [export] KEY=VALUE with a shell word as the value (quotes of both
 * kinds, backslashes, line breaks within quotes). Nothing is expanded: $VEID stays as it is. Of
 * a key that appears twice the first line counts (as in OpenVZ), with a warning. Anything else
 * is an error that names file and line, since a shell would stumble there too.
 */
#ifndef RUNTIME_CT_CONF_H
#define RUNTIME_CT_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/base/err.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"

#define CONF_MAX_BYTES (1U << 20)

struct conf;

/* An empty one. NULL: ENOMEM. */
struct conf *conf_new(void);
void conf_free(struct conf *conf);
MEM_DEFINE_CLEANUP(struct conf, conf_free)
#define auto_conf __attribute__((cleanup(conf_freep)))

/* Parses len bytes; `what` names the file in errors: "/etc/vz/conf/101.conf:7: …" (ERR_INPUT). */
int conf_parse(const char *text, size_t len, const char *what, struct conf **ret, struct err *err);

/* Another with the same content; NULL with err. */
struct conf *conf_copy(const struct conf *conf, const char *what, struct err *err);

/* Opens the file at `path`, from dirfd, which `what` names in errors. ENOENT where there is none;
 * ERR_INPUT for what a read would wait at (a fifo), EISDIR. */
int conf_open(int dirfd, const char *path, const char *what, struct err *err);

/* Reads the file, as above. */
int conf_load(const char *path, struct conf **ret, struct err *err);

/* The value of a key, or NULL where it is not there. Valid until the key is set or unset. */
const char *conf_get(const struct conf *conf, const char *key);

/* The i-th line's key and value, both NULL in a comment. False behind the last. */
bool conf_at(const struct conf *conf, size_t i, const char **ret_key, const char **ret_value);

/* The keys whose value the two do not have in common, a list in fresh memory. ENOMEM. */
int conf_diff(const struct conf *a, const struct conf *b, char ***ret, struct err *err);

/* The number of the key's line in the file, 0 where it is not there. */
unsigned int conf_line_of(const struct conf *conf, const char *key);

/* Sets a key, where it stands or on a new last line. A value that is the same already leaves its
 * line as it is. Refused: a key that is no shell name, a value with a line break. What a shell
 * would expand is escaped, but for $VEID. */
int conf_set(struct conf *conf, const char *key, const char *value, struct err *err);

/* Removes every line of the key. */
void conf_unset(struct conf *conf, const char *key);

void conf_emit(const struct conf *conf, struct strbuf *sb);

/* Replaces the file by this content at once, through a power cut too; its mode stays, a new one
 * gets 0644. */
int conf_save(const struct conf *conf, const char *path, struct err *err);

#endif
