/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/base/str.h"
#include "runtime/cli/cli.h"
#include "runtime/cli/duration.h"

struct opts {
	bool detach, tty;
	const char *bundle;
	char **env, **pairs;
	unsigned int format, count;
	struct spec_i64 quota, memory;
	struct spec_u64 shares;
};

#define AT(member) offsetof(struct opts, member)

static const struct cli_option rows[] = {
	{ "detach", 'd', CLI_FLAG, 0, AT(detach), "", "" },
	{ "tty", 't', CLI_FLAG, 0, AT(tty), "", "" },
	{ "bundle", 'b', CLI_TEXT, 0, AT(bundle), "DIR", "" },
	{ "user", 'u', CLI_TEXT, CLI_NOT_EMPTY, AT(bundle), "UID", "" },
	{ "env", 'e', CLI_LIST, 0, AT(env), "NAME=VALUE", "" },
	{ "ram", 0, CLI_PAIRS, 0, AT(pairs), "BYTES", "" },
	{ "noatime", 0, CLI_PAIRS, CLI_NO_EFFECT, AT(pairs), "yes|no", "" },
	{ "format", 'f', CLI_CHOICE, 0, AT(format), "table|json", "" },
	{ "preserve-fds", 0, CLI_COUNT, 0, AT(count), "N", "" },
	{ "cpu-quota", 0, CLI_I64, 0, AT(quota), "USEC", "" },
	{ "cpu-share", 0, CLI_U64, 0, AT(shares), "N", "" },
	{ "memory", 0, CLI_SIZE, 0, AT(memory), "BYTES", "" },
	{ "no-subreaper", 0, CLI_FLAG, CLI_NO_EFFECT, 0, "", "" },
	{ "kernel-memory", 0, CLI_TEXT, CLI_NO_EFFECT, 0, "BYTES", "" },
	{ "mode", 0, CLI_CHOICE, CLI_NO_EFFECT, 0, "auto|true|false", "" },
};
static const struct cli_options options = CLI_OPTIONS(rows, struct opts);

struct ct_opts {
	const char *ostemplate;
};
static const struct cli_option ct_rows[] = {
	{ "ostemplate", 0, CLI_TEXT, 0, offsetof(struct ct_opts, ostemplate), "NAME", "" },
};
static const struct cli_options ct_options = CLI_OPTIONS(ct_rows, struct ct_opts);

static const struct cli_option global_rows[] = {
	{ "root", 0, CLI_TEXT, 0, 0, "DIR", "" },
};
const struct cli_options cli_global_options = CLI_OPTIONS(global_rows, struct ct_opts);
const struct cli_command cli_commands[] = {
	{ .name = "create" },
	{ .name = "exec" },
	{ 0 },
};

/* One command line and what came of it. */
struct parsed {
	char *words[16], *owned[16];
	char **args;
	int args_n;
	struct opts opts;
	struct ct_opts ct;
	struct cli_scan scan;
	struct err err;
	int ret;
};

static void parse(struct parsed *p, bool in_order, const char *line)
{
	auto_strv char **words = strv_split(line, " ");
	int n = (int)strv_len(words);

	memset(p, 0, sizeof(*p));
	p->scan =
		(struct cli_scan){ { &options, &ct_options }, { &p->opts, &p->ct }, { 0 }, false };
	/* As main's argv: the strings stay, the array is changed. */
	for (int i = 0; i < n; i++)
		p->words[i] = p->owned[i] = steal_ptr(&words[i]);
	p->args = p->words;
	p->ret = cli_scan_args(&p->scan, n, p->words, in_order, &p->args_n, &p->err);
}

static void done(struct parsed *p)
{
	cli_options_done(&options, &p->opts);
	for (unsigned int i = 0; i < ARRAY_SIZE(p->owned); i++)
		free(p->owned[i]);
}

static void assert_refused(const char *line, const char *msg)
{
	struct parsed p;

	parse(&p, false, line);
	assert_int_equal(p.ret, -1);
	assert_string_equal(p.err.msg, msg);
	done(&p);
}

static void values_follow_or_stand_behind_equals(void **state)
{
	static const char *const lines[] = { "--bundle /b", "--bundle=/b", "-bundle /b",
					     "-bundle=/b",  "-b /b",       "-b=/b",
					     "-b/b",        "-db /b" };
	struct parsed p;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(lines); i++) {
		parse(&p, false, lines[i]);
		assert_int_equal(p.ret, 0);
		assert_string_equal(p.opts.bundle, "/b");
		assert_int_equal(p.args_n, 0);
		done(&p);
	}
}

static void switches_may_be_joined_or_told(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, false, "-dt");
	assert_true(p.opts.detach && p.opts.tty);
	done(&p);
	parse(&p, false, "--detach=true --tty=false");
	assert_true(p.opts.detach && !p.opts.tty);
	done(&p);
	assert_refused("--detach=maybe", "--detach: \"maybe\" is neither true nor false");
}

static void options_may_stand_behind_arguments(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, false, "ct1 --detach more");
	assert_true(p.opts.detach);
	assert_int_equal(p.args_n, 2);
	assert_string_equal(p.args[0], "ct1");
	assert_string_equal(p.args[1], "more");
	assert_null(p.args[2]);
	done(&p);
}

static void in_order_leaves_the_rest_alone(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, true, "-t ct1 ls --detach -- -x --help");
	assert_true(p.opts.tty && !p.opts.detach && !p.scan.help);
	assert_int_equal(p.args_n, 6);
	assert_string_equal(p.args[2], "--detach");
	assert_string_equal(p.args[3], "--");
	done(&p);
}

static void two_dashes_end_the_options(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, false, "-d -- --tty -");
	assert_true(p.opts.detach && !p.opts.tty);
	assert_int_equal(p.args_n, 2);
	assert_string_equal(p.args[0], "--tty");
	assert_string_equal(p.args[1], "-");
	done(&p);
}

static void lists_keep_their_order(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, false, "-e A=1 --env B=2,3 --env=C=4");
	assert_int_equal(strv_len(p.opts.env), 3);
	assert_string_equal(p.opts.env[0], "A=1");
	assert_string_equal(p.opts.env[1], "B=2,3");
	assert_string_equal(p.opts.env[2], "C=4");
	done(&p);
}

static void pairs_keep_their_names_and_one_order(void **state)
{
	static const char *const expected[] = { "ram", "1", "noatime", "yes", "ram", "" };
	struct parsed p;

	(void)state;
	parse(&p, false, "--ram 1 --noatime=yes --ram=");
	assert_int_equal(p.ret, 0);
	assert_int_equal(strv_len(p.opts.pairs), ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_string_equal(p.opts.pairs[i], expected[i]);
	done(&p);
	assert_null(p.opts.pairs);
}

static void numbers_are_read_whole(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, false, "--cpu-quota -1 --cpu-share=7 --memory 2G --preserve-fds 3 -f json");
	assert_int_equal(p.ret, 0);
	assert_true(p.opts.quota.given && p.opts.quota.value == -1);
	assert_true(p.opts.shares.given && p.opts.shares.value == 7);
	assert_true(p.opts.memory.given && p.opts.memory.value == INT64_C(2) << 30);
	assert_int_equal(p.opts.count, 3);
	assert_int_equal(p.opts.format, 1);
	done(&p);
	parse(&p, false, "--memory -1");
	assert_int_equal(p.opts.memory.value, -1);
	done(&p);
	assert_refused("--cpu-share 7x", "--cpu-share: \"7x\" is not a whole number of 0 or more");
	assert_refused("--memory 8388608T", "--memory: 8388608T is too large");
	assert_refused("--preserve-fds -1",
		       "--preserve-fds: \"-1\" is not a whole number of 0 or more");
	assert_refused("-f yaml", "--format: \"yaml\" is none of table|json");
	assert_refused("--format=", "--format: \"\" is none of table|json");
}

static void empty_text_is_not_given(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, false, "--bundle=");
	assert_int_equal(p.ret, 0);
	assert_null(p.opts.bundle);
	done(&p);
	assert_refused("--user=", "--user is empty (UID)");
}

static void no_effect_is_checked_all_the_same(void **state)
{
	struct parsed p;
	struct opts zero = { 0 };

	(void)state;
	parse(&p, false, "--no-subreaper --kernel-memory 5 --mode true");
	assert_int_equal(p.ret, 0);
	assert_memory_equal(&p.opts, &zero, sizeof(zero));
	done(&p);
	assert_refused("--mode perhaps", "--mode: \"perhaps\" is none of auto|true|false");
}

static void the_second_table_is_counted_apart(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, false, "--ostemplate debian -d 101");
	assert_string_equal(p.ct.ostemplate, "debian");
	assert_int_equal(p.scan.given[0], 1);
	assert_int_equal(p.scan.given[1], 1);
	done(&p);
}

static void help_is_understood_everywhere(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, false, "ct1 --help");
	assert_true(p.scan.help);
	done(&p);
	parse(&p, false, "-h");
	assert_true(p.scan.help);
	done(&p);
}

static void unknown_options_are_refused_with_the_nearest(void **state)
{
	(void)state;
	assert_refused("--detatch", "unknown option \"--detatch\" (did you mean --detach?)");
	assert_refused("--quark", "unknown option \"--quark\"");
	assert_refused("-x", "unknown option \"-x\"");
	assert_refused("-tx", "unknown option \"-tx\"");
	assert_refused("--root /x", "unknown option \"--root\" (it goes before the command)");
	assert_refused("--d", "unknown option \"--d\"");
}

static void missing_value_is_refused(void **state)
{
	(void)state;
	assert_refused("--bundle", "--bundle needs a value (DIR)");
	assert_refused("-b", "--bundle needs a value (DIR)");
}

static void commands_are_found_by_their_whole_name(void **state)
{
	(void)state;
	assert_ptr_equal(cli_command_find("exec"), &cli_commands[1]);
	assert_null(cli_command_find("exe"));
	assert_null(cli_command_find(""));
}

static void duration_refuses_signs(void **state)
{
	struct err err = { 0 };
	int msec = 0;

	(void)state;
	assert_int_equal(duration_parse("1h30m", "--x", 1, &msec, &err), 0);
	assert_int_equal(msec, 5400000);
	assert_int_equal(duration_parse("1h-3599.5s", "--x", 1, &msec, &err), -1);
	assert_int_equal(duration_parse("1e-3s", "--x", 1, &msec, &err), -1);
	assert_int_equal(duration_parse("1.2.3s", "--x", 1, &msec, &err), -1);
	assert_int_equal(duration_parse("1..5s", "--x", 1, &msec, &err), -1);
	assert_int_equal(duration_parse("0x5s", "--x", 1, &msec, &err), -1);
	assert_int_equal(duration_parse("0.000000000001s", "--x", 1, &msec, &err), -1);
	assert_int_equal(duration_parse("99ms", "--x", 100, &msec, &err), -1);
	assert_int_equal(duration_parse("+5s", "--x", 1, &msec, &err), -1);
	assert_int_equal(duration_parse("1h 5s", "--x", 1, &msec, &err), -1);
	assert_int_equal(msec, 5400000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(duration_refuses_signs),
		cmocka_unit_test(values_follow_or_stand_behind_equals),
		cmocka_unit_test(switches_may_be_joined_or_told),
		cmocka_unit_test(options_may_stand_behind_arguments),
		cmocka_unit_test(in_order_leaves_the_rest_alone),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(lists_keep_their_order),
		cmocka_unit_test(pairs_keep_their_names_and_one_order),
		cmocka_unit_test(numbers_are_read_whole),
		cmocka_unit_test(empty_text_is_not_given),
		cmocka_unit_test(no_effect_is_checked_all_the_same),
		cmocka_unit_test(the_second_table_is_counted_apart),
		cmocka_unit_test(help_is_understood_everywhere),
		cmocka_unit_test(unknown_options_are_refused_with_the_nearest),
		cmocka_unit_test(missing_value_is_refused),
		cmocka_unit_test(commands_are_found_by_their_whole_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
