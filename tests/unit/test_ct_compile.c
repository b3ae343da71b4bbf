/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine is told about a CT, and the small decisions around it. */
#include "config.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "runtime/ct/compile.h"
#include "runtime/ct/dist.h"
#include "runtime/ct/dist_file.h"
#include "runtime/ct/stop.h"
#include "runtime/ct/lxcfs.h"
#include "runtime/spec/spec.h"
#include "tests/unit/unit.h"

static const struct limits_effects unlimited = {
	.memory_max = -1,
	.swap_max = -1,
	.pids_max = -1,
	.cpu_weight = 100,
	.cpu_quota_usec = -1,
	.io_weight = 100,
	.shm_pages = -1,
	.ptys = -1,
};

static const struct compile_input input = {
	.root = "/var/lib/vz/root/101",
	.hostname = "web1",
	.first_id = 1879048192,
	.limits = &unlimited,
	.caps = 1ULL << CAP_KILL | 1ULL << CAP_NET_ADMIN,
};

static struct spec *compile(const struct compile_input *in)
{
	auto_strbuf struct strbuf text = { 0 };
	struct spec *spec = NULL;
	struct err err;

	compile_spec(in, &text);
	assert_false(text.failed);
	assert_ok(spec_parse(text.text, text.len, "spec", &spec, &err), &err);
	return spec;
}

static void spec_is_valid_and_says_what_was_given(void **state)
{
	auto_spec struct spec *spec = compile(&input);

	(void)state;
	assert_string_equal(spec->root_path, "/var/lib/vz/root/101");
	assert_string_equal(spec->hostname, "web1");
	assert_string_equal(spec->process.args[0], "/sbin/init");
	assert_false(spec->process.terminal);
	assert_false(spec->root_readonly);
}

static void odd_characters_stay_in_their_string(void **state)
{
	struct compile_input in = input;
	auto_spec struct spec *spec = NULL;

	(void)state;
	in.root = "/a \"b\"\\/{}";
	spec = compile(&in);
	assert_string_equal(spec->root_path, "/a \"b\"\\/{}");
}

/* A CT on the host's ids would be root on the host. */
static void ids_are_all_mapped_to_the_range(void **state)
{
	auto_spec struct spec *spec = compile(&input);
	const struct spec_id_maps *maps[] = { &spec->lin.uid_mappings, &spec->lin.gid_mappings };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		assert_int_equal(maps[i]->n, 1);
		assert_int_equal(maps[i]->map[0].container_id, 0);
		assert_int_equal(maps[i]->map[0].host_id, 1879048192);
		assert_int_equal(maps[i]->map[0].size, 65536);
	}
}

static void namespaces_are_new_but_for_time(void **state)
{
	auto_spec struct spec *spec = compile(&input);

	(void)state;
	for (int kind = 0; kind < NS_KINDS; kind++)
		assert_int_equal(spec_ns_new(spec, (enum spec_ns)kind), kind != NS_TIME);
}

static void capabilities_are_those_given(void **state)
{
	auto_spec struct spec *spec = compile(&input);

	(void)state;
	assert_int_equal(spec->process.caps.bounding, input.caps);
	assert_int_equal(spec->process.caps.effective, input.caps);
	assert_int_equal(spec->process.caps.permitted, input.caps);
	assert_int_equal(spec->process.caps.inheritable, 0);
	assert_int_equal(spec->process.caps.ambient, 0);
}

/* Every capability counts in the CT's user namespace, whichever it is given. */
static void all_capabilities_come_with_a_user_namespace(void **state)
{
	struct compile_input in = input;
	auto_spec struct spec *spec = NULL;

	(void)state;
	in.caps = (2ULL << CAP_LAST_CAP) - 1;
	spec = compile(&in);
	assert_int_equal(spec->process.caps.bounding, in.caps);
	assert_true(spec_ns_new(spec, NS_USER));
}

static bool denies(const struct spec *spec, const char *call)
{
	for (size_t i = 0; i < spec->lin.seccomp.rules_n; i++)
		for (char *const *name = spec->lin.seccomp.rules[i].names; *name; name++)
			if (strcmp(*name, call) == 0)
				return spec->lin.seccomp.rules[i].action == SECCOMP_DO_ERRNO;
	return false;
}

static void calls_that_act_on_the_host_are_denied(void **state)
{
	static const char *const calls[] = { "kexec_load", "init_module", "open_by_handle_at",
					     "swapon" };
	auto_spec struct spec *spec = compile(&input);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		assert_true(denies(spec, calls[i]));
	assert_true(denies(spec, "syslog"));
	assert_false(denies(spec, "mount"));
	assert_false(denies(spec, "reboot")); /* in a pid namespace it ends the init */
}

static const struct spec_seccomp_rule *rule_of(const struct spec *spec, const char *call)
{
	for (size_t i = 0; i < spec->lin.seccomp.rules_n; i++)
		for (char *const *name = spec->lin.seccomp.rules[i].names; *name; name++)
			if (strcmp(*name, call) == 0)
				return &spec->lin.seccomp.rules[i];
	return NULL;
}

static void keyrings_are_there_if_asked_for(void **state)
{
	auto_spec struct spec *without = compile(&input), *with = NULL;
	struct compile_input in = input;

	(void)state;
	in.guard.keys = true;
	with = compile(&in);
	assert_int_equal(rule_of(without, "keyctl")->errno_ret.value, ENOSYS);
	assert_int_equal(rule_of(without, "add_key")->errno_ret.value, ENOSYS);
	assert_int_equal(rule_of(without, "request_key")->args_n, 0);
	assert_null(rule_of(with, "keyctl"));
	assert_null(rule_of(with, "add_key"));
	/* But for what runs a program of the host's. */
	assert_int_equal(rule_of(with, "request_key")->args_n, 1);
	assert_int_equal(rule_of(with, "request_key")->args[0].index, 2);
}

static const struct spec_rlimit *core_limit(const struct spec *spec)
{
	for (size_t i = 0; i < spec->process.rlimits_n; i++)
		if (spec->process.rlimits[i].resource == RLIMIT_CORE)
			return &spec->process.rlimits[i];
	return NULL;
}

static void hosts_crash_handler_is_out_of_reach(void **state)
{
	auto_spec struct spec *without = compile(&input), *with = NULL;
	struct compile_input in = input;

	(void)state;
	in.guard.no_core_handler = true;
	with = compile(&in);
	assert_null(core_limit(without));
	assert_null(rule_of(without, "prlimit64"));
	assert_int_equal(core_limit(with)->soft, 1);
	assert_int_equal(core_limit(with)->hard, 1);
	assert_int_equal(rule_of(with, "setrlimit")->args[0].value, UINT32_MAX);
	assert_int_equal(rule_of(with, "setrlimit")->args[0].value_two, RLIMIT_CORE);
	assert_int_equal(rule_of(with, "prlimit64")->args_n, 2);
	assert_int_equal(rule_of(with, "prlimit64")->errno_ret.value, 0);
}

static bool has_option(const struct spec_mount *mount, const char *option)
{
	for (char *const *at = mount->data; at && *at; at++)
		if (strcmp(*at, option) == 0)
			return true;
	return false;
}

static const struct spec_mount *find_mount(const struct spec *spec, const char *destination)
{
	for (size_t i = 0; i < spec->mounts_n; i++)
		if (strcmp(spec->mounts[i].destination, destination) == 0)
			return &spec->mounts[i];
	return NULL;
}

static void limits_are_in_the_spec(void **state)
{
	struct limits_effects limits = unlimited;
	struct compile_input in = input;
	auto_spec struct spec *with = NULL, *without = compile(&in);

	(void)state;
	in.limits = &limits;
	limits.pids_max = 50;
	limits.ptys = 7;
	limits.shm_pages = 100;
	limits.oom_score_adj = -20;
	limits.files = (struct limits_rlimit){ true, 10, 20 };
	with = compile(&in);
	assert_int_equal(with->lin.resources.pids_limit.value, 50);
	assert_true(has_option(find_mount(with, "/dev/pts"), "max=7"));
	assert_true(has_option(find_mount(with, "/dev/pts"), "gid=5"));
	assert_int_equal(with->lin.sysctl_n, 2);
	assert_int_equal(with->process.oom_score_adj.value, -20);
	assert_int_equal(with->process.rlimits_n, 1);
	assert_false(without->lin.resources.pids_limit.given);
	assert_false(has_option(find_mount(without, "/dev/pts"), "max=7"));
	assert_int_equal(without->lin.sysctl_n, 0);
	assert_false(without->process.oom_score_adj.given);
	assert_int_equal(without->process.rlimits_n, 0);
}

static void processes_are_hidden_in_each_procfs(void **state)
{
	auto_spec struct spec *without = compile(&input), *with = NULL;
	struct compile_input in = input;

	(void)state;
	in.lxcfs = 1;
	strcpy(in.guard.hidepid, "hidepid=invisible");
	strcpy(in.guard.proc_gid, "gid=7");
	with = compile(&in);
	assert_true(has_option(find_mount(with, "/proc"), "hidepid=invisible"));
	assert_true(has_option(find_mount(with, "/proc"), "gid=7"));
	assert_true(has_option(find_mount(with, "/dev/.vzrun/proc"), "hidepid=invisible"));
	assert_false(has_option(find_mount(without, "/proc"), "hidepid=invisible"));
}

static void devices_are_denied_but_for_the_defaults(void **state)
{
	auto_spec struct spec *spec = compile(&input);

	(void)state;
	assert_int_equal(spec->lin.resources.devices_n, 1);
	assert_false(spec->lin.resources.devices[0].allow);
	assert_int_equal(spec->lin.devices_n, 0);
}

static void devices_are_what_was_given(void **state)
{
	const struct spec_device_rule rules[] = {
		{ .allow = true, .type = 'c', .major = 10, .minor = 200, .read = true },
		{ .allow = false, .type = 'b', .major = 8, .minor = -1, .write = true },
	};
	struct compile_input in = input;
	auto_spec struct spec *spec = NULL;

	(void)state;
	in.rules = rules;
	in.rules_n = ARRAY_SIZE(rules);
	spec = compile(&in);
	assert_int_equal(spec->lin.resources.devices_n, 3);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct spec_device_rule *rule = &spec->lin.resources.devices[i + 1];

		assert_int_equal(rule->allow, rules[i].allow);
		assert_int_equal(rule->type, rules[i].type);
		assert_int_equal(rule->major, rules[i].major);
		assert_int_equal(rule->minor, rules[i].minor);
		assert_int_equal(rule->read, rules[i].read);
		assert_int_equal(rule->write, rules[i].write);
		assert_false(rule->mknod);
	}
}

static const struct spec_mount *mount_at(const struct spec *spec, const char *destination)
{
	for (size_t i = 0; i < spec->mounts_n; i++)
		if (strcmp(spec->mounts[i].destination, destination) == 0)
			return &spec->mounts[i];
	return NULL;
}

static void what_lxcfs_offers_is_bound(void **state)
{
	auto_spec struct spec *without = compile(&input), *with = NULL;
	struct compile_input in = input;

	(void)state;
	for (unsigned int i = 0; i < LXCFS_FILES; i++)
		assert_null(mount_at(without, lxcfs_files[i]));
	assert_null(mount_at(without, "/dev/.vzrun/proc"));
	in.lxcfs = (1U << LXCFS_FILES) - 1;
	in.lxcfs &= ~(1U << 1); /* all but the second */
	with = compile(&in);
	for (unsigned int i = 0; i < LXCFS_FILES; i++) {
		const struct spec_mount *m = mount_at(with, lxcfs_files[i]);

		assert_true(i == 1 ? m == NULL : m && m->bind);
	}
	assert_string_equal(mount_at(with, "/proc/meminfo")->source, "/var/lib/lxcfs/proc/meminfo");
	assert_non_null(mount_at(with, "/dev/.vzrun/proc"));
	assert_non_null(mount_at(with, "/dev/.vzrun/sys"));
}

static bool notifies(const struct spec *spec)
{
	for (size_t i = 0; i < spec->lin.seccomp.rules_n; i++)
		if (spec->lin.seccomp.rules[i].action == SECCOMP_DO_NOTIFY)
			return strcmp(spec->lin.seccomp.rules[i].names[0], "sysinfo") == 0;
	return false;
}

static void sysinfo_is_listened_for_on_request(void **state)
{
	auto_spec struct spec *without = compile(&input), *with = NULL;
	struct compile_input in = input;

	(void)state;
	assert_false(notifies(without));
	assert_null(without->lin.seccomp.listener_path);
	assert_false(without->lin.seccomp.flag_wait_killable_recv);
	in.listener = "/run/vzrun/101/sysinfo.sock";
	in.answer_sysinfo = true;
	with = compile(&in);
	assert_true(notifies(with));
	assert_string_equal(with->lin.seccomp.listener_path, in.listener);
	assert_true(with->lin.seccomp.flag_wait_killable_recv);
	assert_true(with->lin.seccomp.flag_spec_allow);
	assert_true(denies(with, "swapon"));
}

/* Fifos, sockets and files are made without asking, and so are the marks of an overlay. */
static void of_mknod_only_devices_are_listened_for(void **state)
{
	struct compile_input in = input;
	auto_spec struct spec *spec = NULL;
	unsigned int rules = 0;

	(void)state;
	in.listener = "/run/vzrun/101/sysinfo.sock";
	in.answer_mknod = true;
	spec = compile(&in);
	assert_false(notifies(spec));
	for (size_t i = 0; i < spec->lin.seccomp.rules_n; i++) {
		const struct spec_seccomp_rule *rule = &spec->lin.seccomp.rules[i];
		bool at = strcmp(rule->names[0], "mknodat") == 0;

		if (rule->action != SECCOMP_DO_NOTIFY)
			continue;
		rules++;
		assert_true(at || strcmp(rule->names[0], "mknod") == 0);
		assert_null(rule->names[1]);
		assert_int_equal(rule->args_n, 2);
		assert_int_equal(rule->args[0].index, at ? 2 : 1);
		assert_int_equal(rule->args[0].value, S_IFMT);
		assert_true(rule->args[0].value_two == S_IFCHR ||
			    rule->args[0].value_two == S_IFBLK);
		assert_int_equal(rule->args[1].index, at ? 3 : 2);
		assert_int_equal(rule->args[1].value, 0);
	}
	assert_int_equal(rules, 4);
}

static void memory_is_counted_where_that_is_wanted(void **state)
{
	struct limits_effects limits = unlimited;
	struct compile_input in = input;
	auto_spec struct spec *without = compile(&in), *with = NULL;

	(void)state;
	in.limits = &limits;
	limits.count_memory = true;
	with = compile(&in);
	assert_int_equal(without->lin.resources.unified_n, 0);
	assert_int_equal(with->lin.resources.unified_n, 1);
	assert_string_equal(with->lin.resources.unified[0].key, "memory.low");
	assert_string_equal(with->lin.resources.unified[0].value, "0");
}

static void process_document_is_valid(void **state)
{
	static const char *const args[] = { "sh", "-c", "echo \"$1\"", NULL };
	static const char *const env[] = { "PATH=/bin", "A=b c", NULL };
	auto_strbuf struct strbuf text = { 0 };
	auto_spec struct spec *spec = NULL;
	struct spec_rlimit core = { .resource = RLIMIT_CORE, .soft = 1, .hard = 1 };
	const struct spec_process own = {
		.caps.bounding = 1ULL << CAP_KILL,
		.rlimits = &core,
		.rlimits_n = 1,
		.apparmor_profile = "vzrun-ct",
	};
	struct err err;

	(void)state;
	compile_process(args, env, true, &own, &text);
	assert_ok(spec_parse_process(text.text, text.len, "process", &spec, &err), &err);
	assert_string_equal(spec->process.args[2], "echo \"$1\"");
	assert_string_equal(spec->process.env[1], "A=b c");
	assert_null(spec->process.env[2]);
	assert_true(spec->process.terminal);
	assert_int_equal(spec->process.caps.bounding, own.caps.bounding);
	assert_string_equal(spec->process.apparmor_profile, "vzrun-ct");
	assert_int_equal(core_limit(spec)->hard, 1);
}

static void profiles_are_found_by_their_whole_name(void **state)
{
	static const char profiles[] = "/usr/bin/man (enforce)\nvzrun-ct-nesting (enforce)\n"
				       "lsb_release (complain)\nab (enforce)";

	(void)state;
	assert_true(guard_is_loaded(profiles, "vzrun-ct-nesting"));
	assert_true(guard_is_loaded(profiles, "ab"));
	assert_false(guard_is_loaded(profiles, "vzrun-ct"));
	assert_false(guard_is_loaded(profiles, "nesting"));
	assert_false(guard_is_loaded(profiles, "a"));
	assert_false(guard_is_loaded("", "vzrun-ct"));
	assert_true(guard_is_handler("|/usr/share/apport/apport -p%p"));
	assert_true(guard_is_handler("@/run/coredump.socket"));
	assert_false(guard_is_handler("core.%p"));
	assert_false(guard_is_handler(""));
}

static void init_is_told_by_the_signal_it_knows(void **state)
{
	(void)state;
	assert_int_equal(stop_signal("systemd", "/sbin/init"), SIGRTMIN + 3);
	assert_int_equal(stop_signal("busybox", "init"), SIGUSR2);
	assert_int_equal(stop_signal("busybox", "sh"), 0); /* a script as init */
	assert_int_equal(stop_signal("init", "init"), 0);  /* sysvinit: by halt */
	assert_int_equal(stop_signal("", ""), 0);
}

static void host_names_are_checked(void **state)
{
	static const char *const good[] = { "a", "web1", "web-1.example.org", "1.2", "A" };
	static const char *const bad[] = { "",     ".",   "a.",  "-a",  "a-",  "a..b",    "a.-b",
					   "a-.b", "a b", "a\n", "a_b", "a/b", "\xc3\xa4" };
	char name[66];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(dist_check_hostname(good[i], NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(dist_check_hostname(bad[i], NULL), -1);
	memset(name, 'a', 65);
	name[65] = '\0';
	assert_int_equal(dist_check_hostname(name, NULL), -1);
	name[64] = '\0';
	assert_int_equal(dist_check_hostname(name, NULL), 0);
}

#define BLOCK(text) "# vzrun: begin\n" text "# vzrun: end\n"

static void blocks_leave_the_rest_alone(void **state)
{
	static const struct {
		const char *old, *block, *want;
	} cases[] = {
		{ "", NULL, "" },
		{ "", "a\n", BLOCK("a\n") },
		{ "x\n", "a\n", "x\n" BLOCK("a\n") },
		{ "x", "a\n", "x\n" BLOCK("a\n") },
		{ "x", NULL, "x" },
		{ "x\n" BLOCK("a\n") "y\n", "b\n", "x\n" BLOCK("b\n") "y\n" },
		{ "x\n" BLOCK("a\n") "y", NULL, "x\ny" },
		/* Only the first stays. */
		{ BLOCK("a\n") "x\n" BLOCK(""), "b\n", BLOCK("b\n") "x\n" },
		/* Cut off: the end of the file may be its last line. */
		{ "# vzrun: begin\na\n# vzrun: end", "b\n", BLOCK("b\n") },
		/* Marks that are alone hide no line of others. */
		{ "# vzrun: begin\nx", NULL, "x" },
		{ "# vzrun: begin\nx\n" BLOCK("a\n"), "b\n", "x\n" BLOCK("b\n") },
		{ "# vzrun: end\nx\n# vzrun: begin", NULL, "x\n" },
		/* No marks. */
		{ " # vzrun: begin\n# vzrun: ending\n", NULL,
		  " # vzrun: begin\n# vzrun: ending\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_strbuf struct strbuf out = { 0 };

		dist_file_edit_block(cases[i].old, cases[i].block, &out);
		assert_false(out.failed);
		assert_string_equal(out.text ? out.text : "", cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spec_is_valid_and_says_what_was_given),
		cmocka_unit_test(odd_characters_stay_in_their_string),
		cmocka_unit_test(ids_are_all_mapped_to_the_range),
		cmocka_unit_test(namespaces_are_new_but_for_time),
		cmocka_unit_test(capabilities_are_those_given),
		cmocka_unit_test(all_capabilities_come_with_a_user_namespace),
		cmocka_unit_test(calls_that_act_on_the_host_are_denied),
		cmocka_unit_test(keyrings_are_there_if_asked_for),
		cmocka_unit_test(hosts_crash_handler_is_out_of_reach),
		cmocka_unit_test(processes_are_hidden_in_each_procfs),
		cmocka_unit_test(profiles_are_found_by_their_whole_name),
		cmocka_unit_test(limits_are_in_the_spec),
		cmocka_unit_test(devices_are_denied_but_for_the_defaults),
		cmocka_unit_test(devices_are_what_was_given),
		cmocka_unit_test(what_lxcfs_offers_is_bound),
		cmocka_unit_test(sysinfo_is_listened_for_on_request),
		cmocka_unit_test(of_mknod_only_devices_are_listened_for),
		cmocka_unit_test(memory_is_counted_where_that_is_wanted),
		cmocka_unit_test(process_document_is_valid),
		cmocka_unit_test(init_is_told_by_the_signal_it_knows),
		cmocka_unit_test(host_names_are_checked),
		cmocka_unit_test(blocks_leave_the_rest_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
