/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <linux/mount.h>

#include "runtime/spec/mount_options.h"
#include "tests/unit/spec_text.h"

/* The mount that these options (separated by commas) make of an empty one. */
static struct spec_mount with(const char *options)
{
	auto_strv char **list = strv_split(options, ",");
	struct spec_mount mount = { 0 };

	for (char **option = list; *option; option++)
		if (!mount_options_apply(&mount, *option))
			fail_msg("unknown: %s", *option);
	return mount;
}

/* ---- options ---- */

static void attributes_are_set_and_cleared(void **state)
{
	struct spec_mount mount = with("ro,nosuid,nodev,noexec,nodiratime,nosymfollow");
	const uint64_t all = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			     MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOSYMFOLLOW;

	(void)state;
	assert_true(mount.attr_set == all && mount.attr_clr == 0);
	mount = with("rw,suid,dev,exec,diratime,symfollow");
	assert_true(mount.attr_set == 0 && mount.attr_clr == all);
	assert_true(mount.rec_attr_set == 0 && mount.rec_attr_clr == 0);
}

static void the_last_word_counts(void **state)
{
	struct spec_mount mount = with("ro,rw");

	(void)state;
	assert_true(mount.attr_set == 0 && mount.attr_clr == MOUNT_ATTR_RDONLY);
	mount = with("suid,nosuid");
	assert_true(mount.attr_set == MOUNT_ATTR_NOSUID && mount.attr_clr == 0);
	mount = with("rprivate,rshared");
	assert_true(mount.propagation == (MS_SHARED | MS_REC));
	mount = with("sync,async,dirsync,lazytime,nolazytime");
	assert_false(mount.sync || mount.lazytime);
	assert_true(mount.dirsync);
}

/* mount_setattr(2): whoever sets one of them must clear all of MOUNT_ATTR__ATIME. */
static void access_times_exclude_each_other(void **state)
{
	static const struct {
		const char *options;
		uint64_t set;
	} rows[] = {
		{ "relatime", MOUNT_ATTR_RELATIME },
		{ "noatime", MOUNT_ATTR_NOATIME },
		{ "strictatime", MOUNT_ATTR_STRICTATIME },
		{ "strictatime,noatime", MOUNT_ATTR_NOATIME },
		{ "noatime,strictatime", MOUNT_ATTR_STRICTATIME },
		{ "noatime,relatime", MOUNT_ATTR_RELATIME },
		{ "noatime,atime", MOUNT_ATTR_RELATIME },
		{ "strictatime,atime", MOUNT_ATTR_STRICTATIME },
		{ "strictatime,nostrictatime", MOUNT_ATTR_RELATIME },
		{ "noatime,nostrictatime", MOUNT_ATTR_NOATIME },
		{ "noatime,norelatime", MOUNT_ATTR_NOATIME },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct spec_mount mount = with(rows[i].options);

		if (mount.attr_set != rows[i].set || mount.attr_clr != MOUNT_ATTR__ATIME)
			fail_msg("%s: %#lx, %#lx", rows[i].options, (long)mount.attr_set,
				 (long)mount.attr_clr);
	}
}

static void norelatime_alone_asks_for_nothing(void **state)
{
	struct spec_mount mount = with("norelatime,defaults,rnorelatime");

	(void)state;
	assert_true(mount.attr_set == 0 && mount.attr_clr == 0);
	assert_true(mount.rec_attr_set == 0 && mount.rec_attr_clr == 0);
}

static void recursive_attributes_are_apart(void **state)
{
	struct spec_mount mount = with("ro,rrw,rnosuid,rdev,rnoatime");

	(void)state;
	assert_true(mount.attr_set == MOUNT_ATTR_RDONLY && mount.attr_clr == 0);
	assert_true(mount.rec_attr_set == (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOATIME));
	assert_true(mount.rec_attr_clr ==
		    (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR__ATIME));
}

static void propagation_is_mount_2s(void **state)
{
	static const struct {
		const char *option;
		unsigned long flags;
	} rows[] = {
		{ "private", MS_PRIVATE },       { "rprivate", MS_PRIVATE | MS_REC },
		{ "shared", MS_SHARED },         { "rshared", MS_SHARED | MS_REC },
		{ "slave", MS_SLAVE },           { "rslave", MS_SLAVE | MS_REC },
		{ "unbindable", MS_UNBINDABLE }, { "runbindable", MS_UNBINDABLE | MS_REC },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_true(with(rows[i].option).propagation == rows[i].flags);
}

static void words_switch_things_on_and_off(void **state)
{
	struct spec_mount mount = with("remount,tmpcopyup,src-nofollow,dest-nofollow,copy-symlink,"
				       "sync,dirsync,mand,lazytime,iversion,silent");

	(void)state;
	assert_true(mount.remount && mount.tmpcopyup && mount.src_nofollow && mount.dest_nofollow &&
		    mount.copy_symlink);
	assert_true(mount.sync && mount.dirsync && mount.mand && mount.lazytime && mount.iversion &&
		    mount.silent);
	mount = with("silent,loud,mand,nomand,iversion,noiversion");
	assert_false(mount.silent || mount.mand || mount.iversion);
}

static void other_words_are_the_file_systems(void **state)
{
	static const char *const words[] = { "",    "size=1k", "RO",    "ro ",   "mode=755",
					     "acl", "nobind",  "rocky", "gid=5", "zzz" };
	struct spec_mount mount = { 0 }, untouched = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		assert_false(mount_options_apply(&mount, words[i]));
	assert_memory_equal(&mount, &untouched, sizeof(mount));
}

/* ---- mounts in a spec ---- */

static void a_mount_arrives(void **state)
{
	auto_spec struct spec *spec =
		spec_from(MOUNT, "'destination':'/dev','type':'tmpfs','source':'tmpfs',"
				 "'options':['nosuid','mode=755','','ro','size=64k']");
	const struct spec_mount *mount = spec->mounts;

	(void)state;
	assert_int_equal(spec->mounts_n, 1);
	assert_string_equal(mount->destination, "/dev");
	assert_string_equal(mount->type, "tmpfs");
	assert_string_equal(mount->source, "tmpfs");
	assert_true(mount->attr_set == (MOUNT_ATTR_NOSUID | MOUNT_ATTR_RDONLY));
	assert_strv(mount->data, "mode=755", "size=64k");
	assert_false(mount->bind);
}

static void without_options_of_its_own_a_mount_has_no_data(void **state)
{
	auto_spec struct spec *spec =
		spec_from(MOUNT, "'destination':'/a','type':'proc','options':['ro']");

	(void)state;
	assert_null(spec->mounts->data);
	assert_null(spec->mounts->source);
}

static void bind_mounts_are_bind_whatever_their_type(void **state)
{
	static const char *const rows[] = {
		"'destination':'/a','source':'/b','options':['rbind']",
		"'destination':'/a','source':'/b','type':'none','options':['bind']",
		"'destination':'/a','source':'/b','type':'bind'",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_spec struct spec *spec = spec_from(MOUNT, rows[i]);

		assert_true(spec->mounts->bind);
		assert_int_equal(spec->mounts->rbind, i == 0);
		assert_string_equal(spec->mounts->type, "bind");
	}
}

static void destinations_are_cleaned(void **state)
{
	auto_spec struct spec *spec =
		spec_from(MOUNT, "'destination':'a//b/./../c/','type':'tmpfs'");

	(void)state;
	assert_string_equal(spec->mounts->destination, "/a/c");
}

/* Only the very same mount twice is a mistake. */
static void mounting_over_a_mount_is_taken(void **state)
{
	auto_spec struct spec *spec =
		spec_from(TOP, "'mounts':[{'destination':'/a','type':'tmpfs'},"
			       "{'destination':'/a','type':'tmpfs','options':['ro']},"
			       "{'destination':'/a','type':'tmpfs','options':['ro','nosuid']},"
			       "{'destination':'/a','type':'tmpfs','options':['nosuid','ro']},"
			       "{'destination':'/a','type':'proc'},"
			       "{'destination':'/a','type':'tmpfs','source':'x'},"
			       "{'destination':'/b','type':'tmpfs'}]");

	(void)state;
	assert_int_equal(spec->mounts_n, 7);
	assert_string_equal(spec->mounts[4].type, "proc");
}

/* ---- id maps of mounts ---- */

static void mappings_make_an_idmapped_mount(void **state)
{
	auto_spec struct spec *spec =
		spec_from(MOUNT, "'destination':'/a','source':'/b','options':['bind'],"
				 "'uidMappings':[{'containerID':0,'hostID':5,'size':1}],"
				 "'gidMappings':[{'containerID':0,'hostID':6,'size':2}]");
	auto_spec struct spec *recursive =
		spec_from(MOUNT, "'destination':'/a','source':'/b','options':['rbind','ridmap'],"
				 "'uidMappings':[{'containerID':0,'hostID':5,'size':1}],"
				 "'gidMappings':[{'containerID':0,'hostID':6,'size':2}]");

	(void)state;
	assert_true(spec->mounts->idmap && !spec->mounts->ridmap);
	assert_int_equal(spec->mounts->gid_mappings.map[0].host_id, 6);
	assert_true(recursive->mounts->ridmap && !recursive->mounts->idmap);
}

static void the_containers_own_map_serves_too(void **state)
{
	auto_spec struct spec *spec = spec_from(
		TOP, "'mounts':[{'destination':'/a','source':'/b','options':['bind','idmap']}],"
		     "'linux':{'namespaces':[{'type':'user','path':'/x'}]}");

	(void)state;
	assert_true(spec->mounts->idmap);
	assert_int_equal(spec->mounts->uid_mappings.n, 0);
}

/* crun.1, "idmap mount options" */
static void mappings_are_read_from_the_option(void **state)
{
	auto_spec struct spec *spec =
		spec_from(TOP, "'mounts':[{'destination':'/a','source':'/b','options':"
			       "['bind','idmap=uids=0-1-10#10-11-5;gids=@1-3-10']}],"
			       "'linux':{'namespaces':[{'type':'user'}],"
			       "'uidMappings':[{'containerID':0,'hostID':1000,'size':100}],"
			       "'gidMappings':[{'containerID':0,'hostID':100000,'size':100}]}");
	const struct spec_mount *mount = spec->mounts;

	(void)state;
	assert_true(mount->idmap);
	assert_null(mount->data);
	assert_int_equal(mount->uid_mappings.n, 2);
	assert_int_equal(mount->uid_mappings.map[1].container_id, 10);
	assert_int_equal(mount->uid_mappings.map[1].host_id, 11);
	assert_int_equal(mount->uid_mappings.map[1].size, 5);
	assert_int_equal(mount->gid_mappings.n, 1);
	assert_int_equal(mount->gid_mappings.map[0].container_id, 1);
	assert_int_equal(mount->gid_mappings.map[0].host_id, 100003);
}

/* In a spec where idmap alone would do. */
static void broken_mappings_are_refused(void **state)
{
	static const char *const bad[] = {
		"uids=",
		"uids=0-1-0",
		"uids=0-1-1;gids=",
		"uids=0-1-1#",
		"uids=a-1-1",
		"uids=0-1-1-1",
		"uids=0--1-1",
		"uids=0-1-1x",
		"uids=4294967295-0-2",
		"uids=0-1",
		"uids=0-1-",
		"uids=0-1-1-",
		"uids=0-1-1gids=",
		"0-1-1",
		"",
		"uids=0-99999999999999999999-1",
		"uids=@100-0-1x",
		"gids=@0-100-1",
		"uids=0-1-1;;gids=0-1-1",
		"uids=0-1-1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_free char *part = str_dupf(
			"'mounts':[{'destination':'/a','source':'/b','options':['bind','idmap=%s']}],"
			"'linux':{'namespaces':[{'type':'user'}],"
			"'uidMappings':[{'containerID':0,'hostID':1000,'size':100}],"
			"'gidMappings':[{'containerID':0,'hostID':100000,'size':100}]}",
			bad[i]);
		auto_free char *text = spec_text(TOP, part);
		struct spec *spec = NULL;
		struct err err;

		if (spec_parse(text, strlen(text), "c", &spec, &err) == 0)
			fail_msg("accepted: %s", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_are_set_and_cleared),
		cmocka_unit_test(the_last_word_counts),
		cmocka_unit_test(access_times_exclude_each_other),
		cmocka_unit_test(norelatime_alone_asks_for_nothing),
		cmocka_unit_test(recursive_attributes_are_apart),
		cmocka_unit_test(propagation_is_mount_2s),
		cmocka_unit_test(words_switch_things_on_and_off),
		cmocka_unit_test(other_words_are_the_file_systems),
		cmocka_unit_test(a_mount_arrives),
		cmocka_unit_test(without_options_of_its_own_a_mount_has_no_data),
		cmocka_unit_test(bind_mounts_are_bind_whatever_their_type),
		cmocka_unit_test(destinations_are_cleaned),
		cmocka_unit_test(mounting_over_a_mount_is_taken),
		cmocka_unit_test(mappings_make_an_idmapped_mount),
		cmocka_unit_test(the_containers_own_map_serves_too),
		cmocka_unit_test(mappings_are_read_from_the_option),
		cmocka_unit_test(broken_mappings_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
