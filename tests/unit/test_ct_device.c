/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DEVNODES, DEVICES and the features that are a device. */
#include "config.h"

#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/ct/device.h"
#include "runtime/ct/vz.h"
#include "tests/unit/unit.h"

static struct device rule(const char *word)
{
	struct device device;
	struct err err;

	assert_ok(device_parse_rule(word, "--devices", &device, &err), &err);
	return device;
}

static void rules_are_read(void **state)
{
	struct device device = rule("c:10:200:rw");

	(void)state;
	assert_int_equal(device.type, 'c');
	assert_int_equal(device.major, 10);
	assert_int_equal(device.minor, 200);
	assert_false(device.any_minor);
	assert_true(device.read && device.write);
	assert_true(device_has_node(&device));
	device = rule("b:8:all:rq");
	assert_int_equal(device.type, 'b');
	assert_true(device.any_minor && device.read && !device.write);
	assert_false(device_has_node(&device));
	device = rule("c:4095:1048575:none");
	assert_false(device.read || device.write || device_has_node(&device));
	device = rule("c:1:3:q");
	assert_false(device.read || device.write);
}

static void bad_rules_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"c",
		"c:10:200",
		"c:10:200:",
		"c:10:200:x",
		"c:10:200:rwm",
		"c:10:200:rw:",
		":c:10:200:rw",
		"c::10:200:rw",
		"p:10:200:rw",
		"cc:10:200:rw",
		"c:all:200:rw",
		"c:-1:200:rw",
		"c:4096:200:rw",
		"c:10:1048576:rw",
		"c:10:99999999999999999999:rw",
		"c:10:0x10:rw",
		"c:10: 200:rw",
		"a:all:all:rw",
	};
	struct device device;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(device_parse_rule(bad[i], "--devices", &device, &err), -1);
		assert_int_equal(err.code, ERR_INPUT);
		assert_non_null(strstr(err.msg, "--devices"));
	}
}

static void node_names_are_read(void **state)
{
	struct device device;
	struct err err;

	(void)state;
	assert_ok(device_parse_node("net/tun:rw", "--devnodes", &device, &err), &err);
	assert_string_equal(device.name, "net/tun");
	assert_true(device.read && device.write);
	assert_false(device_has_node(&device)); /* nobody has looked yet what it is */
	assert_ok(device_parse_node("a:b:none", "--devnodes", &device, &err), &err);
	assert_string_equal(device.name, "a:b");
	assert_false(device.read);
}

static void node_names_lead_to_below_dev_only(void **state)
{
	static const char *const bad[] = {
		"",
		":rw",
		"fuse",
		"/dev/fuse:rw",
		"../etc/passwd:rw",
		"net/../x:rw",
		"..:rw",
		".:rw",
		"net//tun:rw",
		"net/:rw",
		"a b:rw",
		"a\n:rw",
		"fuse:",
		"fuse:rx",
		".vzrun:rw",
		".vzrun/n:rw",
		"a\"b:rw",
	};
	char too_long[DEVICE_NAME_SIZE + 8];
	struct device device;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(device_parse_node(bad[i], "--devnodes", &device, &err), -1);
		assert_int_equal(err.code, ERR_INPUT);
	}
	memset(too_long, 'a', sizeof(too_long));
	strcpy(too_long + DEVICE_NAME_SIZE, ":rw");
	assert_int_equal(device_parse_node(too_long, "--devnodes", &device, &err), -1);
}

static void a_word_replaces_that_of_its_device(void **state)
{
	static const char *const cases[][3] = {
		{ NULL, "c:10:200:rw", "c:10:200:rw" },
		{ "c:10:200:rw ", "c:10:200:none", "c:10:200:none" },
		{ "c:10:200:rw b:8:0:r", "c:10:200:r", "b:8:0:r c:10:200:r" },
		{ "c:10:20:rw", "c:10:200:rw", "c:10:20:rw c:10:200:rw" },
		{ "net/tun:rw fuse:r", "fuse:rw", "net/tun:rw fuse:rw" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *text = device_set_word(cases[i][0], cases[i][1]);

		assert_string_equal(text, cases[i][2]);
	}
}

static void a_conf_is_read(void **state)
{
	auto_device_list struct device_list list = { 0 };
	struct err err;

	(void)state;
	assert_ok(device_read("nfs:on tun:on ppp:off", "fuse:r", "c:10:200:none b:8:all:w", &list,
			      &err),
		  &err);
	assert_int_equal(list.n, 4);
	assert_string_equal(list.list[0].name, "net/tun");
	assert_int_equal(list.list[0].major, 10);
	assert_string_equal(list.list[1].name, "fuse");
	assert_int_equal(list.list[1].type, 0);
	assert_string_equal(list.list[2].name, "");
	assert_true(list.list[3].any_minor);
	device_done(&list);
	assert_int_equal(device_read(NULL, NULL, "rubbish", &list, &err), -1);
	assert_int_equal(device_read(NULL, "rubbish", NULL, &list, &err), -1);
	assert_int_equal(device_read("rubbish", NULL, NULL, &list, &err), -1);
	assert_ok(device_read(NULL, NULL, NULL, &list, &err), &err);
	assert_int_equal(list.n, 0);
}

static void what_was_said_before_is_taken_back(void **state)
{
	struct device devices[] = { rule("c:10:200:r"), rule("b:8:all:none"), { .name = "x" } };
	const struct device_list list = { devices, ARRAY_SIZE(devices) };
	struct spec_device_rule *rules;
	struct err err;
	size_t n;

	(void)state;
	assert_ok(device_rules(&list, &rules, &n, &err), &err);
	assert_int_equal(n, 4);
	assert_true(!rules[0].allow && rules[0].type == 'a' && rules[0].mknod);
	assert_true(!rules[1].allow && rules[1].read && rules[1].write && rules[1].minor == 200);
	assert_true(rules[2].allow && rules[2].read && !rules[2].write && !rules[2].mknod);
	assert_true(!rules[3].allow && rules[3].type == 'b' && rules[3].minor == -1);
	free(rules);
}

static void what_the_host_lacks_is_told(void **state)
{
	struct device device = { .name = "no/such/node", .read = true };
	struct err err;

	(void)state;
	assert_int_equal(device_find(&device, &err), -1);
	assert_int_equal(err.code, VZ_ERR(VZ_DEVICES));
	assert_non_null(strstr(err.msg, "/dev/no/such/node"));
	strcpy(device.name, "shm"); /* a folder */
	assert_int_equal(device_find(&device, &err), -1);
	assert_int_equal(err.code, VZ_ERR(VZ_DEVICES));
	strcpy(device.name, "null");
	assert_ok(device_find(&device, &err), &err);
	assert_int_equal(device.major, 1);
	assert_int_equal(device.minor, 3);
	assert_int_equal(device.mode, 0666);
}

static void hidden_nodes_have_the_number_for_a_name(void **state)
{
	struct device device = rule("c:10:200:rw");
	char path[DEVICE_HIDDEN_SIZE];

	(void)state;
	assert_string_equal(device_hidden(path, &device), "/dev/.vzrun/nodes/c10:200");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_read),
		cmocka_unit_test(bad_rules_are_refused),
		cmocka_unit_test(node_names_are_read),
		cmocka_unit_test(node_names_lead_to_below_dev_only),
		cmocka_unit_test(a_word_replaces_that_of_its_device),
		cmocka_unit_test(a_conf_is_read),
		cmocka_unit_test(what_was_said_before_is_taken_back),
		cmocka_unit_test(what_the_host_lacks_is_told),
		cmocka_unit_test(hidden_nodes_have_the_number_for_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
