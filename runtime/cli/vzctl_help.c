/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vzctl's usage, out of the tables. Panels look in it for what vzctl can ("vzctl set.*--force"). */
#include "config.h"

#include <string.h>

#include "runtime/base/str.h"
#include "runtime/cli/vzctl.h"

#define WIDTH 78

/* ` WORD`, on a new line where the one that began at *from has no room. */
static void add_word(struct strbuf *sb, size_t *from, const char *word)
{
	if (sb->len - *from + 1 + strlen(word) > WIDTH) {
		strbuf_add_char(sb, '\n');
		*from = sb->len;
		strbuf_add(sb, "   ");
	}
	strbuf_addf(sb, " %s", word);
}

static void add_options(struct strbuf *sb, size_t *from, const struct cli_options *options,
			bool with_value)
{
	for (unsigned int i = 0; options && i < options->n; i++) {
		const struct cli_option *row = &options->rows[i];
		auto_free char *word = NULL;

		if ((row->flags & CLI_HIDDEN) || with_value != (*row->arg != '\0'))
			continue;
		word = with_value ? str_dupf("[--%s %s]", row->name, row->arg) :
				    str_dupf("[--%s]", row->name);
		if (word)
			add_word(sb, from, word);
		else
			sb->failed = true;
	}
}

/* "vzctl chkpnt|suspend CT [--suspend] …": those without a value first. */
static void add_command(struct strbuf *sb, const struct vzctl_command *row)
{
	struct cli_command command = vzctl_resolve(row);
	size_t from = sb->len;

	strbuf_addf(sb, "vzctl %s", row->word);
	for (const struct vzctl_command *next = row + 1; next->flags & VZCTL_ALIAS; next++)
		strbuf_addf(sb, "|%s", next->word);
	strbuf_add(sb, " CTID");
	for (int with_value = 0; with_value < 2; with_value++) {
		add_options(sb, &from, command.options, with_value);
		add_options(sb, &from, command.ct_options, with_value);
	}
	if (strchr(command.args, ' '))
		add_word(sb, &from, strchr(command.args, ' ') + 1);
	strbuf_add_char(sb, '\n');
}

void vzctl_usage(struct strbuf *sb)
{
	strbuf_add(sb,
		   "vzctl version " VZCTL_VERSION "\n"
		   "vzrun " PACKAGE_VERSION ", with the command line of OpenVZ's vzctl.\n\n"
		   "Usage: vzctl [--quiet] [--verbose] [--skiplock] COMMAND CTID [PARAMETER]...\n"
		   "       vzctl --version\n\n");
	for (const struct vzctl_command *row = vzctl_commands; *row->word; row++)
		if (!(row->flags & VZCTL_ALIAS))
			add_command(sb, row);
	strbuf_add(sb, "\nCTID is a container's number or name. vzctl(8) tells it all.\n");
}

static void list_options(const char *command, const struct cli_options *options, struct strbuf *sb)
{
	for (unsigned int i = 0; options && i < options->n; i++)
		if (!(options->rows[i].flags & CLI_HIDDEN))
			strbuf_addf(sb, "option\t%s\t--%s\n", command, options->rows[i].name);
}

void vzctl_list(struct strbuf *sb)
{
	for (const struct vzctl_command *row = vzctl_commands; *row->word; row++) {
		struct cli_command command = vzctl_resolve(row);

		strbuf_addf(sb, "command\t%s\n", row->word);
		list_options(row->word, command.options, sb);
		list_options(row->word, command.ct_options, sb);
	}
}
