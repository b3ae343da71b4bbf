/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables themselves: sorted where they are searched, and no row says what can't be. */
#include "config.h"

#include <linux/capability.h>
#include <sys/resource.h>

#include "runtime/spec/mount_options.h"
#include "runtime/spec/parse.h"
#include "tests/unit/unit.h"

static const struct names_table *const all_names[] = {
	&names_capabilities,   &names_io_classes,        &names_memory_flags,
	&names_memory_modes,   &names_namespaces,        &names_personalities,
	&names_rlimits,        &names_root_propagations, &names_sched_flags,
	&names_sched_policies, &names_seccomp_actions,   &names_seccomp_archs,
	&names_seccomp_flags,  &names_seccomp_operators,
};

static void names_are_sorted_and_found(void **state)
{
	(void)state;
	for (size_t t = 0; t < ARRAY_SIZE(all_names); t++) {
		const struct names_table *names = all_names[t];

		for (size_t i = 0; i < names->n; i++) {
			if (i && strcmp(names->rows[i - 1].name, names->rows[i].name) >= 0)
				fail_msg("%s is out of order", names->rows[i].name);
			assert_ptr_equal(names_find(names, names->rows[i].name), &names->rows[i]);
		}
		assert_null(names_find(names, ""));
		assert_null(names_find(names, "~"));
		assert_null(names_find(names, "M"));
	}
}

static void every_capability_has_one_name(void **state)
{
	uint64_t seen = 0;

	(void)state;
	for (size_t i = 0; i < names_capabilities.n; i++) {
		uint64_t bit = 1ULL << names_capabilities.rows[i].value;

		assert_false(seen & bit);
		seen |= bit;
	}
	assert_true(seen == (1ULL << (CAP_LAST_CAP + 1)) - 1);
}

static void every_rlimit_has_one_name(void **state)
{
	uint32_t seen = 0;

	(void)state;
	for (size_t i = 0; i < names_rlimits.n; i++)
		seen |= 1U << names_rlimits.rows[i].value;
	assert_true(seen == (1U << RLIM_NLIMITS) - 1);
	assert_int_equal(names_rlimits.n, RLIM_NLIMITS);
}

static void mount_options_are_sorted_and_applied(void **state)
{
	(void)state;
	for (size_t i = 0; i < mount_options_n; i++) {
		struct spec_mount mount = { 0 };

		if (i && strcmp(mount_options[i - 1].name, mount_options[i].name) >= 0)
			fail_msg("%s is out of order", mount_options[i].name);
		assert_true(mount_options_apply(&mount, mount_options[i].name));
		assert_true((mount_options[i].value & ~mount_options[i].mask) == 0 ||
			    mount_options[i].kind == MOUNT_OPTION_PROPAGATION);
	}
}

/* The spec's own table of options ("Linux mount options"). */
static void every_option_of_the_specification_is_known(void **state)
{
	static const char *const options[] = {
		"async",         "atime",        "bind",
		"defaults",      "dev",          "diratime",
		"dirsync",       "exec",         "idmap",
		"iversion",      "lazytime",     "loud",
		"mand",          "noatime",      "nodev",
		"nodiratime",    "noexec",       "noiversion",
		"nolazytime",    "nomand",       "norelatime",
		"nostrictatime", "nosuid",       "nosymfollow",
		"private",       "ratime",       "rbind",
		"rdev",          "rdiratime",    "relatime",
		"remount",       "rexec",        "ridmap",
		"rnoatime",      "rnodev",       "rnodiratime",
		"rnoexec",       "rnorelatime",  "rnostrictatime",
		"rnosuid",       "rnosymfollow", "ro",
		"rprivate",      "rrelatime",    "rro",
		"rrw",           "rshared",      "rslave",
		"rstrictatime",  "rsuid",        "rsymfollow",
		"runbindable",   "rw",           "shared",
		"silent",        "slave",        "strictatime",
		"suid",          "symfollow",    "sync",
		"tmpcopyup",     "unbindable",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		struct spec_mount mount = { 0 };

		if (!mount_options_apply(&mount, options[i]))
			fail_msg("%s", options[i]);
	}
}

/* ---- the parser's rows ---- */

static bool reads_number(const struct parse_row *row)
{
	return row->fn == parse_int || row->fn == parse_uint;
}

static bool reads_names(const struct parse_row *row)
{
	return row->fn == parse_name || row->fn == parse_flags;
}

static void check_place(const struct parse_row *row, uint64_t most)
{
	if (row->size != 1 && row->size != 2 && row->size != 4 && row->size != 8)
		fail_msg("%s: a place of %u bytes", row->name, row->size);
	if (row->size < 8 && most >> (8 * row->size))
		fail_msg("%s: %llu does not fit in %u bytes", row->name, (unsigned long long)most,
			 row->size);
}

static void check_row(const struct parse_row *row)
{
	if (reads_number(row)) {
		const struct parse_range *range = row->arg;

		if (!range && row->size != 8)
			fail_msg("%s: any number into %u bytes", row->name, row->size);
		check_place(row, range ? range->max : 0);
		if (row->fn == parse_uint && range)
			assert_true(range->min >= 0);
	}
	if (reads_names(row)) {
		const struct names_table *names = row->arg;

		for (size_t i = 0; i < names->n; i++)
			check_place(row, names->rows[i].value);
	}
}

static size_t check_table(const struct parse_table *table)
{
	size_t n = 0;

	for (const struct parse_row *row = table->rows; row < table->rows + table->n; row++) {
		if (row->at >= table->size || row->at_n >= table->size)
			fail_msg("%s: beyond the struct", row->name);
		for (const struct parse_row *other = table->rows; other < row; other++)
			if (strcmp(other->name, row->name) == 0)
				fail_msg("%s: two rows", row->name);
		check_row(row);
		n++;
		if (row->fn == parse_object || row->fn == parse_objects || row->fn == parse_map ||
		    row->fn == parse_mounts)
			n += check_table(row->arg);
	}
	return n;
}

static void every_value_fits_its_place(void **state)
{
	(void)state;
	/* All of them were reached. */
	assert_true(check_table(&parse_config_table) > 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_sorted_and_found),
		cmocka_unit_test(every_capability_has_one_name),
		cmocka_unit_test(every_rlimit_has_one_name),
		cmocka_unit_test(mount_options_are_sorted_and_applied),
		cmocka_unit_test(every_option_of_the_specification_is_known),
		cmocka_unit_test(every_value_fits_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
