/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What OpenVZ has for containers on ploop alone, snapshots and the way to ploop: refused here as it
 * refuses them for other layouts, or without ploop in the kernel, once the command line is right.
 */
#include "config.h"

#include <ctype.h>
#include <string.h>

#include "runtime/base/str.h"
#include "runtime/cli/cmd_ct.h"
#include "runtime/cli/output.h"
#include "runtime/cli/vzctl.h"

struct snapshot_opts {
	const char *id, *target;
	bool skip_resume, must_resume, list;
};

#define AT(member) offsetof(struct snapshot_opts, member)
/* clang-format off */
#define ID_ROWS \
	{ "id", 0, CLI_TEXT, CLI_NOT_EMPTY, AT(id), "UUID", "which snapshot" }, \
	{ "uuid", 0, CLI_TEXT, CLI_NOT_EMPTY, AT(id), "UUID", "the same" }

static const struct cli_option snapshot_rows[] = {
	ID_ROWS,
	{ "description", 0, CLI_TEXT, CLI_NO_EFFECT, 0, "TEXT", "a line about it" },
	{ "name", 0, CLI_TEXT, CLI_NO_EFFECT, 0, "NAME", "a name" },
	{ "skip-config", 0, CLI_FLAG, CLI_NO_EFFECT, 0, "", "without the configuration" },
	{ "skip-suspend", 0, CLI_FLAG, CLI_NO_EFFECT, 0, "", "without memory" },
};
static const struct cli_option delete_rows[] = { ID_ROWS };
static const struct cli_option mount_rows[] = {
	ID_ROWS,
	{ "target", 0, CLI_TEXT, CLI_NOT_EMPTY, AT(target), "DIR", "where it is to be mounted" },
};
static const struct cli_option switch_rows[] = {
	ID_ROWS,
	{ "must-resume", 0, CLI_FLAG, 0, AT(must_resume), "", "fail where it has no memory" },
	{ "skip-config", 0, CLI_FLAG, CLI_NO_EFFECT, 0, "", "without the configuration" },
	{ "skip-resume", 0, CLI_FLAG, 0, AT(skip_resume), "", "without its memory" },
	{ "skip_arpdetect", 0, CLI_FLAG, CLI_NO_EFFECT, 0, "", "for callers of OpenVZ" },
};
static const struct cli_option list_rows[] = {
	ID_ROWS,
	{ "list", 'L', CLI_FLAG, 0, AT(list), "", "print the names of fields" },
	{ "no-header", 'H', CLI_FLAG, CLI_NO_EFFECT, 0, "", "without the names of columns" },
	{ "output", 'o', CLI_TEXT, CLI_NO_EFFECT, 0, "FIELD,...", "which columns" },
};
/* clang-format on */
#undef AT
const struct cli_options vzctl_snapshot_options = CLI_OPTIONS(snapshot_rows, struct snapshot_opts);
const struct cli_options vzctl_snapshot_delete_options =
	CLI_OPTIONS(delete_rows, struct snapshot_opts);
const struct cli_options vzctl_snapshot_mount_options =
	CLI_OPTIONS(mount_rows, struct snapshot_opts);
const struct cli_options vzctl_snapshot_switch_options =
	CLI_OPTIONS(switch_rows, struct snapshot_opts);
const struct cli_options vzctl_snapshot_list_options = CLI_OPTIONS(list_rows, struct snapshot_opts);

static const struct word {
	char name[16];
	bool needs_id, needs_target;
	uint8_t fails;
} words[] = {
	{ "snapshot", false, false, VZ_SNAPSHOT_CREATE },
	{ "snapshot-delete", true, false, VZ_SNAPSHOT_DELETE },
	{ "snapshot-list", false, false, VZ_SNAPSHOT_LIST },
	{ "snapshot-mount", true, true, VZ_SNAPSHOT_MOUNT },
	{ "snapshot-switch", true, false, VZ_SNAPSHOT_SWITCH },
	{ "snapshot-umount", true, false, VZ_SNAPSHOT_UMOUNT },
};

static const struct word *find_word(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i].name, name))
			return &words[i];
	return NULL;
}

/* "{01234567-89ab-cdef-0123-456789abcdef}", with its braces or without. */
static bool is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	bool braces = *text == '{';

	text += braces;
	for (const char *c = form; *c; c++, text++)
		if (*c == 'x' ? !isxdigit((unsigned char)*text) : *text != '-')
			return false;
	return str_eq(text, braces ? "}" : "");
}

static int check(const struct word *word, const struct snapshot_opts *opts, struct err *err)
{
	char shown[STR_SHOW_SIZE];

	if (opts->id && !is_uuid(opts->id))
		return err_set(err, ERR_INPUT, "--id: %s is no UUID", str_show(shown, opts->id));
	if (word->needs_id && !opts->id)
		return err_set(err, ERR_USAGE, "Invalid syntax: snapshot id is missing");
	if (word->needs_target && !opts->target)
		return err_set(err, ERR_USAGE, "Invalid syntax: mount target is missing");
	if (opts->skip_resume && opts->must_resume)
		return err_set(err, ERR_USAGE,
			       "Invalid syntax: --skip-resume and --must-resume can not be used "
			       "together");
	return 0;
}

static int refuse(struct cli *cli, struct ct *ct, struct err *err)
{
	(void)ct;
	return err_set(err, VZ_ERR(find_word(cli->command->name)->fails),
		       "Snapshot feature is only available for ploop-based CTs");
}

/* snapshot-list.c's names, as `-L` prints them there. */
static void list_fields(struct strbuf *sb)
{
	static const struct {
		char name[12], header[12];
	} fields[] = {
		{ "uuid", "UUID" },
		{ "id", "UUID" },
		{ "parent_uuid", "PARENT_UUID" },
		{ "parent_id", "PARENT_UUID" },
		{ "current", "C" },
		{ "date", "DATE" },
		{ "name", "NAME" },
		{ "desc", "DESC" },
		{ "device", "DEVICE" },
		{ "target", "TARGET" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		strbuf_addf(sb, "%-15s %-15s\n", fields[i].name, fields[i].header);
}

int vzctl_snapshot(struct cli *cli, struct err *err)
{
	const struct snapshot_opts *opts = cli->opts;
	auto_strbuf struct strbuf sb = { 0 };

	if (check(find_word(cli->command->name), opts, err) < 0)
		return cmd_ct_finish(cli, -1, err);
	if (!opts->list)
		return cmd_ct_on(cli, CT_LOCK, refuse, err);
	list_fields(&sb);
	return output_write(&sb, err);
}

/* ---- convert ---- */

struct convert_opts {
	const char *layout;
};

#define AT(member) offsetof(struct convert_opts, member)
static const struct cli_option convert_rows[] = {
	{ "layout", 0, CLI_TEXT, CLI_NOT_EMPTY, AT(layout), "ploop[:MODE]", "to what" },
	{ "ve_layout", 0, CLI_TEXT, CLI_HIDDEN, AT(layout), "LAYOUT", "" },
	{ "velayout", 0, CLI_TEXT, CLI_HIDDEN, AT(layout), "LAYOUT", "" },
};
#undef AT
const struct cli_options vzctl_convert_options = CLI_OPTIONS(convert_rows, struct convert_opts);

static int convert(struct cli *cli, struct ct *ct, struct err *err)
{
	const struct convert_opts *opts = cli->opts;

	(void)ct;
	if (opts->layout && !str_starts(opts->layout, "ploop"))
		return err_set(err, VZ_ERR(VZ_BAD_VALUE), "Only conversion to ploop is supported");
	return err_set(err, VZ_ERR(VZ_NO_PLOOP),
		       "No ploop support in the kernel, or kernel is way too old.");
}

static bool is_layout(const char *text)
{
	static const char *const known[] = { "simfs", "ploop", "ploop:expanded", "ploop:plain",
					     "ploop:raw" };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(text, known[i]))
			return true;
	return false;
}

int vzctl_convert(struct cli *cli, struct err *err)
{
	const struct convert_opts *opts = cli->opts;
	char shown[STR_SHOW_SIZE];

	if (!opts->layout || is_layout(opts->layout))
		return cmd_ct_on(cli, CT_LOCK, convert, err);
	err_set(err, ERR_INPUT, "--layout: unknown layout %s", str_show(shown, opts->layout));
	return cmd_ct_finish(cli, -1, err);
}
