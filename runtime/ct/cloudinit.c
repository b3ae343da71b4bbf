/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/cloudinit.h"

#include <ctype.h>
#include <errno.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"
#include "runtime/ct/dist_file.h"

#define SEED "/var/lib/cloud/seed/nocloud/"
#define MACHINE_ID "/etc/machine-id"
#define ID_LEN 32

/* The network is vzrun's. disable_root would lock the keys that --sshkey gave. */
#define CONFIG_FILE "/etc/cloud/cloud.cfg.d/99-vzrun.cfg"
static const char config[] = "# vzrun: the network and root's SSH keys are given by the host.\n"
			     "datasource_list: [ NoCloud, None ]\n"
			     "network: { config: disabled }\n"
			     "disable_root: false\n";

static bool is_there(const struct dist_tree *tree)
{
	return dist_file_is_dir(tree, "/etc/cloud") &&
	       dist_file_is_regular(tree, "/usr/bin/cloud-init");
}

/* A CT that was cloned has another machine id: to cloud-init that is another instance. */
static void add_instance(const struct dist_tree *tree, struct strbuf *out)
{
	auto_free char *id = NULL;
	size_t len = 0;

	if (dist_file_load(tree, MACHINE_ID, &id, NULL) == 0 && id)
		while (isxdigit((unsigned char)id[len]))
			len++;
	strbuf_add(out, "instance-id: vzrun");
	if (len == ID_LEN)
		strbuf_addf(out, "-%.*s", ID_LEN, id);
	strbuf_add_char(out, '\n');
}

static int write_seed(const struct dist_tree *tree, const char *hostname, struct err *err)
{
	auto_strbuf struct strbuf meta = { 0 };

	add_instance(tree, &meta);
	if (hostname)
		strbuf_addf(&meta, "local-hostname: %s\n", hostname);
	if (meta.failed)
		return err_set(err, ENOMEM, "out of memory");
	if (dist_file_write(tree, CONFIG_FILE, config, err) < 0 ||
	    dist_file_write(tree, SEED "meta-data", meta.text, err) < 0)
		return -1;
	/* Without it there is no seed; one of the administrator's stays. */
	return dist_file_is_regular(tree, SEED "user-data") ?
		       0 :
		       dist_file_write(tree, SEED "user-data", "#cloud-config\n{}\n", err);
}

int cloudinit_seed(const char *root, uint32_t first_id, const char *hostname, struct err *err)
{
	struct dist_tree tree;
	int rc = 0;

	if (dist_file_open(&tree, root, first_id, err) < 0)
		return -1;
	if (is_there(&tree))
		rc = write_seed(&tree, hostname, err);
	fd_closep(&tree.fd);
	return rc < 0 ? err_wrap(err, "write cloud-init's seed") : 0;
}
