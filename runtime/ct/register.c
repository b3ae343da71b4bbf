/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ct_register, ct_unregister: a private area that comes from elsewhere, or goes there. Its conf goes
 * along in it, as ve.conf; action scripts do not, for they are programs of the host's. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsetup/net.h"
#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/ct/claim.h"
#include "runtime/ct/ct.h"
#include "runtime/ct/lastrun.h"
#include "runtime/ct/live.h"
#include "runtime/ct/name.h"
#include "runtime/ct/retire.h"

#define OWN_CONF "ve.conf"

/* ---- register ---- */

static int refuse(struct err *err, const char *why)
{
	return err_set(err, VZ_ERR(VZ_REGISTER), "%s", why);
}

/* It may come from anywhere: a regular file, by no link. */
static int open_own_conf(const char *private)
{
	auto_fd int dir = open(private, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_fd int fd =
		dir < 0 ? -1 :
			  openat(dir, OWN_CONF, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	return steal_fd(&fd);
}

static int load_own_conf(struct ct *ct, const char *private, bool force, struct err *err)
{
	auto_fd int fd = open_own_conf(private);
	auto_free char *text = NULL;
	struct conf *conf = NULL;
	size_t len;

	if (fd < 0 && force)
		return 0; /* the empty one that it has */
	if (fd < 0) {
		refuse(err, "there is no " OWN_CONF " in it");
		return err_hint(err, "--force begins with an empty one");
	}
	if (fd_read_file(fd, OWN_CONF, CONF_MAX_BYTES, &text, &len, err) < 0 ||
	    conf_parse(text, len, OWN_CONF, &conf, err) < 0)
		return vz_fail(err, VZ_REGISTER);
	conf_free(ct->conf);
	ct->conf = conf;
	return 0;
}

/* Two confs with one private area would be two mounts of it. */
static int check_others(const struct ct *ct, struct err *err)
{
	auto_free uint32_t *ids = NULL;
	size_t n;

	if (ct_list(ct->vz, &ids, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		auto_ct struct ct *other = NULL;
		char id[CTID_SIZE];

		snprintf(id, sizeof(id), "%" PRIu32, ids[i]);
		if (ct_open(ct->vz, id, 0, &other, err) < 0)
			return -1;
		if (str_eq(other->private, ct->private))
			return err_set(err, VZ_ERR(VZ_REGISTER), "\"%s\" is CT %s's", ct->private,
				       id);
	}
	return 0;
}

/* What is of the place it came from goes; what is this host's comes. */
static int adapt_conf(struct ct *ct, const char *private, struct err *err)
{
	const char *name = conf_get(ct->conf, "NAME");
	struct err why;

	conf_unset(ct->conf, "VE_ROOT");
	conf_unset(ct->conf, "VEID");
	if (name && *name && name_check(ct, name, &why) < 0) {
		log_warning("it goes without its name: %s", why.msg);
		conf_unset(ct->conf, "NAME");
	}
	if (conf_set(ct->conf, "VE_PRIVATE", private, err) < 0 ||
	    conf_set(ct->conf, "VE_ROOT", ct_get(ct, "VE_ROOT"), err) < 0)
		return -1;
	return ct_set_places(ct, err);
}

/* That it can be mounted says that it is a private area whose template is here. */
static int try_mount(const struct ct *ct, struct err *err)
{
	struct storage storage;

	if (ct_storage(ct, false, &storage, err) < 0)
		return -1;
	if (!storage_exists(&storage))
		return err_set(err, VZ_ERR(VZ_NO_PRIVATE),
			       "container private area \"%s\" does not exist", ct->private);
	if (storage_check(&storage, err) < 0 || storage_mount(&storage, err) < 0) {
		rmdir(ct->root);
		return vz_fail(err, VZ_REGISTER);
	}
	if (storage_umount(&storage, false, err) < 0)
		return vz_fail(err, VZ_CANNOT_UMOUNT);
	return 0;
}

static int check(struct ct *ct, const char *private, bool force, struct err *err)
{
	auto_container_state struct container_state *live = NULL;

	if (ct->has_conf)
		return refuse(err, "a container of that number is registered");
	if (live_load(ct, &live, err) < 0)
		return -1;
	if (live)
		return err_set(err, VZ_ERR(VZ_RUNNING), "a live container has the id %s", ct->id);
	if (load_own_conf(ct, private, force, err) < 0 || adapt_conf(ct, private, err) < 0 ||
	    check_others(ct, err) < 0)
		return -1;
	return try_mount(ct, err);
}

/* What of the host's its conf gives it, which may be a stranger's: a line for each key. */
static void warn_of_grants(const struct ct *ct)
{
	static const char *const grants[] = { "APPARMOR",         "BINDMOUNT", "CAPABILITY",
					      "DEVICES",          "DEVNODES",  "FEATURES",
					      "HIDEPID",          "NETDEV",    "NETIF",
					      "HOST_CORE_HANDLER" };

	for (size_t i = 0; i < ARRAY_SIZE(grants); i++) {
		const char *value = conf_get(ct->conf, grants[i]);

		if (value && value[strspn(value, " \t")])
			log_warning("its configuration grants %s=\"%s\"", grants[i], value);
	}
}

int ct_register(struct ct *ct, const char *path, bool force, struct err *err)
{
	auto_free char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
	auto_free char *joined = path_join(cwd ? cwd : "/", path);
	auto_free char *private = joined ? path_clean(joined) : NULL;
	const char *name;

	if (!private)
		return err_sys(err, "register \"%s\"", path);
	if (check(ct, private, force, err) < 0 || claim_ids(ct, true, err) < 0)
		return -1;
	name = conf_get(ct->conf, "NAME");
	if (name && *name && name_link(ct, name, err) < 0) {
		unlink(ct->conf_path);
		return -1;
	}
	warn_of_grants(ct);
	vz_sayf(ct->vz, "CT configuration saved to %s", ct->conf_path);
	vz_sayf(ct->vz, "Container %s was successfully registered", ct->id);
	return 0;
}

/* ---- unregister ---- */

static int save_own_conf(const struct ct *ct, struct err *err)
{
	auto_fd int dir = open(ct->private, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_strbuf struct strbuf text = { 0 };

	if (dir < 0)
		return errno == ENOENT ? 0 : err_sys(err, "open \"%s\"", ct->private);
	conf_emit(ct->conf, &text);
	if (text.failed)
		return err_set(err, ENOMEM, "write " OWN_CONF ": out of memory");
	return fd_replace_file(dir, OWN_CONF, text.text ? text.text : "", text.len, 0600, 1, err);
}

int ct_unregister(struct ct *ct, struct err *err)
{
	struct ct_status status;

	if (ct_status(ct, &status, err) < 0)
		return -1;
	if (status.running)
		return err_set(err, VZ_ERR(VZ_RUNNING),
			       "Container is currently running. Stop it first.");
	if (status.mounted)
		return err_set(err, VZ_ERR(VZ_MOUNTED),
			       "Container is currently mounted. Unmount it first.");
	if (live_clear(ct, err) < 0 || net_forget(ct->id, err) < 0)
		return -1;
	if (save_own_conf(ct, err) < 0)
		return vz_fail(err, VZ_UNREGISTER);
	if (rmdir(ct->root) < 0 && errno != ENOENT)
		log_warning("\"%s\" stays: %s", ct->root, strerror(errno));
	lastrun_clear(ct);
	if (retire_scripts(ct, err) < 0)
		return -1;
	if (unlink(ct->conf_path) < 0) /* last: until then it can be repeated */
		return err_sys(err, "remove \"%s\"", ct->conf_path);
	vz_sayf(ct->vz, "Container %s was successfully unregistered", ct->id);
	return 0;
}
