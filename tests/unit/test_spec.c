/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in a config.json (but for "mounts" and "linux") arrives in struct spec. */
#include "config.h"

#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/resource.h>

#include "tests/unit/spec_text.h"

#define CAP(name) (1ULL << (name))

/* ---- the document ---- */

static void the_least_spec_is_taken(void **state)
{
	auto_spec struct spec *spec =
		spec_from(WHOLE, "{'ociVersion':'1.0.0','root':{'path':'rootfs'}}");

	(void)state;
	assert_string_equal(spec->oci_version, "1.0.0");
	assert_string_equal(spec->root_path, "rootfs");
	assert_false(spec->root_readonly);
	assert_false(spec->process.given);
	assert_false(spec->lin.resources.given);
	assert_false(spec->lin.seccomp.given);
	assert_false(spec->lin.personality.given);
	assert_null(spec->hostname);
	assert_null(spec->lin.masked_paths);
	assert_int_equal(spec->mounts_n, 0);
	for (int i = 0; i < NS_KINDS; i++)
		assert_false(spec->lin.ns[i].given);
}

static void every_version_1_is_taken(void **state)
{
	static const char *const versions[] = { "1.0.0",     "1.0.2-dev",        "1.0.0-rc5",
						"1.3.0+dev", "1.3.0-rc.1+x.y-z", "1.99.0" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		auto_free char *text =
			str_dupf("{'ociVersion':'%s','root':{'path':'r'}}", versions[i]);
		auto_spec struct spec *spec = spec_from(WHOLE, text);

		assert_string_equal(spec->oci_version, versions[i]);
	}
}

static void unknown_members_are_ignored(void **state)
{
	auto_spec struct spec *spec =
		spec_from(TOP, "'future':{'x':[1]},'windows':{},'process':{'args':['a'],'cwd':'/',"
			       "'commandLine':'x','user':{'uid':1,'username':'u'}},"
			       "'linux':{'future':1,'resources':{'future':{}}}");

	(void)state;
	assert_int_equal(spec->process.user.uid, 1);
}

static void null_counts_as_absent(void **state)
{
	auto_spec struct spec *spec = spec_from(
		TOP, "'hostname':null,'mounts':null,'hooks':null,'annotations':null,"
		     "'process':{'args':['a'],'cwd':'/','env':null,'capabilities':null,"
		     "'rlimits':null,'oomScoreAdj':null,'user':{'uid':0,'umask':null}},"
		     "'linux':{'resources':{'devices':null,'pids':{'limit':null},'cpu':null},"
		     "'seccomp':null,'devices':null}");

	(void)state;
	assert_false(spec->process.caps.given);
	assert_false(spec->process.oom_score_adj.given);
	assert_false(spec->process.user.umask.given);
	assert_false(spec->lin.resources.pids_limit.given);
	assert_false(spec->lin.seccomp.given);
	assert_true(spec->lin.resources.given);
}

static void empty_strings_count_as_absent(void **state)
{
	auto_spec struct spec *spec =
		spec_from(TOP, "'hostname':'','domainname':'','process':{'args':['a'],'cwd':'/',"
			       "'apparmorProfile':'','selinuxLabel':''},"
			       "'linux':{'cgroupsPath':'','mountLabel':'','rootfsPropagation':'',"
			       "'namespaces':[{'type':'pid','path':''}],"
			       "'resources':{'cpu':{'cpus':''}}}");

	(void)state;
	assert_null(spec->hostname);
	assert_null(spec->process.apparmor_profile);
	assert_null(spec->lin.cgroups_path);
	assert_null(spec->lin.mount_label);
	assert_null(spec->lin.resources.cpu.cpus);
	assert_int_equal(spec->lin.rootfs_propagation, 0);
	assert_true(spec_ns_new(spec, NS_PID));
}

static void names_and_annotations_arrive(void **state)
{
	auto_spec struct spec *spec =
		spec_from(WHOLE, "{'ociVersion':'1.0.0','root':{'path':'/srv/r','readonly':true},"
				 "'hostname':'h','domainname':'d.test',"
				 "'linux':{'namespaces':[{'type':'uts'}]},"
				 "'annotations':{'a.b':'c','empty':''}}");

	(void)state;
	assert_string_equal(spec->root_path, "/srv/r");
	assert_true(spec->root_readonly);
	assert_string_equal(spec->hostname, "h");
	assert_string_equal(spec->domainname, "d.test");
	assert_string_equal(spec_annotation(spec, "a.b"), "c");
	assert_string_equal(spec_annotation(spec, "empty"), "");
	assert_null(spec_annotation(spec, "other"));
}

static void hooks_arrive_in_order(void **state)
{
	auto_spec struct spec *spec = spec_from(
		TOP, "'hooks':{'prestart':[{'path':'/a'}],'createRuntime':[{'path':'/b'}],"
		     "'createContainer':[{'path':'/c'}],'startContainer':[{'path':'/d'}],"
		     "'poststart':[{'path':'/e'}],"
		     "'poststop':[{'path':'/f','args':['f','-x'],'env':['A=1'],'timeout':5},"
		     "{'path':'/g','args':[],'env':[]}]}");
	static const char *const paths[HOOK_KINDS] = { "/a", "/b", "/c", "/d", "/e", "/f" };
	const struct spec_hook *hook = spec->hooks[HOOK_POSTSTOP].list;

	(void)state;
	for (int i = 0; i < HOOK_KINDS; i++)
		assert_string_equal(spec->hooks[i].list[0].path, paths[i]);
	assert_int_equal(spec->hooks[HOOK_POSTSTOP].n, 2);
	assert_strv(hook[0].args, "f", "-x");
	assert_strv(hook[0].env, "A=1");
	assert_int_equal(hook[0].timeout_sec, 5);
	assert_null(hook[1].args);
	assert_null(hook[1].env);
	assert_int_equal(hook[1].timeout_sec, 0);
}

/* ---- process ---- */

static void a_process_arrives(void **state)
{
	auto_spec struct spec *spec = spec_from(
		PROC_ONLY, "'terminal':true,'consoleSize':{'height':25,'width':80},"
			   "'user':{'uid':1,'gid':2,'umask':63,'additionalGids':[5,6]},"
			   "'args':['sh','-c',''],'env':['A=b','C='],'cwd':'/root',"
			   "'noNewPrivileges':true,'apparmorProfile':'p','selinuxLabel':'l',"
			   "'oomScoreAdj':-7,'execCPUAffinity':{'initial':'7','final':'0-3,7'}");
	const struct spec_process *p = &spec->process;

	(void)state;
	assert_true(p->given && p->terminal && p->no_new_privileges);
	assert_int_equal(p->console_height, 25);
	assert_int_equal(p->console_width, 80);
	assert_int_equal(p->user.uid, 1);
	assert_int_equal(p->user.gid, 2);
	assert_opt(p->user.umask, 63);
	assert_int_equal(p->user.additional_gids_n, 2);
	assert_int_equal(p->user.additional_gids[1], 6);
	assert_strv(p->args, "sh", "-c", "");
	assert_strv(p->env, "A=b", "C=");
	assert_string_equal(p->cwd, "/root");
	assert_string_equal(p->apparmor_profile, "p");
	assert_string_equal(p->selinux_label, "l");
	assert_opt(p->oom_score_adj, -7);
	assert_string_equal(p->cpu_affinity_initial, "7");
	assert_string_equal(p->cpu_affinity_final, "0-3,7");
}

static void console_size_counts_with_a_terminal_only(void **state)
{
	auto_spec struct spec *spec = spec_from(PROCESS, "'consoleSize':{'height':25,'width':80}");

	(void)state;
	assert_int_equal(spec->process.console_height, 0);
	assert_int_equal(spec->process.console_width, 0);
}

static void capabilities_are_bits(void **state)
{
	auto_spec struct spec *spec = spec_from(
		PROCESS, "'capabilities':{'bounding':['CAP_CHOWN','CAP_CHECKPOINT_RESTORE'],"
			 "'effective':['CAP_KILL'],'inheritable':['CAP_BPF'],"
			 "'permitted':['CAP_SYS_ADMIN','CAP_SYS_ADMIN'],'ambient':[]}");
	const struct spec_caps *caps = &spec->process.caps;

	(void)state;
	assert_true(caps->given);
	assert_true(caps->bounding == (CAP(CAP_CHOWN) | CAP(CAP_CHECKPOINT_RESTORE)));
	assert_true(caps->effective == CAP(CAP_KILL));
	assert_true(caps->inheritable == CAP(CAP_BPF));
	assert_true(caps->permitted == CAP(CAP_SYS_ADMIN));
	assert_true(caps->ambient == 0);
}

static void limits_priorities_and_schedulers_arrive(void **state)
{
	auto_spec struct spec *spec = spec_from(
		PROCESS,
		"'rlimits':[{'type':'RLIMIT_NOFILE','soft':1,'hard':18446744073709551615},"
		"{'type':'RLIMIT_CORE','soft':0,'hard':0}],"
		"'ioPriority':{'class':'IOPRIO_CLASS_IDLE','priority':7},"
		"'scheduler':{'policy':'SCHED_DEADLINE','nice':-20,'runtime':1,'deadline':2,"
		"'period':3,'flags':['SCHED_FLAG_RESET_ON_FORK','SCHED_FLAG_RECLAIM']}");
	const struct spec_process *p = &spec->process;

	(void)state;
	assert_int_equal(p->rlimits_n, 2);
	assert_int_equal(p->rlimits[0].resource, RLIMIT_NOFILE);
	assert_true(p->rlimits[0].soft == 1 && p->rlimits[0].hard == UINT64_MAX);
	assert_int_equal(p->rlimits[1].resource, RLIMIT_CORE);
	assert_true(p->io_priority.given);
	assert_int_equal(p->io_priority.class, IOPRIO_CLASS_IDLE);
	assert_int_equal(p->io_priority.priority, 7);
	assert_true(p->scheduler.given);
	assert_int_equal(p->scheduler.policy, SCHED_DEADLINE);
	assert_int_equal(p->scheduler.nice, -20);
	assert_true(p->scheduler.flags == (SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_RECLAIM));
	assert_true(p->scheduler.runtime == 1 && p->scheduler.deadline == 2 &&
		    p->scheduler.period == 3);
}

/* ---- documents of their own, and limits ---- */

static void a_process_document_is_parsed(void **state)
{
	static const char text[] = "{\"args\":[\"ls\"],\"cwd\":\"/\",\"user\":{\"uid\":3}}";
	static const char bad[] = "{\"args\":[\"ls\"],\"cwd\":\"x\"}";
	auto_spec struct spec *spec = NULL;
	struct err err;

	(void)state;
	assert_ok(spec_parse_process(text, strlen(text), "p.json", &spec, &err), &err);
	assert_true(spec->process.given);
	assert_int_equal(spec->process.user.uid, 3);
	assert_fails(spec_parse_process(bad, strlen(bad), "p.json", &spec, &err), &err, ERR_INPUT,
		     "p.json: cwd: \"x\" must be an absolute path");
}

static void a_resources_document_is_parsed(void **state)
{
	static const char plain[] = "{\"pids\":{\"limit\":7}}";
	static const char whole[] = "{\"linux\":{\"resources\":{\"pids\":{\"limit\":8}}}}";
	static const char none[] = "{\"linux\":{}}";
	auto_spec struct spec *a = NULL, *b = NULL, *c = NULL;
	struct err err;

	(void)state;
	assert_ok(spec_parse_resources(plain, strlen(plain), "r", &a, &err), &err);
	assert_opt(a->lin.resources.pids_limit, 7);
	assert_true(a->lin.resources.given);
	assert_ok(spec_parse_resources(whole, strlen(whole), "r", &b, &err), &err);
	assert_opt(b->lin.resources.pids_limit, 8);
	assert_fails(spec_parse_resources(none, strlen(none), "r", &c, &err), &err, ERR_INPUT,
		     "r: linux: \"resources\" is missing");
	assert_fails(spec_parse_resources("[]", 2, "r", &c, &err), &err, ERR_INPUT,
		     "r: must be an object, not an array");
}

/* A megabyte in every kind of place: one short line, whatever is in it. */
static void huge_strings_make_short_messages(void **state)
{
	static const struct {
		enum spec_text_place place;
		const char *before, *behind;
	} rows[] = {
		{ WHOLE, "{'ociVersion':'", "'}" },
		{ TOP, "'hostname':'", "'" },
		{ PROCESS, "'capabilities':{'bounding':['", "']}" },
		{ PROCESS, "'rlimits':[{'type':'", "'}]" },
		{ PROC_ONLY, "'args':['a'],'cwd':'", "'" },
		{ LINUX, "'devices':[{'type':'c','path':'", "'}]" },
		{ LINUX, "'sysctl':{'", "':'1'}" },
		{ LINUX, "'netDevices':{'", "':{}}" },
		{ RESOURCES, "'cpu':{'cpus':'", "'}" },
		{ RESOURCES, "'unified':{'", "':'1'}" },
		{ SECCOMP, "'defaultAction':'", "'" },
	};
	enum { BYTES = 1 << 20 };
	auto_free char *huge = malloc(BYTES + 1);

	(void)state;
	memset(huge, 'x', BYTES);
	for (size_t i = 0; i < 300; i++)
		memcpy(huge + i * 8, "\\n\\u001b", 8);
	huge[BYTES] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_free char *part = str_dupf("%s%s%s", rows[i].before, huge, rows[i].behind);
		auto_free char *text = spec_text(rows[i].place, part);
		struct spec *spec = NULL;
		struct err err;

		assert_int_equal(spec_parse(text, strlen(text), "config.json", &spec, &err), -1);
		assert_true(strlen(err.msg) < 300);
		for (const char *c = err.msg; *c; c++)
			assert_true(*c >= ' ' && *c <= '~');
	}
}

static void deep_nesting_is_one_line(void **state)
{
	auto_strbuf struct strbuf sb = { 0 };
	struct spec *spec = NULL;
	struct err err;

	(void)state;
	for (int i = 0; i < 100; i++)
		strbuf_add(&sb, "{\"x\":");
	strbuf_add(&sb, "1");
	for (int i = 0; i < 100; i++)
		strbuf_add(&sb, "}");
	assert_int_equal(spec_parse(sb.text, sb.len, "config.json", &spec, &err), -1);
	assert_true(str_ends(err.msg, ": nested too deeply (line 1)"));
}

static void an_enormous_document_is_refused_unread(void **state)
{
	struct spec *spec = NULL;
	struct err err;

	(void)state;
	assert_fails(spec_parse("{}", SPEC_MAX_BYTES + 1, "config.json", &spec, &err), &err,
		     ERR_INPUT, "config.json: larger than 16 MiB");
}

/* ---- lists of numbers ---- */

static void lists_become_masks(void **state)
{
	unsigned char mask[2];
	struct err err;

	(void)state;
	memset(mask, 0xff, sizeof(mask));
	assert_ok(spec_parse_list("0-3,7,15", mask, 16, &err), &err);
	assert_int_equal(mask[0], 0x8f);
	assert_int_equal(mask[1], 0x80);
	assert_ok(spec_parse_list("9,8,8", mask, 16, &err), &err);
	assert_int_equal(mask[0], 0);
	assert_int_equal(mask[1], 3);
	assert_ok(spec_parse_list("0-8191", NULL, 8192, &err), &err);
}

static void other_texts_are_no_lists(void **state)
{
	static const char *const bad[] = { "",   ",",   "1,",    ",1",  "1,,2",
					   "-1", "1-",  "1-2-3", "3-1", "a",
					   "1 ", " 1",  "1;2",   "0x1", "99999999999999999999",
					   "16", "0-16" };
	unsigned char mask[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (spec_parse_list(bad[i], mask, 16, NULL) == 0)
			fail_msg("\"%s\"", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_spec_is_taken),
		cmocka_unit_test(every_version_1_is_taken),
		cmocka_unit_test(unknown_members_are_ignored),
		cmocka_unit_test(null_counts_as_absent),
		cmocka_unit_test(empty_strings_count_as_absent),
		cmocka_unit_test(names_and_annotations_arrive),
		cmocka_unit_test(hooks_arrive_in_order),
		cmocka_unit_test(a_process_arrives),
		cmocka_unit_test(console_size_counts_with_a_terminal_only),
		cmocka_unit_test(capabilities_are_bits),
		cmocka_unit_test(limits_priorities_and_schedulers_arrive),
		cmocka_unit_test(a_process_document_is_parsed),
		cmocka_unit_test(a_resources_document_is_parsed),
		cmocka_unit_test(huge_strings_make_short_messages),
		cmocka_unit_test(deep_nesting_is_one_line),
		cmocka_unit_test(an_enormous_document_is_refused_unread),
		cmocka_unit_test(lists_become_masks),
		cmocka_unit_test(other_texts_are_no_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
