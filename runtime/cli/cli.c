/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/cli.h"

#include <limits.h>
#include <string.h>

#include "runtime/base/str.h"
#include "runtime/cli/suggest.h"

/* One option as it stands in argv. */
struct word {
	const char *text;  /* as written */
	const char *name;  /* without dashes */
	size_t name_len;   /* up to "=" */
	const char *value; /* behind "=", or NULL */
};

struct found {
	const struct cli_option *row;
	unsigned int table;
};

static struct found find_name(const struct cli_scan *scan, const char *name, size_t len)
{
	for (unsigned int t = 0; t < ARRAY_SIZE(scan->options); t++) {
		const struct cli_options *options = scan->options[t];

		for (unsigned int i = 0; options && i < options->n; i++) {
			const struct cli_option *row = &options->rows[i];

			if (strlen(row->name) == len && memcmp(row->name, name, len) == 0)
				return (struct found){ row, t };
		}
	}
	return (struct found){ NULL, 0 };
}

static struct found find_letter(const struct cli_scan *scan, char letter)
{
	for (unsigned int t = 0; t < ARRAY_SIZE(scan->options); t++) {
		const struct cli_options *options = scan->options[t];

		for (unsigned int i = 0; options && i < options->n; i++)
			if (options->rows[i].letter == letter)
				return (struct found){ &options->rows[i], t };
	}
	return (struct found){ NULL, 0 };
}

static bool is_global(const struct word *w)
{
	struct cli_scan globals = { .options = { &cli_global_options } };

	return find_name(&globals, w->name, w->name_len).row;
}

static int unknown(const struct cli_scan *scan, const struct word *w, struct err *err)
{
	struct suggest near;

	suggest_init(&near, w->name, w->name_len);
	for (unsigned int t = 0; t < ARRAY_SIZE(scan->options); t++) {
		const struct cli_options *options = scan->options[t];

		for (unsigned int i = 0; options && i < options->n; i++)
			suggest_offer(&near, options->rows[i].name);
	}
	err_set(err, ERR_USAGE, "unknown option \"%.64s\"", w->text);
	if (scan->options[0] != &cli_global_options && is_global(w))
		return err_hint(err, "it goes before the command");
	return near.best ? err_hint(err, "did you mean --%s?", near.best) : -1;
}

static int parse_flag(const char *what, const char *text, bool *at, struct err *err)
{
	/* What Go's strconv.ParseBool takes. */
	static const char words[][6] = { "1", "t", "T", "true",  "TRUE",  "True",
					 "0", "f", "F", "false", "FALSE", "False" };

	if (!text) {
		*at = true;
		return 0;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
		if (str_eq(text, words[i])) {
			*at = i < ARRAY_SIZE(words) / 2;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE, "%s: \"%.32s\" is neither true nor false", what, text);
}

static int parse_choice(const char *what, const char *text, const char *words, unsigned int *at,
			struct err *err)
{
	size_t len = strlen(text);
	const char *word = words;

	for (unsigned int i = 0;; i++) {
		size_t n = strcspn(word, "|");

		if (n == len && memcmp(word, text, len) == 0) {
			*at = i;
			return 0;
		}
		if (!word[n])
			break;
		word += n + 1;
	}
	return err_set(err, ERR_USAGE, "%s: \"%.32s\" is none of %s", what, text, words);
}

static int parse_count(const char *what, const char *text, unsigned int *at, struct err *err)
{
	uint64_t v;

	if (num_parse_u(text, what, INT_MAX, &v, err) < 0)
		return -1;
	*at = (unsigned int)v;
	return 0;
}

static int parse_size(const char *what, const char *text, struct spec_i64 *at, struct err *err)
{
	uint64_t v;

	if (str_eq(text, "-1")) {
		*at = (struct spec_i64){ true, -1 };
		return 0;
	}
	if (num_parse_size(text, what, &v, err) < 0)
		return -1;
	if (v > INT64_MAX)
		return err_set(err, ERR_INPUT, "%s: %.64s is too large", what, text);
	*at = (struct spec_i64){ true, (int64_t)v };
	return 0;
}

static int add_to_list(char ***list, const char *text, struct err *err)
{
	size_t n = 0;
	char **bigger;

	while (*list && (*list)[n])
		n++;
	bigger = realloc(*list, (n + 2) * sizeof(*bigger));
	if (!bigger)
		return err_sys(err, "read the command line");
	/* argv's strings are char *, as are those of an environment, which this may become. */
	memcpy(&bigger[n], &text, sizeof(text));
	bigger[n + 1] = NULL;
	*list = bigger;
	return 0;
}

static int parse_value(const struct cli_option *row, const char *text, void *at, struct err *err)
{
	char what[sizeof(row->name) + 3] = "--";

	strcpy(what + 2, row->name);
	switch ((enum cli_kind)row->kind) {
	case CLI_FLAG:
		return parse_flag(what, text, at, err);
	case CLI_TEXT:
		if (!*text && (row->flags & CLI_NOT_EMPTY))
			return err_set(err, ERR_USAGE, "%s is empty (%s)", what, row->arg);
		*(const char **)at = *text ? text : NULL;
		return 0;
	case CLI_LIST:
		return add_to_list(at, text, err);
	case CLI_PAIRS:
		return add_to_list(at, row->name, err) < 0 ? -1 : add_to_list(at, text, err);
	case CLI_CHOICE:
		return parse_choice(what, text, row->arg, at, err);
	case CLI_COUNT:
		return parse_count(what, text, at, err);
	case CLI_I64:
		((struct spec_i64 *)at)->given = true;
		return num_parse(text, what, INT64_MIN, INT64_MAX, &((struct spec_i64 *)at)->value,
				 err);
	case CLI_U64:
		((struct spec_u64 *)at)->given = true;
		return num_parse_u(text, what, UINT64_MAX, &((struct spec_u64 *)at)->value, err);
	case CLI_SIZE:
		return parse_size(what, text, at, err);
	}
	return -1;
}

static int store(struct cli_scan *scan, struct found f, const char *text, struct err *err)
{
	char unused[sizeof(struct spec_i64)];

	scan->given[f.table]++;
	/* What has no effect is checked all the same; a text needs no check. */
	if ((f.row->flags & CLI_NO_EFFECT) && f.row->kind != CLI_PAIRS) {
		if (f.row->kind == CLI_TEXT || f.row->kind == CLI_LIST)
			return 0;
		return parse_value(f.row, text, unused, err);
	}
	return parse_value(f.row, text, (char *)scan->into[f.table] + f.row->offset, err);
}

/* The value of an option that takes one: behind "=", or the next argument (*used is set). */
static int store_with_value(struct cli_scan *scan, struct found f, const char *value,
			    const char *next, bool *used, struct err *err)
{
	if (!value && f.row->kind != CLI_FLAG) {
		if (!next)
			return err_set(err, ERR_USAGE, "--%s needs a value (%s)", f.row->name,
				       f.row->arg);
		value = next;
		*used = true;
	}
	return store(scan, f, value, err);
}

/* -t, -dt, -b DIR, -bDIR, -b=DIR */
static int scan_letters(struct cli_scan *scan, const struct word *w, const char *next, bool *used,
			struct err *err)
{
	for (const char *at = w->name; *at; at++) {
		struct found f = find_letter(scan, *at);

		if (!f.row && *at == 'h') {
			scan->help = true;
			continue;
		}
		if (!f.row)
			return unknown(scan, w, err);
		if (f.row->kind == CLI_FLAG && at[1] != '=') {
			if (store(scan, f, NULL, err) < 0)
				return -1;
			continue;
		}
		at += at[1] == '=' ? 2 : 1;
		return store_with_value(scan, f, *at || at[-1] == '=' ? at : NULL, next, used, err);
	}
	return 0;
}

static int scan_word(struct cli_scan *scan, const char *text, const char *next, bool *used,
		     struct err *err)
{
	struct word w = { .text = text, .name = text + 1 };
	bool one_dash = text[1] != '-';
	struct found f;

	if (!one_dash)
		w.name++;
	w.name_len = strcspn(w.name, "=");
	w.value = w.name[w.name_len] ? w.name + w.name_len + 1 : NULL;
	if (w.name_len > 1) {
		f = find_name(scan, w.name, w.name_len);
		if (f.row)
			return store_with_value(scan, f, w.value, next, used, err);
		if (w.name_len == 4 && memcmp(w.name, "help", 4) == 0) {
			scan->help = true;
			return 0;
		}
	}
	return one_dash ? scan_letters(scan, &w, next, used, err) : unknown(scan, &w, err);
}

int cli_scan_args(struct cli_scan *scan, int argc, char **argv, bool in_order, int *ret_n,
		  struct err *err)
{
	int n = 0, i = 0;

	while (i < argc) {
		char *text = argv[i++];
		bool used = false;

		if (str_eq(text, "--"))
			break;
		if (text[0] != '-' || text[1] == '\0') {
			argv[n++] = text;
			if (in_order)
				break;
			continue;
		}
		if (scan_word(scan, text, i < argc ? argv[i] : NULL, &used, err) < 0)
			return -1;
		i += used;
	}
	while (i < argc)
		argv[n++] = argv[i++];
	argv[n] = NULL;
	*ret_n = n;
	return 0;
}

void cli_options_done(const struct cli_options *options, void *values)
{
	for (unsigned int i = 0; options && i < options->n; i++) {
		const struct cli_option *row = &options->rows[i];
		bool list = row->kind == CLI_LIST && !(row->flags & CLI_NO_EFFECT);

		if (list || row->kind == CLI_PAIRS) {
			void *at = (char *)values + row->offset;

			mem_free_ptr(at);
			*(char ***)at = NULL; /* rows may share it */
		}
	}
}

const struct cli_command *cli_command_find(const char *name)
{
	for (const struct cli_command *c = cli_commands; c->name; c++)
		if (str_eq(c->name, name))
			return c;
	return NULL;
}
