/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firewalls of others that let no forwarded packet pass, in a fresh network namespace: made by
 * their own programs, or as these make them. */
#include "config.h"

#include "tests/unit/unit.h"

#include <sched.h>
#include <unistd.h>

#include "netsetup/firewall.h"
#include "runtime/base/mem.h"

static int fresh(void **state)
{
	(void)state;
	return geteuid() == 0 ? unshare(CLONE_NEWNET) : 0;
}

static void run(const char *command)
{
	assert_int_equal(system(command), 0);
}

static void assert_blocker(const char *who, const char *command)
{
	char want[1024];
	auto_free char *have = firewall_blocker();

	snprintf(
		want, sizeof(want),
		"%s lets no forwarded packets pass, so containers reach only this host: run \"%s\"",
		who, command);
	assert_non_null(have);
	assert_string_equal(have, want);
}

static void assert_none(void)
{
	auto_free char *have = firewall_blocker();

	assert_null(have);
}

/* What the advice says is done, and is enough. */
static void assert_helped(const char *command)
{
	run(command);
	assert_none();
}

static void nothing_blocks_by_itself(void **state)
{
	NEED_ROOT;
	assert_none();
	run("iptables-nft -A FORWARD -j ACCEPT; iptables-legacy -A FORWARD -j ACCEPT");
	assert_none();
}

static void docker(const char *iptables)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "%1$s -P FORWARD DROP && %1$s -N DOCKER-USER && %1$s -N DOCKER &&"
		 " %1$s -A DOCKER-USER -j RETURN && %1$s -A FORWARD -j DOCKER-USER",
		 iptables);
	run(command);
}

static void docker_is_known(void **state)
{
	NEED_ROOT;
	docker("iptables-nft");
	assert_blocker("docker's firewall", "iptables -I DOCKER-USER -j ACCEPT");
	run("iptables-nft -I DOCKER-USER -s 10.0.0.1 -j ACCEPT");
	assert_blocker("docker's firewall", "iptables -I DOCKER-USER -j ACCEPT");
	assert_helped("iptables-nft -I DOCKER-USER -j ACCEPT");
}

static void docker_is_known_by_the_old_interface(void **state)
{
	NEED_ROOT;
	docker("iptables-legacy");
	assert_blocker("docker's firewall", "iptables-legacy -I DOCKER-USER -j ACCEPT");
	run("iptables-legacy -I DOCKER-USER -s 10.0.0.1 -j ACCEPT");
	assert_blocker("docker's firewall", "iptables-legacy -I DOCKER-USER -j ACCEPT");
	run("iptables-legacy -I DOCKER-USER -m mark --mark 7 -j ACCEPT");
	assert_blocker("docker's firewall", "iptables-legacy -I DOCKER-USER -j ACCEPT");
	assert_helped("iptables-legacy -I DOCKER-USER -j ACCEPT");
}

static void ufw_is_known(void **state)
{
	NEED_ROOT;
	run("iptables-nft -P FORWARD DROP && iptables-nft -N ufw-before-forward &&"
	    " iptables-nft -A FORWARD -j ufw-before-forward");
	assert_blocker("ufw", "ufw default allow routed");
	/* which does this */
	assert_helped("iptables-nft -P FORWARD ACCEPT");
}

static void policy_of_iptables_is_known(void **state)
{
	NEED_ROOT;
	run("iptables-nft -P FORWARD DROP");
	assert_blocker("a policy of iptables (FORWARD is DROP)", "iptables -P FORWARD ACCEPT");
	assert_helped("iptables-nft -P FORWARD ACCEPT");
	run("ip6tables-nft -P FORWARD DROP");
	assert_blocker("a policy of iptables (FORWARD is DROP)", "ip6tables -P FORWARD ACCEPT");
	assert_helped("ip6tables-nft -P FORWARD ACCEPT");
	run("ip6tables-legacy -P FORWARD DROP");
	assert_blocker("a policy of iptables (FORWARD is DROP)",
		       "ip6tables-legacy -P FORWARD ACCEPT");
	assert_helped("ip6tables-legacy -P FORWARD ACCEPT");
}

/* Newer ones have a policy, older ones a last rule. */
static void firewalld_is_known(void **state)
{
	NEED_ROOT;
	run("nft 'add table inet firewalld; add chain inet firewalld filter_FORWARD"
	    " { type filter hook forward priority 10; }; add rule inet firewalld filter_FORWARD"
	    " reject with icmpx admin-prohibited'");
	assert_blocker("firewalld",
		       "firewall-cmd --permanent --new-policy=vzrun && "
		       "firewall-cmd --permanent --policy=vzrun --add-ingress-zone=ANY && "
		       "firewall-cmd --permanent --policy=vzrun --add-egress-zone=ANY && "
		       "firewall-cmd --permanent --policy=vzrun --set-target=ACCEPT && "
		       "firewall-cmd --reload");
	/* which makes chains of that name */
	assert_helped("nft 'add chain inet firewalld filter_FWD_vzrun;"
		      "add chain inet firewalld filter_FORWARD { policy drop; }'");
}

static void anybody_elses_chain_is_named(void **state)
{
	NEED_ROOT;
	run("nft 'add table inet mine; add chain inet mine gate"
	    " { type filter hook forward priority 0; policy drop; }'");
	assert_blocker("the chain gate of nftables' table inet mine (policy drop)",
		       "nft 'add chain inet mine gate { policy accept; }'");
	assert_helped("nft 'add chain inet mine gate { policy accept; }'");
}

/* Of a host's own packets, or frames of a bridge. */
static void other_hooks_don_t_block(void **state)
{
	NEED_ROOT;
	run("nft 'add table inet mine; add chain inet mine in"
	    " { type filter hook input priority 0; policy drop; };"
	    "add table bridge mine; add chain bridge mine gate"
	    " { type filter hook forward priority 0; policy drop; }'");
	assert_none();
}

#define BLOCKER_TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BLOCKER_TEST(nothing_blocks_by_itself),
		BLOCKER_TEST(docker_is_known),
		BLOCKER_TEST(docker_is_known_by_the_old_interface),
		BLOCKER_TEST(ufw_is_known),
		BLOCKER_TEST(policy_of_iptables_is_known),
		BLOCKER_TEST(firewalld_is_known),
		BLOCKER_TEST(anybody_elses_chain_is_named),
		BLOCKER_TEST(other_hooks_don_t_block),
	};

	return cmocka_run_group_tests_name("firewall_blocker", tests, NULL, NULL);
}
