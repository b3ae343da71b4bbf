/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/firewall_legacy.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/mem.h"
#include "runtime/base/str.h"

#define TABLE "filter"
#define NAMES_MAX 4096
#define RULES_MAX_BYTES (64U << 20)

/* What of the two families differs. The answers begin alike. */
struct kind {
	int family, level, get_info, get_entries;
	const char *names;
	size_t entries; /* offset of the first rule in the answer */
	size_t matched; /* bytes of what a rule compares by itself: zeros match all */
	size_t target_at; /* offset of the offset of a rule's target; behind it that of the next rule */
	size_t entry_size; /* of a rule without matches */
};

static const struct kind kinds[] = {
	{ AF_INET, SOL_IP, IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES, "/proc/net/ip_tables_names",
	  offsetof(struct ipt_get_entries, entrytable), sizeof(struct ipt_ip),
	  offsetof(struct ipt_entry, target_offset), sizeof(struct ipt_entry) },
	{ AF_INET6, SOL_IPV6, IP6T_SO_GET_INFO, IP6T_SO_GET_ENTRIES, "/proc/net/ip6_tables_names",
	  offsetof(struct ip6t_get_entries, entrytable), sizeof(struct ip6t_ip6),
	  offsetof(struct ip6t_entry, target_offset), sizeof(struct ip6t_entry) },
};

/* A rule that is known to lie within the answer. */
struct rule {
	const uint8_t *at;
	uint16_t target, next; /* offsets from its beginning */
};

void firewall_forward_name(struct firewall_forward *forward, const char *chain)
{
	forward->docker = forward->docker || str_eq(chain, "DOCKER-USER");
	forward->ufw = forward->ufw || str_starts(chain, "ufw-") || str_starts(chain, "ufw6-");
}

/* Asking for a table makes it: only for one that is there. */
static bool has_table(const struct kind *kind)
{
	auto_free char *text = NULL;
	char *line, *rest;

	if (fd_load_at(AT_FDCWD, kind->names, NAMES_MAX, &text, NULL, NULL) < 0)
		return false;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (str_eq(line, TABLE))
			return true;
	return false;
}

static bool read_rule(const struct kind *kind, const uint8_t *rules, size_t size, size_t offset,
		      struct rule *ret)
{
	if (offset > size || size - offset < kind->entry_size)
		return false;
	ret->at = rules + offset;
	memcpy(&ret->target, ret->at + kind->target_at, sizeof(ret->target));
	memcpy(&ret->next, ret->at + kind->target_at + sizeof(ret->target), sizeof(ret->next));
	return ret->next <= size - offset && ret->target >= kind->entry_size &&
	       ret->target + sizeof(struct xt_entry_target) <= ret->next;
}

/* What a rule does, if that is all that it does: NF_ACCEPT, NF_DROP; -1: something else. */
static int verdict_of(const struct rule *rule)
{
	struct xt_standard_target target;

	if (rule->target + sizeof(target) > rule->next)
		return -1;
	memcpy(&target, rule->at + rule->target, sizeof(target));
	return target.target.u.user.name[0] == '\0' && target.verdict < 0 ? -target.verdict - 1 :
									    -1;
}

/* The name of the chain that begins with it, or NULL. */
static const char *chain_of(const struct rule *rule, char name[XT_FUNCTION_MAXNAMELEN])
{
	struct xt_error_target target;

	if (rule->target + sizeof(target) > rule->next)
		return NULL;
	memcpy(&target, rule->at + rule->target, sizeof(target));
	if (strncmp(target.target.u.user.name, XT_ERROR_TARGET, sizeof(XT_ERROR_TARGET)) != 0)
		return NULL;
	memcpy(name, target.errorname, XT_FUNCTION_MAXNAMELEN);
	name[XT_FUNCTION_MAXNAMELEN - 1] = '\0';
	return name;
}

static bool accepts_all(const struct kind *kind, const struct rule *rule)
{
	if (rule->target != kind->entry_size || verdict_of(rule) != NF_ACCEPT)
		return false;
	for (size_t i = 0; i < kind->matched; i++)
		if (rule->at[i])
			return false;
	return true;
}

static void read_rules(const struct kind *kind, const uint8_t *rules, size_t size, size_t policy,
		       struct firewall_forward *ret)
{
	char name[XT_FUNCTION_MAXNAMELEN];
	bool in_docker_user = false;
	struct rule rule;

	if (read_rule(kind, rules, size, policy, &rule))
		ret->drops = verdict_of(&rule) == NF_DROP;
	for (size_t at = 0; read_rule(kind, rules, size, at, &rule); at += rule.next) {
		const char *chain = chain_of(&rule, name);

		if (chain)
			firewall_forward_name(ret, chain);
		else if (in_docker_user)
			ret->docker_open = accepts_all(kind, &rule);
		in_docker_user = chain && str_eq(chain, "DOCKER-USER");
	}
}

/* The table may change between the two questions: then the kernel refuses the second, and the next
 * look sees it. */
static void read_table(const struct kind *kind, int fd, struct firewall_forward *ret)
{
	struct ipt_getinfo info = { .name = TABLE };
	socklen_t len = sizeof(info);
	auto_free uint8_t *answer = NULL;

	_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo), "same");
	if (getsockopt(fd, kind->level, kind->get_info, &info, &len) < 0 ||
	    info.size > RULES_MAX_BYTES)
		return;
	len = (socklen_t)(kind->entries + info.size);
	answer = calloc(1, len);
	if (!answer)
		return;
	/* struct ipt_get_entries: the name, the size, the rules */
	memcpy(answer, TABLE, sizeof(TABLE));
	memcpy(answer + offsetof(struct ipt_get_entries, size), &info.size, sizeof(info.size));
	if (getsockopt(fd, kind->level, kind->get_entries, answer, &len) == 0)
		read_rules(kind, answer + kind->entries, info.size, info.underflow[NF_INET_FORWARD],
			   ret);
}

void firewall_legacy_read(int family, struct firewall_forward *ret)
{
	*ret = (struct firewall_forward){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct kind *kind = &kinds[i];
		auto_fd int fd = -1;

		if (kind->family != family || !has_table(kind))
			continue;
		fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
		if (fd >= 0)
			read_table(kind, fd, ret);
	}
}
