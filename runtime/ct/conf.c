/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/ct/keyindex.h"

/* One line of the file; more than one where a quoted value holds line breaks. */
struct conf_line {
	char *text;          /* without the last line break */
	char *key, *value;   /* NULL in a comment or a blank line */
	size_t word, behind; /* where in text the value's word begins, and what follows it */
	bool again;          /* another line further down has this key */
};

struct conf {
	struct conf_line *line;
	size_t n;
	struct keyindex keys; /* the first line of each */
};

/* What is being read. */
struct scan {
	const char *at, *end;
	const char *what;
	unsigned int line;
};

static void line_done(struct conf_line *line)
{
	free(line->text);
	free(line->key);
	free(line->value);
}

struct conf *conf_new(void)
{
	return calloc(1, sizeof(struct conf));
}

void conf_free(struct conf *conf)
{
	for (size_t i = 0; i < conf->n; i++)
		line_done(&conf->line[i]);
	free(conf->line);
	keyindex_done(&conf->keys);
	free(conf);
}

/* ---- the index ---- */

static struct conf_line *find(const struct conf *conf, const char *key)
{
	size_t at;

	return keyindex_find(&conf->keys, key, &at) ? &conf->line[at] : NULL;
}

static int index_line(struct conf *conf, size_t i)
{
	const char *key = conf->line[i].key;
	struct conf_line *first = key ? find(conf, key) : NULL;

	if (first)
		first->again = true;
	return key && !first ? keyindex_add(&conf->keys, key, i) : 0;
}

/* Lines have gone: there is room for those that stay. */
static void index_anew(struct conf *conf)
{
	keyindex_clear(&conf->keys);
	for (size_t i = 0; i < conf->n; i++) {
		conf->line[i].again = false;
		index_line(conf, i);
	}
}

/* ---- reading ---- */

static bool is_name_char(char c, bool first)
{
	return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (!first && c >= '0' && c <= '9');
}

static size_t name_len(const char *text, const char *end)
{
	size_t len = 0;

	while (text + len < end && is_name_char(text[len], len == 0))
		len++;
	return len;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int scan_err(const struct scan *scan, unsigned int line, struct err *err, const char *text)
{
	return err_set(err, ERR_INPUT, "%s:%u: %s", scan->what, line, text);
}

static bool at_end(const struct scan *scan)
{
	return scan->at >= scan->end;
}

static void skip_blanks(struct scan *scan)
{
	while (!at_end(scan) && is_blank(*scan->at))
		scan->at++;
}

static void skip_to_line_end(struct scan *scan)
{
	while (!at_end(scan) && *scan->at != '\n')
		scan->at++;
}

/* 'text': nothing in it is special. */
static int scan_single(struct scan *scan, struct strbuf *value, struct err *err)
{
	unsigned int line = scan->line;

	for (scan->at++; !at_end(scan); scan->at++) {
		if (*scan->at == '\'') {
			scan->at++;
			return 0;
		}
		scan->line += *scan->at == '\n';
		strbuf_add_char(value, *scan->at);
	}
	return scan_err(scan, line, err, "the quote is not closed");
}

/* "text": a backslash counts before $ ` " \ and a line break only. */
static int scan_double(struct scan *scan, struct strbuf *value, struct err *err)
{
	unsigned int line = scan->line;

	for (scan->at++; !at_end(scan); scan->at++) {
		char c = *scan->at;

		if (c == '"') {
			scan->at++;
			return 0;
		}
		if (c == '\\' && scan->at + 1 < scan->end && strchr("$`\"\\\n", scan->at[1])) {
			c = *++scan->at;
			scan->line += c == '\n';
			if (c == '\n')
				continue;
		}
		scan->line += c == '\n';
		strbuf_add_char(value, c);
	}
	return scan_err(scan, line, err, "the quote is not closed");
}

static int scan_bare(struct scan *scan, struct strbuf *value, struct err *err)
{
	char c = *scan->at;

	if (c == '\r')
		return scan_err(scan, scan->line, err, "has a carriage return (a DOS text file?)");
	if (strchr("();&|<>`", c))
		return scan_err(scan, scan->line, err,
				"a value with such characters must stand in quotes");
	if (c == '\\') {
		if (++scan->at >= scan->end || *scan->at == '\n')
			return scan_err(scan, scan->line, err, "a line that ends in a backslash");
		c = *scan->at;
	}
	strbuf_add_char(value, c);
	scan->at++;
	return 0;
}

static int scan_word(struct scan *scan, struct strbuf *value, struct err *err)
{
	while (!at_end(scan) && *scan->at != '\n' && !is_blank(*scan->at)) {
		int rc;

		if (*scan->at == '"')
			rc = scan_double(scan, value, err);
		else if (*scan->at == '\'')
			rc = scan_single(scan, value, err);
		else
			rc = scan_bare(scan, value, err);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int scan_assignment(struct scan *scan, const char *start, struct conf_line *line,
			   struct err *err)
{
	auto_strbuf struct strbuf value = { 0 };
	size_t len;

	if (scan->end - scan->at > 7 && memcmp(scan->at, "export", 6) == 0 &&
	    is_blank(scan->at[6])) {
		scan->at += 6;
		skip_blanks(scan);
	}
	len = name_len(scan->at, scan->end);
	if (len == 0 || scan->at + len >= scan->end || scan->at[len] != '=')
		return scan_err(scan, scan->line, err, "is neither KEY=\"value\" nor a comment");
	line->key = strndup(scan->at, len);
	scan->at += len + 1;
	line->word = (size_t)(scan->at - start);
	if (scan_word(scan, &value, err) < 0)
		return -1;
	line->behind = (size_t)(scan->at - start);
	line->value = strbuf_steal(&value);
	skip_blanks(scan);
	if (!at_end(scan) && *scan->at != '\n' && *scan->at != '#')
		return scan_err(scan, scan->line, err, "more than one word behind the \"=\"");
	if (!line->key || !line->value)
		return err_sys(err, "read \"%s\"", scan->what);
	return 0;
}

static int scan_line(struct scan *scan, struct conf_line *line, struct err *err)
{
	const char *start = scan->at;

	skip_blanks(scan);
	if (!at_end(scan) && *scan->at != '#' && *scan->at != '\n' &&
	    scan_assignment(scan, start, line, err) < 0)
		return -1;
	skip_to_line_end(scan);
	line->text = strndup(start, (size_t)(scan->at - start));
	if (!line->text)
		return err_sys(err, "read \"%s\"", scan->what);
	scan->at++;
	scan->line++;
	return 0;
}

static void warn_if_twice(const struct conf *conf, const struct scan *scan)
{
	const struct conf_line *last = &conf->line[conf->n - 1];

	if (last->key && find(conf, last->key) != last)
		log_warning("%s:%u: %s is set before: the first one counts", scan->what,
			    scan->line - 1, last->key);
}

int conf_parse(const char *text, size_t len, const char *what, struct conf **ret, struct err *err)
{
	struct scan scan = { .at = text, .end = text + len, .what = what, .line = 1 };
	auto_conf struct conf *conf = conf_new();

	if (!conf)
		return err_sys(err, "read \"%s\"", what);
	if (memchr(text, '\0', len))
		return err_set(err, ERR_INPUT, "\"%s\" is no text: it has a zero byte", what);
	while (!at_end(&scan)) {
		struct conf_line *line = mem_append(&conf->line, &conf->n, sizeof(*line));

		if (!line)
			return err_sys(err, "read \"%s\"", what);
		if (scan_line(&scan, line, err) < 0)
			return -1;
		if (index_line(conf, conf->n - 1) < 0)
			return err_sys(err, "read \"%s\"", what);
		warn_if_twice(conf, &scan);
	}
	*ret = steal_ptr(&conf);
	return 0;
}

int conf_open(int dirfd, const char *path, const char *what, struct err *err)
{
	auto_fd int fd = openat(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "open \"%s\"", what);
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return err_sys(err, "open \"%s\"", what);
	}
	if (S_ISFIFO(st.st_mode))
		return err_set(err, ERR_INPUT, "\"%s\" is a fifo, not a file", what);
	return steal_fd(&fd);
}

int conf_load(const char *path, struct conf **ret, struct err *err)
{
	auto_fd int fd = conf_open(AT_FDCWD, path, path, err);
	auto_free char *text = NULL;
	size_t len;

	if (fd < 0 || fd_read_file(fd, path, CONF_MAX_BYTES, &text, &len, err) < 0)
		return -1;
	return conf_parse(text, len, path, ret, err);
}

const char *conf_get(const struct conf *conf, const char *key)
{
	const struct conf_line *line = find(conf, key);

	return line ? line->value : NULL;
}

bool conf_at(const struct conf *conf, size_t i, const char **ret_key, const char **ret_value)
{
	if (i >= conf->n)
		return false;
	*ret_key = conf->line[i].key;
	*ret_value = conf->line[i].value;
	return true;
}

/* Adds those of a that b has not, or otherwise; with lacking only what b has not at all. */
static int add_different(const struct conf *a, const struct conf *b, bool lacking, char ***keys)
{
	for (size_t i = 0; i < a->n; i++) {
		const char *key = a->line[i].key, *other = key ? conf_get(b, key) : NULL;
		bool same = other && (lacking || str_eq(other, a->line[i].value));

		if (key && !same && find(a, key) == &a->line[i] && strv_add(keys, key) < 0)
			return -1;
	}
	return 0;
}

int conf_diff(const struct conf *a, const struct conf *b, char ***ret, struct err *err)
{
	auto_strv char **keys = calloc(1, sizeof(*keys));

	if (!keys || add_different(b, a, false, &keys) < 0 || add_different(a, b, true, &keys) < 0)
		return err_sys(err, "compare two configurations");
	*ret = steal_ptr(&keys);
	return 0;
}

unsigned int conf_line_of(const struct conf *conf, const char *key)
{
	const struct conf_line *line = find(conf, key);
	unsigned int n = 1;

	if (!line)
		return 0;
	for (const struct conf_line *before = conf->line; before < line; before++, n++)
		for (const char *c = before->text; *c; c++)
			n += *c == '\n';
	return n;
}

/* ---- writing ---- */

/* "$VEID" is meant to be expanded by who sources the file; any other "$" is text. */
static bool is_veid(const char *at)
{
	return str_starts(at, "$VEID") && !is_name_char(at[5], false);
}

static void add_quoted(struct strbuf *sb, const char *value)
{
	strbuf_add_char(sb, '"');
	for (; *value; value++) {
		if (strchr("\"\\`", *value) || (*value == '$' && !is_veid(value)))
			strbuf_add_char(sb, '\\');
		strbuf_add_char(sb, *value);
	}
	strbuf_add_char(sb, '"');
}

/* The line with another value: what stands before and behind it stays. */
static int rewrite(struct conf_line *line, const char *value, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_free char *new_value = strdup(value);
	size_t behind;

	strbuf_add_mem(&text, line->text, line->word);
	add_quoted(&text, value);
	behind = text.len;
	strbuf_add(&text, line->text + line->behind);
	if (text.failed || !new_value)
		return err_set(err, ENOMEM, "set %s: out of memory", line->key);
	free(line->text);
	free(line->value);
	line->text = strbuf_steal(&text);
	line->value = steal_ptr(&new_value);
	line->behind = behind;
	return 0;
}

static int append(struct conf *conf, const char *key, const char *value, struct err *err)
{
	struct conf_line line = { .key = strdup(key), .value = strdup(""), .text = NULL };
	struct conf_line *slot;

	line.text = str_dupf("%s=", key);
	line.word = line.behind = strlen(key) + 1;
	slot = line.key && line.value && line.text && rewrite(&line, value, err) == 0 ?
		       mem_append(&conf->line, &conf->n, sizeof(*slot)) :
		       NULL;
	if (!slot) {
		line_done(&line);
		return err_set(err, ENOMEM, "set %s: out of memory", key);
	}
	*slot = line;
	if (index_line(conf, conf->n - 1) == 0)
		return 0;
	line_done(slot);
	conf->n--;
	return err_set(err, ENOMEM, "set %s: out of memory", key);
}

/* Removes the lines of a key from the index `from` on. */
static void remove_from(struct conf *conf, size_t from, const char *key)
{
	size_t kept = from;

	for (size_t i = from; i < conf->n; i++) {
		if (conf->line[i].key && str_eq(conf->line[i].key, key))
			line_done(&conf->line[i]);
		else
			conf->line[kept++] = conf->line[i];
	}
	/* mem_append takes the room to be the next power of two of n, which shrinks with n:
	 * then it only makes room that is there already. */
	conf->n = kept;
	index_anew(conf);
}

int conf_set(struct conf *conf, const char *key, const char *value, struct err *err)
{
	struct conf_line *line = find(conf, key);
	size_t len = name_len(key, key + strlen(key));

	if (len == 0 || key[len])
		return err_set(err, ERR_INPUT, "\"%s\" can't be a key of a configuration file",
			       key);
	if (strpbrk(value, "\n\r"))
		return err_set(err, ERR_INPUT, "the value for %s has a line break", key);
	if (!line)
		return append(conf, key, value, err);
	if (line->again)
		remove_from(conf, (size_t)(line - conf->line) + 1, key);
	if (str_eq(line->value, value))
		return 0;
	return rewrite(line, value, err);
}

void conf_unset(struct conf *conf, const char *key)
{
	if (find(conf, key))
		remove_from(conf, 0, key);
}

void conf_emit(const struct conf *conf, struct strbuf *sb)
{
	for (size_t i = 0; i < conf->n; i++) {
		strbuf_add(sb, conf->line[i].text);
		strbuf_add_char(sb, '\n');
	}
}

int conf_save(const struct conf *conf, const char *path, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	auto_free char *folder = slash ? strndup(path, (size_t)(name - path)) : strdup(".");
	auto_fd int dirfd = -1;
	struct stat st;
	mode_t mode = 0644;

	conf_emit(conf, &text);
	if (text.failed || !folder)
		return err_set(err, ENOMEM, "write \"%s\": out of memory", path);
	dirfd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return err_sys(err, "open \"%s\"", folder);
	if (fstatat(dirfd, name, &st, 0) == 0)
		mode = st.st_mode & 07777;
	return fd_replace_file(dirfd, name, text.text ? text.text : "", text.len, mode, 1, err);
}

struct conf *conf_copy(const struct conf *conf, const char *what, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	struct conf *ret = NULL;

	conf_emit(conf, &text);
	if (text.failed)
		err_set(err, ENOMEM, "%s: out of memory", what);
	else
		conf_parse(text.text ? text.text : "", text.len, what, &ret, err);
	return ret;
}
