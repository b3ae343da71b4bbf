/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in the section "linux" arrives in struct spec. */
#include "config.h"

#include <linux/mempolicy.h>
#include <sys/mount.h>
#include <sys/personality.h>

#include "tests/unit/spec_text.h"

/* ---- linux ---- */

static void namespaces_and_maps_arrive(void **state)
{
	auto_spec struct spec *spec = spec_from(
		LIN_ONLY, "'namespaces':[{'type':'user'},{'type':'network','path':'/run/netns/a'},"
			  "{'type':'time'}],"
			  "'uidMappings':[{'containerID':0,'hostID':1000,'size':1},"
			  "{'containerID':1,'hostID':100000,'size':65535}],"
			  "'gidMappings':[{'containerID':0,'hostID':0,'size':4294967295}],"
			  "'timeOffsets':{'monotonic':{'secs':-5,'nanosecs':7},'boottime':{}}");
	const struct spec_linux *lin = &spec->lin;

	(void)state;
	assert_true(spec_ns_new(spec, NS_USER) && spec_ns_new(spec, NS_TIME));
	assert_true(lin->ns[NS_NET].given);
	assert_false(spec_ns_new(spec, NS_NET));
	assert_string_equal(lin->ns[NS_NET].path, "/run/netns/a");
	assert_false(lin->ns[NS_PID].given);
	assert_int_equal(lin->uid_mappings.n, 2);
	assert_int_equal(lin->uid_mappings.map[1].container_id, 1);
	assert_int_equal(lin->uid_mappings.map[1].host_id, 100000);
	assert_int_equal(lin->uid_mappings.map[1].size, 65535);
	assert_int_equal(lin->gid_mappings.map[0].size, UINT32_MAX);
	assert_true(lin->monotonic.given && lin->boottime.given);
	assert_true(lin->monotonic.secs == -5 && lin->monotonic.nanosecs == 7);
	assert_true(lin->boottime.secs == 0);
}

/* A user namespace and a map of so many lines. */
static char *maps_of(int lines)
{
	auto_strbuf struct strbuf sb = { 0 };

	strbuf_add(&sb, "'namespaces':[{'type':'user'}],"
			"'gidMappings':[{'containerID':0,'hostID':1,'size':1}],'uidMappings':[");
	for (int i = 0; i < lines; i++)
		strbuf_addf(&sb, "%s{'containerID':%d,'hostID':%d,'size':1}", i ? "," : "", i, i);
	strbuf_add(&sb, "]");
	return strbuf_steal(&sb);
}

/* user_namespaces(7): 340 lines */
static void maps_are_as_long_as_the_kernel_takes(void **state)
{
	auto_free char *most = maps_of(340), *more = maps_of(341);
	auto_free char *text = spec_text(LIN_ONLY, more);
	auto_spec struct spec *spec = spec_from(LIN_ONLY, most);
	struct spec *none = NULL;
	struct err err;

	(void)state;
	assert_int_equal(spec->lin.uid_mappings.n, 340);
	assert_fails(spec_parse(text, strlen(text), "c", &none, &err), &err, ERR_INPUT,
		     "c: linux.uidMappings: has 341 entries, the kernel takes 340");
}

/* containerd and CRI-O write both. */
static void a_joined_user_namespace_may_repeat_its_maps(void **state)
{
	auto_spec struct spec *spec =
		spec_from(LIN_ONLY, "'namespaces':[{'type':'user','path':'/x'}],"
				    "'uidMappings':[{'containerID':0,'hostID':1,'size':1}]");
	auto_spec struct spec *bare =
		spec_from(LIN_ONLY, "'namespaces':[{'type':'user','path':'/x'}]");

	(void)state;
	assert_int_equal(spec->lin.uid_mappings.n, 1);
	assert_int_equal(bare->lin.uid_mappings.n, 0);
}

static void devices_arrive(void **state)
{
	auto_spec struct spec *spec = spec_from(
		LINUX, "'devices':[{'path':'/dev//./fuse','type':'c','major':10,'minor':229,"
		       "'fileMode':8630,'uid':1,'gid':2},{'path':'/p','type':'p'},"
		       "{'path':'/dev/fuse','type':'u','major':10,'minor':229}],"
		       "'netDevices':{'eth0':{'name':'ct%d'},'eth1':{},'eth2':{'name':'ct%d'}}");
	const struct spec_linux *lin = &spec->lin;

	(void)state;
	assert_int_equal(lin->devices_n, 3);
	assert_string_equal(lin->devices[0].path, "/dev/fuse");
	assert_int_equal(lin->devices[0].type, 'c');
	assert_int_equal(lin->devices[0].major, 10);
	assert_int_equal(lin->devices[0].minor, 229);
	assert_opt(lin->devices[0].file_mode, 0666);
	assert_opt(lin->devices[0].uid, 1);
	assert_opt(lin->devices[0].gid, 2);
	assert_false(lin->devices[1].file_mode.given);
	assert_int_equal(lin->devices[1].type, 'p');
	assert_int_equal(lin->net_devices_n, 3);
	assert_string_equal(lin->net_devices[0].host_name, "eth0");
	assert_string_equal(lin->net_devices[0].name, "ct%d");
	assert_string_equal(lin->net_devices[1].name, "eth1");
}

static void the_rest_of_linux_arrives(void **state)
{
	auto_spec struct spec *spec = spec_from(
		LINUX, "'cgroupsPath':'system.slice:vzrun:a..b','rootfsPropagation':'rslave',"
		       "'maskedPaths':['/proc/./kcore'],'readonlyPaths':[],"
		       "'mountLabel':'m','personality':{'domain':'LINUX32','flags':[]},"
		       "'memoryPolicy':{'mode':'MPOL_WEIGHTED_INTERLEAVE','nodes':'2-3',"
		       "'flags':['MPOL_F_STATIC_NODES']},"
		       "'intelRdt':{'closID':'/','l3CacheSchema':'L3:0=f','memBwSchema':'MB:0=20',"
		       "'schemata':['L2:0=f'],'enableMonitoring':true}");
	const struct spec_linux *lin = &spec->lin;

	(void)state;
	assert_string_equal(lin->cgroups_path, "system.slice:vzrun:a..b");
	assert_true(lin->rootfs_propagation == (MS_SLAVE | MS_REC));
	assert_strv(lin->masked_paths, "/proc/kcore");
	assert_null(lin->readonly_paths);
	assert_string_equal(lin->mount_label, "m");
	assert_true(lin->personality.given);
	assert_true(lin->personality.domain == PER_LINUX32);
	assert_int_equal(lin->memory_policy.mode, 6);
	assert_int_equal(lin->memory_policy.flags, MPOL_F_STATIC_NODES);
	assert_string_equal(lin->memory_policy.nodes, "2-3");
	assert_true(lin->intel_rdt.given && lin->intel_rdt.enable_monitoring);
	assert_string_equal(lin->intel_rdt.clos_id, "/");
	assert_string_equal(lin->intel_rdt.l3_cache_schema, "L3:0=f");
	assert_string_equal(lin->intel_rdt.mem_bw_schema, "MB:0=20");
	assert_strv(lin->intel_rdt.schemata, "L2:0=f");
}

/* sysctl.d(5): the first separator decides which one it is. */
static void sysctls_become_paths(void **state)
{
	static const struct {
		const char *name, *path;
	} rows[] = {
		{ "net.ipv4.ip_forward", "net/ipv4/ip_forward" },
		{ "net/ipv4/ip_forward", "net/ipv4/ip_forward" },
		{ "net.ipv4.conf.eth0/1.rp_filter", "net/ipv4/conf/eth0.1/rp_filter" },
		{ "net/ipv4/conf/eth0.1/rp_filter", "net/ipv4/conf/eth0.1/rp_filter" },
		{ "kernel.shm_rmid_forced", "kernel/shm_rmid_forced" },
		{ "fs.mqueue.msg_max", "fs/mqueue/msg_max" },
		{ "kernel.domainname", "kernel/domainname" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_free char *text = str_dupf("'sysctl':{'%s':'1'}", rows[i].name);
		auto_spec struct spec *spec = spec_from(LINUX, text);

		assert_int_equal(spec->lin.sysctl_n, 1);
		assert_string_equal(spec->lin.sysctl[0].key, rows[i].path);
		assert_string_equal(spec->lin.sysctl[0].value, "1");
	}
}

static void resources_arrive(void **state)
{
	auto_spec struct spec *spec = spec_from(
		RESOURCES,
		"'devices':[{'allow':false,'access':'rwm'},{'allow':true,'type':'c','major':1,"
		"'minor':null,'access':'r'}],"
		"'memory':{'limit':-1,'reservation':2,'swap':3,'kernel':4,'kernelTCP':5,"
		"'swappiness':0,'disableOOMKiller':true,'useHierarchy':false,"
		"'checkBeforeUpdate':true},"
		"'cpu':{'shares':1024,'quota':50000,'burst':50000,'period':100000,"
		"'realtimeRuntime':1,'realtimePeriod':2,'cpus':'0-1','mems':'0','idle':1},"
		"'pids':{'limit':0},'unified':{'memory.high':'max'},"
		"'hugepageLimits':[{'pageSize':'64KB','limit':0}],"
		"'network':{'classID':1048577,'priorities':[{'name':'eth0','priority':5}]},"
		"'rdma':{'mlx5_1':{'hcaHandles':3}}");
	const struct spec_resources *r = &spec->lin.resources;

	(void)state;
	assert_int_equal(r->devices_n, 2);
	assert_true(!r->devices[0].allow && r->devices[0].type == 'a' &&
		    r->devices[0].major == -1 && r->devices[0].minor == -1);
	assert_true(r->devices[0].read && r->devices[0].write && r->devices[0].mknod);
	assert_true(r->devices[1].allow && r->devices[1].type == 'c' && r->devices[1].major == 1 &&
		    r->devices[1].minor == -1);
	assert_true(r->devices[1].read && !r->devices[1].write && !r->devices[1].mknod);
	assert_opt(r->memory.limit, -1);
	assert_opt(r->memory.reservation, 2);
	assert_opt(r->memory.swap, 3);
	assert_opt(r->memory.kernel, 4);
	assert_opt(r->memory.kernel_tcp, 5);
	assert_opt(r->memory.swappiness, 0);
	assert_opt(r->memory.disable_oom_killer, true);
	assert_opt(r->memory.use_hierarchy, false);
	assert_opt(r->memory.check_before_update, true);
	assert_opt(r->cpu.shares, 1024);
	assert_opt(r->cpu.quota, 50000);
	assert_opt(r->cpu.burst, 50000);
	assert_opt(r->cpu.period, 100000);
	assert_opt(r->cpu.realtime_runtime, 1);
	assert_opt(r->cpu.realtime_period, 2);
	assert_opt(r->cpu.idle, 1);
	assert_string_equal(r->cpu.cpus, "0-1");
	assert_string_equal(r->cpu.mems, "0");
	assert_opt(r->pids_limit, 0);
	assert_string_equal(r->unified[0].key, "memory.high");
	assert_string_equal(r->unified[0].value, "max");
	assert_string_equal(r->hugepages[0].page_size, "64KB");
	assert_opt(r->network_class_id, 1048577);
	assert_string_equal(r->network_priorities[0].name, "eth0");
	assert_int_equal(r->network_priorities[0].priority, 5);
	assert_string_equal(r->rdma[0].device, "mlx5_1");
	assert_opt(r->rdma[0].hca_handles, 3);
	assert_false(r->rdma[0].hca_objects.given);
}

static void block_io_arrives(void **state)
{
	auto_spec struct spec *spec = spec_from(
		RESOURCES, "'blockIO':{'weight':10,'leafWeight':0,"
			   "'weightDevice':[{'major':8,'minor':0,'weight':500,'leafWeight':300}],"
			   "'throttleReadBpsDevice':[{'major':8,'minor':1,'rate':600}],"
			   "'throttleWriteBpsDevice':[{'major':8,'minor':2,'rate':0}],"
			   "'throttleReadIOPSDevice':[{'major':8,'minor':3,'rate':1}],"
			   "'throttleWriteIOPSDevice':[{'major':8,'minor':4,'rate':2},"
			   "{'major':8,'minor':5,'rate':18446744073709551615}]}");
	const struct spec_block_io *io = &spec->lin.resources.block_io;

	(void)state;
	assert_opt(io->weight, 10);
	assert_opt(io->leaf_weight, 0);
	assert_int_equal(io->weight_devices_n, 1);
	assert_opt(io->weight_devices[0].leaf_weight, 300);
	for (int kind = 0; kind < THROTTLE_KINDS; kind++)
		assert_int_equal(io->throttle[kind][0].minor, kind + 1);
	assert_int_equal(io->throttle_n[THROTTLE_READ_BPS], 1);
	assert_int_equal(io->throttle_n[THROTTLE_WRITE_IOPS], 2);
	assert_true(io->throttle[THROTTLE_WRITE_IOPS][1].rate == UINT64_MAX);
}

/* ---- seccomp ---- */

static void a_filter_arrives(void **state)
{
	auto_spec struct spec *spec = spec_from(
		SECCOMP,
		"'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':38,"
		"'architectures':['SCMP_ARCH_X86_64','SCMP_ARCH_LOONGARCH64'],"
		"'flags':['SECCOMP_FILTER_FLAG_LOG','SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],"
		"'listenerPath':'/run/s','listenerMetadata':'m',"
		"'syscalls':[{'names':['read','write'],'action':'SCMP_ACT_ALLOW'},"
		"{'names':['personality'],'action':'SCMP_ACT_NOTIFY','args':"
		"[{'index':5,'value':18446744073709551615,'valueTwo':1,'op':'SCMP_CMP_MASKED_EQ'}]},"
		"{'names':['x'],'action':'SCMP_ACT_TRACE','errnoRet':65535},"
		"{'names':['y'],'action':'SCMP_ACT_KILL'}]");
	const struct spec_seccomp *s = &spec->lin.seccomp;

	(void)state;
	assert_true(s->given);
	assert_int_equal(s->default_action, SECCOMP_DO_ERRNO);
	assert_opt(s->default_errno_ret, 38);
	assert_strv(s->architectures, "SCMP_ARCH_X86_64", "SCMP_ARCH_LOONGARCH64");
	assert_true(s->flag_log && s->flag_wait_killable_recv);
	assert_false(s->flag_tsync || s->flag_spec_allow);
	assert_string_equal(s->listener_path, "/run/s");
	assert_string_equal(s->listener_metadata, "m");
	assert_int_equal(s->rules_n, 4);
	assert_strv(s->rules[0].names, "read", "write");
	assert_int_equal(s->rules[0].action, SECCOMP_DO_ALLOW);
	assert_int_equal(s->rules[1].action, SECCOMP_DO_NOTIFY);
	assert_int_equal(s->rules[1].args_n, 1);
	assert_int_equal(s->rules[1].args[0].index, 5);
	assert_true(s->rules[1].args[0].value == UINT64_MAX);
	assert_true(s->rules[1].args[0].value_two == 1);
	assert_int_equal(s->rules[1].args[0].op, 7);
	assert_opt(s->rules[2].errno_ret, 65535);
	assert_int_equal(s->rules[3].action, SECCOMP_DO_KILL_THREAD);
	assert_int_equal(s->json->count, 7);
}

static void spec_allow_is_the_default_flag(void **state)
{
	auto_spec struct spec *none = spec_from(SECCOMP, "'defaultAction':'SCMP_ACT_ALLOW'");
	auto_spec struct spec *empty =
		spec_from(SECCOMP, "'defaultAction':'SCMP_ACT_ALLOW','flags':[]");

	(void)state;
	assert_true(none->lin.seccomp.flag_spec_allow);
	assert_false(empty->lin.seccomp.flag_spec_allow);
	assert_null(none->lin.seccomp.architectures);
}

static void an_empty_filter_is_none(void **state)
{
	auto_spec struct spec *spec = spec_from(SECCOMP, "'defaultAction':'','syscalls':null");

	(void)state;
	assert_false(spec->lin.seccomp.given);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(namespaces_and_maps_arrive),
		cmocka_unit_test(maps_are_as_long_as_the_kernel_takes),
		cmocka_unit_test(a_joined_user_namespace_may_repeat_its_maps),
		cmocka_unit_test(devices_arrive),
		cmocka_unit_test(the_rest_of_linux_arrives),
		cmocka_unit_test(sysctls_become_paths),
		cmocka_unit_test(resources_arrive),
		cmocka_unit_test(block_io_arrives),
		cmocka_unit_test(a_filter_arrives),
		cmocka_unit_test(spec_allow_is_the_default_flag),
		cmocka_unit_test(an_empty_filter_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
