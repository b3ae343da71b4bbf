/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of units from cgroupsPath, and where a slice's cgroup is. */
#include "config.h"

#include "tests/unit/unit.h"

#include "runtime/kernel/systemd_unit.h"

#define FORM                                                                \
	": with the systemd cgroup manager it is SLICE:PREFIX:NAME, as in " \
	"\"system.slice:vzrun:web\""
#define WHERE "config.json: linux.cgroupsPath: "

static void is_path(const char *slice, const char *want)
{
	struct err err = { 0 };
	char *path = systemd_slice_path(slice, &err);

	if (!path)
		fail_msg("%s: %s", slice, err.msg);
	assert_string_equal(path, want);
	free(path);
}

static void a_slice_is_in_the_slices_of_its_name(void **unused)
{
	(void)unused;
	is_path("system.slice", "/system.slice");
	is_path("a-b-c.slice", "/a.slice/a-b.slice/a-b-c.slice");
	is_path("user-1000.slice", "/user.slice/user-1000.slice");
	is_path("a\\x2db.slice", "/a\\x2db.slice");
	is_path("-.slice", "/");
}

static void what_is_no_slice_is_refused(void **unused)
{
	static const char *const bad[] = {
		"",           "slice",     ".slice",   "a.service", "-a.slice",   "a-.slice",
		"a--b.slice", "a/b.slice", "--.slice", "a b.slice", "../a.slice",
	};
	struct err err;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.code = 0;
		if (systemd_slice_path(bad[i], &err))
			fail_msg("\"%s\" is taken", bad[i]);
		assert_int_equal(err.code, ERR_INPUT);
	}
	assert_string_equal(err.msg, "\"../a.slice\" is no name of a systemd slice");
}

static void is_unit(const char *path, const char *slice, const char *name)
{
	struct systemd_unit unit;
	struct err err;

	assert_ok(systemd_unit_parse(path, "web+1", "system.slice", &unit, &err), &err);
	assert_string_equal(unit.slice, slice);
	assert_string_equal(unit.name, name);
	systemd_unit_done(&unit);
}

static void a_scope_is_named_by_prefix_and_name(void **unused)
{
	(void)unused;
	is_unit("machine.slice:libpod:0123", "machine.slice", "libpod-0123.scope");
	is_unit("kube-pod1.slice:cri-containerd:ab", "kube-pod1.slice", "cri-containerd-ab.scope");
	is_unit(":docker:x", "system.slice", "docker-x.scope");
	is_unit("machine.slice::x", "machine.slice", "x.scope");
	is_unit("a.slice::b.slice", "a.slice", "b.slice");
	is_unit("a.slice:p:b.slice", "a.slice", "b.slice");
}

static void without_a_path_the_id_names_it(void **unused)
{
	(void)unused;
	is_unit(NULL, "system.slice", "vzrun-web\\x2b1.scope");
	is_unit("", "system.slice", "vzrun-web\\x2b1.scope");
}

static void is_refused(const char *path, const char *message)
{
	struct systemd_unit unit;
	struct err err;

	assert_fails(systemd_unit_parse(path, "web", "system.slice", &unit, &err), &err, ERR_INPUT,
		     message);
}

static void another_form_is_refused(void **unused)
{
	(void)unused;
	is_refused("/vzrun/web", WHERE "\"/vzrun/web\"" FORM);
	is_refused("a.slice:b", WHERE "\"a.slice:b\"" FORM);
	is_refused("a.slice:b:c:d", WHERE "\"a.slice:b:c:d\"" FORM);
	is_refused("a.slice:b:", WHERE "\"a.slice:b:\"" FORM);
	is_refused("a:b:c", WHERE "\"a\" is no name of a systemd slice");
	is_refused(
		"a.slice:b:c/d", WHERE
		"\"b-c/d.scope\" is no name of a systemd unit (letters, digits and :-_.\\@ only)");
}

static void a_long_name_is_refused(void **unused)
{
	char id[260];
	struct systemd_unit unit;
	struct err err;

	(void)unused;
	memset(id, 'x', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	err.msg[0] = '\0';
	assert_int_equal(systemd_unit_parse(NULL, id, "system.slice", &unit, &err), -1);
	assert_non_null(strstr(err.msg, "(it is too long)"));
	/* 255 with "vzrun-" and ".scope" */
	id[243] = '\0';
	assert_ok(systemd_unit_parse(NULL, id, "system.slice", &unit, &err), &err);
	systemd_unit_done(&unit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slice_is_in_the_slices_of_its_name),
		cmocka_unit_test(what_is_no_slice_is_refused),
		cmocka_unit_test(a_scope_is_named_by_prefix_and_name),
		cmocka_unit_test(without_a_path_the_id_names_it),
		cmocka_unit_test(another_form_is_refused),
		cmocka_unit_test(a_long_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
