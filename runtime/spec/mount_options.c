/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/spec/mount_options.h"

#include <linux/mount.h>
#include <string.h>

#define ATTR(mask_, value_) .kind = MOUNT_OPTION_ATTR, .mask = mask_, .value = value_
#define REC_ATTR(mask_, value_) .kind = MOUNT_OPTION_REC_ATTR, .mask = mask_, .value = value_
#define PROPAGATION(value_) .kind = MOUNT_OPTION_PROPAGATION, .value = value_
#define ON(member_) .kind = MOUNT_OPTION_ON, .at = offsetof(struct spec_mount, member_)
#define OFF(member_) .kind = MOUNT_OPTION_OFF, .at = offsetof(struct spec_mount, member_)
#define NOTHING .kind = MOUNT_OPTION_NOTHING

/*
 * Access times are an enumeration inside MOUNT_ATTR__ATIME, so noatime takes strictatime back,
 * but atime ("no noatime") and nostrictatime only undo their own. norelatime asks for the
 * kernel's default, which has been relatime since 2.6.30. Flags of the super block have no
 * recursive form in the kernel; crun's rsync and the like mean the one super block at hand.
 */
const struct mount_option mount_options[] = {
	{ "async", OFF(sync) },
	{ "atime", ATTR(MOUNT_ATTR_NOATIME, 0) },
	{ "bind", ON(bind) },
	{ "copy-symlink", ON(copy_symlink) },
	{ "defaults", NOTHING },
	{ "dest-nofollow", ON(dest_nofollow) },
	{ "dev", ATTR(MOUNT_ATTR_NODEV, 0) },
	{ "diratime", ATTR(MOUNT_ATTR_NODIRATIME, 0) },
	{ "dirsync", ON(dirsync) },
	{ "exec", ATTR(MOUNT_ATTR_NOEXEC, 0) },
	{ "idmap", ON(idmap) },
	{ "iversion", ON(iversion) },
	{ "lazytime", ON(lazytime) },
	{ "loud", OFF(silent) },
	{ "mand", ON(mand) },
	{ "noatime", ATTR(MOUNT_ATTR__ATIME, MOUNT_ATTR_NOATIME) },
	{ "nodev", ATTR(MOUNT_ATTR_NODEV, MOUNT_ATTR_NODEV) },
	{ "nodiratime", ATTR(MOUNT_ATTR_NODIRATIME, MOUNT_ATTR_NODIRATIME) },
	{ "noexec", ATTR(MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOEXEC) },
	{ "noiversion", OFF(iversion) },
	{ "nolazytime", OFF(lazytime) },
	{ "nomand", OFF(mand) },
	{ "norelatime", NOTHING },
	{ "nostrictatime", ATTR(MOUNT_ATTR_STRICTATIME, 0) },
	{ "nosuid", ATTR(MOUNT_ATTR_NOSUID, MOUNT_ATTR_NOSUID) },
	{ "nosymfollow", ATTR(MOUNT_ATTR_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW) },
	{ "private", PROPAGATION(MS_PRIVATE) },
	{ "rasync", OFF(sync) },
	{ "ratime", REC_ATTR(MOUNT_ATTR_NOATIME, 0) },
	{ "rbind", ON(rbind) },
	{ "rdev", REC_ATTR(MOUNT_ATTR_NODEV, 0) },
	{ "rdiratime", REC_ATTR(MOUNT_ATTR_NODIRATIME, 0) },
	{ "rdirsync", ON(dirsync) },
	{ "relatime", ATTR(MOUNT_ATTR__ATIME, MOUNT_ATTR_RELATIME) },
	{ "remount", ON(remount) },
	{ "rexec", REC_ATTR(MOUNT_ATTR_NOEXEC, 0) },
	{ "ridmap", ON(ridmap) },
	{ "rmand", ON(mand) },
	{ "rnoatime", REC_ATTR(MOUNT_ATTR__ATIME, MOUNT_ATTR_NOATIME) },
	{ "rnodev", REC_ATTR(MOUNT_ATTR_NODEV, MOUNT_ATTR_NODEV) },
	{ "rnodiratime", REC_ATTR(MOUNT_ATTR_NODIRATIME, MOUNT_ATTR_NODIRATIME) },
	{ "rnoexec", REC_ATTR(MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOEXEC) },
	{ "rnomand", OFF(mand) },
	{ "rnorelatime", NOTHING },
	{ "rnostrictatime", REC_ATTR(MOUNT_ATTR_STRICTATIME, 0) },
	{ "rnosuid", REC_ATTR(MOUNT_ATTR_NOSUID, MOUNT_ATTR_NOSUID) },
	{ "rnosymfollow", REC_ATTR(MOUNT_ATTR_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW) },
	{ "ro", ATTR(MOUNT_ATTR_RDONLY, MOUNT_ATTR_RDONLY) },
	{ "rprivate", PROPAGATION(MS_PRIVATE | MS_REC) },
	{ "rrelatime", REC_ATTR(MOUNT_ATTR__ATIME, MOUNT_ATTR_RELATIME) },
	{ "rro", REC_ATTR(MOUNT_ATTR_RDONLY, MOUNT_ATTR_RDONLY) },
	{ "rrw", REC_ATTR(MOUNT_ATTR_RDONLY, 0) },
	{ "rshared", PROPAGATION(MS_SHARED | MS_REC) },
	{ "rslave", PROPAGATION(MS_SLAVE | MS_REC) },
	{ "rstrictatime", REC_ATTR(MOUNT_ATTR__ATIME, MOUNT_ATTR_STRICTATIME) },
	{ "rsuid", REC_ATTR(MOUNT_ATTR_NOSUID, 0) },
	{ "rsymfollow", REC_ATTR(MOUNT_ATTR_NOSYMFOLLOW, 0) },
	{ "rsync", ON(sync) },
	{ "runbindable", PROPAGATION(MS_UNBINDABLE | MS_REC) },
	{ "rw", ATTR(MOUNT_ATTR_RDONLY, 0) },
	{ "shared", PROPAGATION(MS_SHARED) },
	{ "silent", ON(silent) },
	{ "slave", PROPAGATION(MS_SLAVE) },
	{ "src-nofollow", ON(src_nofollow) },
	{ "strictatime", ATTR(MOUNT_ATTR__ATIME, MOUNT_ATTR_STRICTATIME) },
	{ "suid", ATTR(MOUNT_ATTR_NOSUID, 0) },
	{ "symfollow", ATTR(MOUNT_ATTR_NOSYMFOLLOW, 0) },
	{ "sync", ON(sync) },
	{ "tmpcopyup", ON(tmpcopyup) },
	{ "unbindable", PROPAGATION(MS_UNBINDABLE) },
};
const size_t mount_options_n = ARRAY_SIZE(mount_options);

static const struct mount_option *find(const char *name)
{
	size_t low = 0, high = mount_options_n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(name, mount_options[mid].name);

		if (order == 0)
			return &mount_options[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/* mount_setattr(2): the kernel clears, then sets, and wants the whole of MOUNT_ATTR__ATIME
 * cleared whenever an access time is chosen. */
static void decide(const struct mount_option *option, uint64_t *set, uint64_t *clr)
{
	*set = (*set & ~(uint64_t)option->mask) | option->value;
	*clr = (*clr | option->mask) & ~(uint64_t)option->value;
	if (option->mask & MOUNT_ATTR__ATIME)
		*clr |= MOUNT_ATTR__ATIME;
}

bool mount_options_apply(struct spec_mount *mount, const char *name)
{
	const struct mount_option *option = find(name);

	if (!option)
		return false;
	switch (option->kind) {
	case MOUNT_OPTION_ATTR:
		decide(option, &mount->attr_set, &mount->attr_clr);
		break;
	case MOUNT_OPTION_REC_ATTR:
		decide(option, &mount->rec_attr_set, &mount->rec_attr_clr);
		break;
	case MOUNT_OPTION_PROPAGATION:
		mount->propagation = option->value;
		break;
	case MOUNT_OPTION_ON:
	case MOUNT_OPTION_OFF:
		*(bool *)((char *)mount + option->at) = option->kind == MOUNT_OPTION_ON;
		break;
	default:
		break;
	}
	return true;
}
