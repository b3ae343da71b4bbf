/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/limit_value.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/log.h"
#include "runtime/base/mem.h"
#include "runtime/spec/spec.h"

#define UNLIMITED "unlimited"

static int64_t page_bytes(void)
{
	return sysconf(_SC_PAGESIZE);
}

int64_t limit_pages_to_bytes(int64_t pages)
{
	return pages > LIMIT_UNLIMITED / page_bytes() ? LIMIT_UNLIMITED : pages * page_bytes();
}

static int bad(const char *text, const char *what, const char *form, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	return err_set(err, ERR_INPUT, "%s: %s is not %s", what, str_show(shown, text), form);
}

/* ---- numbers with suffixes ---- */

/* What is above LONG_MAX counts as that (ubc.h), which is not what was asked for. */
static void warn_of_truncation(const char *text, const char *what, const struct limit_range *range)
{
	static const char most[] = "9223372036854775807";
	const char *limit = strchr(text, ':');
	const char *const parts[] = { text, limit ? limit + 1 : text };
	const int64_t values[] = { range->barrier, range->limit };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (values[i] != LIMIT_UNLIMITED || str_starts(parts[i], UNLIMITED) ||
		    str_starts(parts[i], most))
			continue;
		log_warning("%s: \"%.40s\" is above LONG_MAX and truncated to that", what, text);
		return;
	}
}

int limit_parse_range(const char *text, const char *what, enum ubc_unit unit,
		      struct limit_range *ret, struct err *err)
{
	struct ubc_limits parsed;

	if (!ubc_parse(text, unit, &parsed))
		return bad(text, what,
			   unit == UBC_ITEMS ?
				   "of the form NUMBER[:NUMBER]" :
				   "of the form SIZE[:SIZE] (suffixes: T, G, M, K, B, P)",
			   err);
	*ret = (struct limit_range){ true, (int64_t)parsed.barrier, (int64_t)parsed.limit };
	warn_of_truncation(text, what, ret);
	return 0;
}

/* One size, in bytes. */
static int parse_size(const char *text, const char *what, int64_t *ret, struct err *err)
{
	struct limit_range range;

	if (strchr(text, ':'))
		return bad(text, what, "one size", err);
	if (limit_parse_range(text, what, UBC_BYTES, &range, err) < 0)
		return -1;
	*ret = range.limit;
	return 0;
}

static void emit_number(int64_t value, struct strbuf *sb)
{
	if (value == LIMIT_UNLIMITED)
		strbuf_add(sb, UNLIMITED);
	else
		strbuf_addf(sb, "%" PRId64, value);
}

void limit_emit_range(const struct limit_range *range, struct strbuf *sb)
{
	emit_number(range->barrier, sb);
	if (range->barrier == range->limit)
		return;
	strbuf_add_char(sb, ':');
	emit_number(range->limit, sb);
}

int limit_parse_memory(const char *text, const char *what, int64_t *ret_pages, struct err *err)
{
	int64_t bytes;

	if (parse_size(text, what, &bytes, err) < 0)
		return -1;
	*ret_pages = bytes == LIMIT_UNLIMITED ? bytes :
						bytes / page_bytes() + (bytes % page_bytes() > 0);
	return 0;
}

/* ---- CPUs ---- */

int limit_parse_cpulimit(const char *text, const char *what, unsigned int cpus, int64_t *ret,
			 struct err *err)
{
	auto_free char *number = strdup(text);
	size_t len = strlen(text);
	bool of_node = len > 0 && text[len - 1] == '%';
	int64_t value;

	if (!number)
		return err_sys(err, "%s", what);
	if (of_node)
		number[len - 1] = '\0';
	if (num_parse(number, what, 0, of_node ? 100 : INT_MAX, &value, err) < 0)
		return -1;
	*ret = of_node ? value * cpus : value;
	return 0;
}

int limit_check_mask(const char *text, const char *what, unsigned int max, bool may_be_auto,
		     struct err *err)
{
	if (str_eq(text, "all") || (may_be_auto && str_eq(text, "auto")))
		return 0;
	if (spec_parse_list(text, NULL, max, err) < 0)
		return err_wrap(err, "%s", what);
	return 0;
}

/* ---- disks ---- */

int limit_parse_iolimit(const char *text, const char *what, int64_t unit, int64_t *ret,
			struct err *err)
{
	size_t len = strlen(text);
	int64_t bytes;

	if (str_eq(text, UNLIMITED)) {
		*ret = 0;
		return 0;
	}
	if (parse_size(text, what, &bytes, err) < 0)
		return -1;
	if (isdigit((unsigned char)text[len - 1]))
		bytes = bytes > INT_MAX ? bytes : bytes * unit;
	if (bytes > INT_MAX)
		log_warning("%s: \"%.40s\" is more than 2 GiB a second and truncated to that", what,
			    text);
	*ret = bytes > INT_MAX ? INT_MAX : bytes;
	return 0;
}

int limit_parse_iopslimit(const char *text, const char *what, int64_t *ret, struct err *err)
{
	if (!str_eq(text, UNLIMITED))
		return num_parse(text, what, 0, INT_MAX, ret, err);
	*ret = 0;
	return 0;
}

/* ---- what is only checked ---- */

int limit_check_meminfo(const char *text, const char *what, struct err *err)
{
	static const char *const modes[] = { "pages:", "privvmpages:" };
	int64_t number;

	if (str_eq(text, "none"))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (str_starts(text, modes[i]))
			return num_parse(text + strlen(modes[i]), what, 1, INT64_MAX, &number, err);
	return bad(text, what, "none, pages:N or privvmpages:N", err);
}

int limit_check_factor(const char *text, const char *what, struct err *err)
{
	size_t whole = strspn(text, "0123456789");
	size_t all = whole + (text[whole] == '.' ? 1 + strspn(text + whole + 1, "0123456789") : 0);

	if (whole == 0 || text[all] || text[all - 1] == '.' || strspn(text, "0.") == all)
		return bad(text, what, "a number above 0", err);
	return 0;
}
