/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/network/interfaces: what is ours goes out of it and comes back. */
#include "config.h"

#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/ct/interfaces.h"
#include "tests/unit/unit.h"

static struct netfile_nic ours[] = {
	{ .name = "venet0" },
	{ .name = "eth1", .dhcp4 = true },
	{ .name = "eth2", .dhcp4 = true, .dhcp6 = true },
};
static const struct netfile_nics nics = { .nic = ours, .n = 3 }, none = { 0 };

/* After the edit it is `expected`, after another one still, and without NICs `text` again. */
static void assert_edited(const char *text, const char *expected)
{
	auto_strbuf struct strbuf once = { 0 }, twice = { 0 }, back = { 0 };

	interfaces_edit(text, &nics, &once);
	assert_string_equal(once.text ? once.text : "", expected);
	interfaces_edit(expected, &nics, &twice);
	assert_string_equal(twice.text ? twice.text : "", expected);
	interfaces_edit(expected, &none, &back);
	assert_string_equal(back.text ? back.text : "", text);
}

static void what_names_nothing_of_ours_stays(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"# auto venet0\n",
		("auto lo eth0\niface lo inet loopback\n\niface eth0 inet static\n"
		 "\taddress 10.0.0.1/24\n\tup echo venet0\n"),
		"iface eth10 inet manual\niface eth1.5 inet manual\nauto venet01\n",
		"source /etc/network/interfaces.d/*\nauto",
		"iface eth0 inet manual \\\n",
		"iface eth0 inet manual\\",
		"iface\n",
		"\\\n\n \\",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_edited(texts[i], texts[i]);
}

static void a_stanza_of_ours_is_off_with_its_options(void **state)
{
	(void)state;
	assert_edited("iface lo inet loopback\n"
		      "iface venet0 inet static\n"
		      "\taddress 127.0.0.2\n"
		      "\n"
		      "# a word of theirs\n"
		      "\tup ip route add default dev venet0\n"
		      "iface eth0 inet dhcp\n"
		      "\thostname x\n",
		      "iface lo inet loopback\n"
		      "#vzrun off: iface venet0 inet static\n"
		      "#vzrun off: \taddress 127.0.0.2\n"
		      "\n"
		      "# a word of theirs\n"
		      "#vzrun off: \tup ip route add default dev venet0\n"
		      "iface eth0 inet dhcp\n"
		      "\thostname x\n");
}

static void aliases_go_along(void **state)
{
	(void)state;
	assert_edited("auto venet0:0\niface venet0:0 inet static\n address 10.0.0.1\n",
		      "#vzrun off: auto venet0:0\n#vzrun off: iface venet0:0 inet static\n"
		      "#vzrun off:  address 10.0.0.1\n");
}

static void lists_lose_the_names_of_ours(void **state)
{
	(void)state;
	assert_edited("auto lo venet0 eth0\nallow-hotplug venet0\nauto eth0\n",
		      "#vzrun was: auto lo venet0 eth0\nauto lo eth0\n"
		      "#vzrun off: allow-hotplug venet0\nauto eth0\n");
	assert_edited(
		"auto venet0 lo\nauto eth0 venet0\n",
		"#vzrun was: auto venet0 lo\nauto lo\n#vzrun was: auto eth0 venet0\nauto eth0\n");
	assert_edited("auto lo\\ venet0\nauto eth0\n",
		      "#vzrun was: auto lo\\ venet0\nauto lo\\ \nauto eth0\n");
}

static void joined_lines_are_one(void **state)
{
	(void)state;
	assert_edited(
		"auto lo \\\n venet0\niface venet0 \\\n inet dhcp\n hostname \\\n a\nauto lo\n",
		"#vzrun was: auto lo \\\n#vzrun was:  venet0\nauto lo\n"
		"#vzrun off: iface venet0 \\\n#vzrun off:  inet dhcp\n"
		"#vzrun off:  hostname \\\n#vzrun off:  a\nauto lo\n");
}

static void what_others_changed_behind_a_mark_stays(void **state)
{
	auto_strbuf struct strbuf out = { 0 };

	(void)state;
	interfaces_edit("#vzrun was: auto lo venet0\niface lo inet loopback\n"
			"#vzrun was: auto lo venet0\nauto lo eth5\n#vzrun was: auto lo eth1\n",
			&none, &out);
	assert_string_equal(out.text, "auto lo venet0\niface lo inet loopback\n"
				      "auto lo venet0\nauto lo eth5\nauto lo eth1\n");
}

static void dhcp_is_asked_for_as_this_ifupdown_can(void **state)
{
	auto_strbuf struct strbuf debian = { 0 }, busybox = { 0 }, nothing = { 0 };

	(void)state;
	interfaces_emit_dhcp(&nics, true, &debian);
	assert_string_equal(debian.text,
			    "auto eth1\niface eth1 inet dhcp\n"
			    "auto eth2\niface eth2 inet dhcp\niface eth2 inet6 dhcp\n");
	interfaces_emit_dhcp(&nics, false, &busybox);
	assert_string_equal(busybox.text, "auto eth1\niface eth1 inet dhcp\n"
					  "auto eth2\niface eth2 inet dhcp\n");
	interfaces_emit_dhcp(&none, true, &nothing);
	assert_int_equal(nothing.len, 0);
}

static void sources_are_found(void **state)
{
	auto_strv char **found =
		interfaces_sources("# source /x\nsource interfaces.d/* /y/z\n"
				   "iface lo inet loopback\n  source-directory /d\n"
				   "sourced /no\nsource \\\n  /joined\nsource");
	auto_strv char **nothing = interfaces_sources("");

	(void)state;
	assert_int_equal(strv_len(found), 4);
	assert_string_equal(found[0], "interfaces.d/*");
	assert_string_equal(found[1], "/y/z");
	assert_string_equal(found[2], "/d/");
	assert_string_equal(found[3], "/joined");
	assert_non_null(nothing);
	assert_null(nothing[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_names_nothing_of_ours_stays),
		cmocka_unit_test(a_stanza_of_ours_is_off_with_its_options),
		cmocka_unit_test(aliases_go_along),
		cmocka_unit_test(lists_lose_the_names_of_ours),
		cmocka_unit_test(joined_lines_are_one),
		cmocka_unit_test(what_others_changed_behind_a_mark_stays),
		cmocka_unit_test(dhcp_is_asked_for_as_this_ifupdown_can),
		cmocka_unit_test(sources_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
