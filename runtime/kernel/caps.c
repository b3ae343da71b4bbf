/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/kernel/caps.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/log.h"
#include "runtime/spec/names.h"

unsigned int caps_last(void)
{
	unsigned int last = CAP_LAST_CAP;

	/* A kernel newer than our headers knows more: EINVAL marks the end. One call, where
	 * /proc/sys/kernel/cap_last_cap would take three. */
	while (last < 63 && prctl(PR_CAPBSET_READ, last + 1, 0, 0, 0) >= 0)
		last++;
	return last;
}

const char *caps_name(unsigned int cap, char buf[CAPS_NAME_SIZE])
{
	for (size_t i = 0; i < names_capabilities.n; i++)
		if (names_capabilities.rows[i].value == cap)
			return names_capabilities.rows[i].name;
	snprintf(buf, CAPS_NAME_SIZE, "capability %u", cap);
	return buf;
}

static unsigned int lowest(uint64_t set)
{
	return (unsigned int)__builtin_ctzll(set);
}

static const char *lowest_name(uint64_t set, char buf[CAPS_NAME_SIZE])
{
	return caps_name(lowest(set), buf);
}

static int read_permitted(uint64_t *ret, struct err *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return err_sys(err, "read our capabilities");
	*ret = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

static uint64_t raisable(const struct spec_caps *caps)
{
	return caps->permitted & caps->inheritable;
}

int caps_check(const struct spec_caps *caps, struct err *err)
{
	uint64_t asked = caps->bounding | caps->effective | caps->inheritable | caps->permitted;
	uint64_t have = 0, bad;
	char name[CAPS_NAME_SIZE];

	if (read_permitted(&have, err) < 0)
		return -1;
	bad = asked & ~have;
	if (bad)
		return err_set(err, EPERM, "give %s: we don't have it ourselves",
			       lowest_name(bad, name));
	bad = caps->effective & ~caps->permitted;
	if (bad)
		return err_set(err, ERR_INPUT, "%s is effective without being permitted",
			       lowest_name(bad, name));
	bad = caps->inheritable & ~caps->bounding;
	if (bad)
		return err_set(err, ERR_INPUT,
			       "%s is inheritable without being in the bounding set",
			       lowest_name(bad, name));
	for (bad = caps->ambient & ~raisable(caps); bad; bad &= bad - 1)
		log_warning("%s can't be ambient: it is not both permitted and inheritable",
			    lowest_name(bad, name));
	return 0;
}

/* There is no call that drops several: PR_CAPBSET_DROP takes one, SECBIT_NOROOT means something
 * else. One that is gone already may be dropped again, so nothing is read first. */
void caps_plan_bounding(const struct spec_caps *caps, struct entry *entry)
{
	unsigned int last = caps_last();

	for (unsigned int cap = 0; cap <= last; cap++)
		if (!(caps->bounding >> cap & 1))
			entry_add(entry, ENTRY_BOUNDING, 0, SYS_prctl, PR_CAPBSET_DROP, cap, 0, 0,
				  0, 0);
}

/* The order: groups while CAP_SETGID is effective, the uid last, since leaving uid 0 clears the
 * effective set (and the permitted one too but for PR_SET_KEEPCAPS, which execve(2) resets). */
static void plan_user(const struct spec_user *user, struct entry *entry)
{
	size_t bytes = user->additional_gids_n * sizeof(*user->additional_gids);
	const void *groups = bytes ? entry_data(entry, user->additional_gids, bytes) : NULL;
	/* A user namespace may forbid the call altogether (user_namespaces(7), setgroups), which is
	 * no matter where there is nothing to set and nothing to drop. */
	int refusal = bytes == 0 && getgroups(0, NULL) == 0 ? EPERM : 0;

	if (user->uid != 0)
		entry_add(entry, ENTRY_KEEPCAPS, 0, SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0, 0);
	entry_add(entry, ENTRY_GROUPS, refusal, SYS_setgroups, user->additional_gids_n,
		  ENTRY_PTR(groups), 0, 0, 0, 0);
	entry_add(entry, ENTRY_GID, 0, SYS_setresgid, user->gid, user->gid, user->gid, 0, 0, 0);
	entry_add(entry, ENTRY_UID, 0, SYS_setresuid, user->uid, user->uid, user->uid, 0, 0, 0);
}

static void plan_sets(const struct spec_caps *caps, struct entry *entry)
{
	const struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	const void *header_at, *data_at;

	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].effective = (uint32_t)(caps->effective >> 32 * i);
		data[i].permitted = (uint32_t)(caps->permitted >> 32 * i);
		data[i].inheritable = (uint32_t)(caps->inheritable >> 32 * i);
	}
	header_at = entry_data(entry, &header, sizeof(header));
	data_at = entry_data(entry, data, sizeof(data));
	entry_add(entry, ENTRY_CAPS, 0, SYS_capset, ENTRY_PTR(header_at), ENTRY_PTR(data_at), 0, 0,
		  0, 0);
}

/* capset(2) keeps of the ambient set only what stays permitted and inheritable, so clearing it
 * is needed only where something of that is not to be ambient. */
static void plan_ambient(const struct spec_caps *caps, struct entry *entry)
{
	uint64_t raise = caps->ambient & raisable(caps);

	if (raisable(caps) & ~caps->ambient)
		entry_add(entry, ENTRY_AMBIENT, 0, SYS_prctl, PR_CAP_AMBIENT,
			  PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0, 0);
	for (; raise; raise &= raise - 1)
		entry_add(entry, ENTRY_AMBIENT, 0, SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE,
			  lowest(raise), 0, 0, 0);
}

void caps_plan_ids(const struct spec_process *process, struct entry *entry)
{
	plan_user(&process->user, entry);
	plan_sets(&process->caps, entry);
	plan_ambient(&process->caps, entry);
}
