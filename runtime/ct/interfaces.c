/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/interfaces.h"

#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"
/* A line that is gone, and one behind which the next one has what is left of it. */
#define MARK_GONE "#vzrun off: "
#define MARK_CUT "#vzrun was: "

/* ---- lines ---- */

/* Behind the line's end. */
static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

static bool is_comment(const char *line)
{
	line += strspn(line, BLANKS);
	return *line == '#' || *line == '\n' || !*line;
}

static bool is_continued(const char *line, const char *end)
{
	if (end > line && end[-1] == '\n')
		end--;
	return end > line && end[-1] == '\\';
}

/* Behind the lines that a "\" at the end joins. A comment is joined with nothing. */
static const char *next_joined(const char *line)
{
	const char *end = next_line(line), *start = line;

	while (!is_comment(line) && is_continued(start, end) && *end) {
		start = end;
		end = next_line(end);
	}
	return end;
}

/* Of a joined line. NULL: ENOMEM. */
static char **split(const char *line, const char *end)
{
	auto_free char *text = str_dupf("%.*s", (int)(end - line), line);

	for (char *c = text; c && *c; c++)
		if (*c == '\n' || (c[0] == '\\' && (c[1] == '\n' || !c[1])))
			*c = ' ';
	return text ? strv_split(text, BLANKS) : NULL;
}

/* Each line by itself behind the mark: busybox joins comments, too. */
static void add_marked(const char *line, const char *end, const char *mark, struct strbuf *out)
{
	for (const char *next; line < end; line = next) {
		next = next_line(line);
		strbuf_add(out, mark);
		strbuf_add_mem(out, line, (size_t)(next - line));
		if (next[-1] != '\n')
			strbuf_add_char(out, '\n');
	}
}

/* ---- back to what it was ---- */

static bool has_word(char *const *words, const char *word)
{
	for (; *words; words++)
		if (str_eq(*words, word))
			return true;
	return false;
}

/* Is that the line of which a part was cut away? Who edits the file may have changed it. */
static bool is_rest_of(const char *line, const char *original)
{
	auto_strv char **rest = split(line, next_joined(line));
	auto_strv char **words = split(original, original + strlen(original));

	if (!rest || !words || !rest[0] || !words[0] || !str_eq(rest[0], words[0]))
		return false;
	for (char **word = rest; *word; word++)
		if (!has_word(words, *word))
			return false;
	return true;
}

static void restore(const char *text, struct strbuf *out)
{
	const char *next;
	size_t cut_at = 0;
	bool cut = false;

	for (const char *line = text; *line; line = next) {
		bool was = str_starts(line, MARK_CUT);

		next = next_line(line);
		if (cut && !was && out->text && is_rest_of(line, out->text + cut_at)) {
			next = next_joined(line);
			cut = false;
			continue;
		}
		if (was && !cut)
			cut_at = out->len;
		cut = was;
		if (was || str_starts(line, MARK_GONE))
			line += strlen(MARK_GONE);
		strbuf_add_mem(out, line, (size_t)(next - line));
	}
}

/* ---- what is ours ---- */

/* "eth0:1" is an alias of eth0, and configured by it. */
static bool is_ours(const struct netfile_nics *nics, const char *word)
{
	auto_free char *name = str_dupf("%.*s", (int)strcspn(word, ":"), word);

	return name && netfile_find(nics, name);
}

static size_t count_ours(const struct netfile_nics *nics, char *const *words)
{
	size_t n = 0;

	for (; *words; words++)
		n += is_ours(nics, *words);
	return n;
}

static bool lists_interfaces(const char *word)
{
	return str_eq(word, "auto") || str_starts(word, "allow-");
}

/* What begins anew; else a line belongs to the stanza above it. */
static bool begins_stanza(const char *word)
{
	static const char *const words[] = { "iface",      "mapping",          "source",
					     "source-dir", "source-directory", "template",
					     "rename",     "no-auto-down",     "no-scripts" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(word, words[i]))
			return true;
	return lists_interfaces(word);
}

/* "auto lo eth0" to "auto lo". */
static void add_list(const struct netfile_nics *nics, const char *line, const char *end,
		     char *const *words, struct strbuf *out)
{
	size_t n = strv_len((char **)(uintptr_t)words) - 1, ours = count_ours(nics, words + 1);

	if (ours == 0) {
		strbuf_add_mem(out, line, (size_t)(end - line));
		return;
	}
	add_marked(line, end, ours == n ? MARK_GONE : MARK_CUT, out);
	if (ours == n)
		return;
	strbuf_add(out, words[0]);
	for (char *const *word = words + 1; *word; word++)
		if (!is_ours(nics, *word))
			strbuf_addf(out, " %s", *word);
	/* Not to be joined with the next one. */
	strbuf_add(out, out->text && out->text[out->len - 1] == '\\' ? " \n" : "\n");
}

void interfaces_edit(const char *text, const struct netfile_nics *nics, struct strbuf *out)
{
	auto_strbuf struct strbuf old = { 0 };
	bool gone = false; /* the stanza that we are in */
	const char *end;

	restore(text, &old);
	out->failed |= old.failed;
	for (const char *line = old.text ? old.text : ""; *line; line = end) {
		auto_strv char **words = split(line, end = next_joined(line));
		bool comment = is_comment(line) || (words && !words[0]);

		out->failed |= !words;
		if (!words)
			return;
		if (!comment && begins_stanza(words[0]))
			gone = str_eq(words[0], "iface") && words[1] && is_ours(nics, words[1]);
		if (!comment && lists_interfaces(words[0]))
			add_list(nics, line, end, words, out);
		else if (!comment && gone)
			add_marked(line, end, MARK_GONE, out);
		else
			strbuf_add_mem(out, line, (size_t)(end - line));
	}
}

/* ---- the rest ---- */

void interfaces_emit_dhcp(const struct netfile_nics *nics, bool inet6, struct strbuf *out)
{
	for (size_t i = 0; i < nics->n; i++) {
		const struct netfile_nic *nic = &nics->nic[i];

		if (!nic->dhcp4 && !(nic->dhcp6 && inet6))
			continue;
		strbuf_addf(out, "auto %s\n", nic->name);
		if (nic->dhcp4)
			strbuf_addf(out, "iface %s inet dhcp\n", nic->name);
		if (nic->dhcp6 && inet6)
			strbuf_addf(out, "iface %s inet6 dhcp\n", nic->name);
	}
}

static int add_sources(char *const *words, char ***ret)
{
	bool dir = words[0] && str_starts(words[0], "source-dir");

	if (!words[0] || (!str_eq(words[0], "source") && !dir))
		return 0;
	for (char *const *word = words + 1; *word; word++) {
		auto_free char *pattern = str_dupf("%s%s", *word, dir ? "/" : "");

		if (!pattern || strv_add(ret, pattern) < 0)
			return -1;
	}
	return 0;
}

char **interfaces_sources(const char *text)
{
	auto_strv char **ret = strv_split("", BLANKS);
	const char *end;

	for (const char *line = text; ret && *line; line = end) {
		auto_strv char **words = split(line, end = next_joined(line));

		if (!words || (!is_comment(line) && add_sources(words, &ret) < 0))
			return NULL;
	}
	return steal_ptr(&ret);
}
