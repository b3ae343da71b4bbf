/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/identity.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/ct/account.h"

#define MACHINE_ID "/etc/machine-id"
#define DBUS_FOLDER "/var/lib/dbus"
#define DBUS_ID "machine-id"
#define SSH_FOLDER "/etc/ssh"
#define HOST_KEY_BEGIN "ssh_host_"
#define CRONTAB "/etc/crontab"

/* A random UUID (version 4) without dashes: machine-id(5). Not left to systemd, which makes one where
 * the file is empty: other inits do not, and "uninitialized" would mean a first boot to it, with all
 * units preset anew. */
static int write_machine_id(const struct dist_tree *tree, struct err *err)
{
	unsigned char id[16];
	char text[2 * sizeof(id) + 2], *at = text;

	if (getrandom(id, sizeof(id), 0) != sizeof(id))
		return err_sys(err, "draw a machine id");
	id[6] = (unsigned char)((id[6] & 0x0f) | 0x40);
	id[8] = (unsigned char)((id[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(id); i++)
		at += sprintf(at, "%02x", id[i]);
	at[0] = '\n';
	at[1] = '\0';
	return dist_file_write(tree, MACHINE_ID, text, err);
}

/* A copy there would be the template's. */
static int link_dbus_id(const struct dist_tree *tree, struct err *err)
{
	auto_fd int folder = path_open_in(tree->fd, DBUS_FOLDER, O_PATH | O_DIRECTORY, 0);

	if (folder < 0)
		return 0;
	if (unlinkat(folder, DBUS_ID, 0) < 0 && errno != ENOENT)
		return err_sys(err, "remove \"" DBUS_FOLDER "/" DBUS_ID "\"");
	if (symlinkat(MACHINE_ID, folder, DBUS_ID) < 0)
		return err_sys(err, "make link \"" DBUS_FOLDER "/" DBUS_ID "\"");
	return 0;
}

static int remove_secrets(const struct dist_tree *tree, struct err *err)
{
	static const struct {
		const char *folder, *begin, *end;
	} rows[] = {
		{ SSH_FOLDER, HOST_KEY_BEGIN, "_key" },
		{ SSH_FOLDER, HOST_KEY_BEGIN, "_key.pub" },
		{ "/var/lib/systemd", "random-seed", "random-seed" },
		{ "/var/lib/systemd", "credential.secret", "credential.secret" },
		{ "/var/lib/urandom", "random-seed", "random-seed" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (dist_file_remove_each(tree, rows[i].folder, rows[i].begin, rows[i].end, err) <
		    0)
			return -1;
	return 0;
}

/* "*" and not "!": that would lock the account for sshd's keys too. */
static int lock_root(const struct dist_tree *tree, const char *path, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_free char *old = NULL;
	size_t len = 1;

	if (dist_file_load(tree, path, &old, err) < 0)
		return -1;
	if (!old || !account_find(old, "root", ACCOUNT_PASSWORD, &len) || len > 0)
		return 0;
	account_change(old, "root", ACCOUNT_PASSWORD, "*", &text);
	if (text.failed)
		return err_set(err, ENOMEM, "edit \"%s\": out of memory", path);
	return dist_file_update(tree, path, text.text, 0600, err);
}

/* ---- cron ---- */

#define MINUTES 60

/* "17 * * * * root cd / && run-parts …": the length of the minute, or 0. */
static size_t fixed_minute(const char *line, size_t len)
{
	size_t digits = 0;

	while (digits < len && isdigit((unsigned char)line[digits]))
		digits++;
	if (digits == 0 || digits > 2 || digits == len || !strchr(" \t", line[digits]))
		return 0;
	return memmem(line, len, "run-parts", strlen("run-parts")) ? digits : 0;
}

void identity_spread_cron(const char *text, unsigned int random, struct strbuf *out)
{
	while (*text) {
		size_t len = strcspn(text, "\n"), minute = fixed_minute(text, len);

		len += text[len] == '\n';
		if (minute)
			strbuf_addf(out, "%u", random % MINUTES);
		strbuf_add_mem(out, text + minute, len - minute);
		/* Each job another one: numbers of a linear congruential generator. */
		random = random * 1103515245U + 12345U;
		text += len;
	}
}

static int spread_cron(const struct dist_tree *tree, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_free char *old = NULL;
	uint16_t random;

	if (dist_file_load(tree, CRONTAB, &old, err) < 0)
		return -1;
	if (!old || !*old)
		return 0;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return err_sys(err, "draw a minute");
	identity_spread_cron(old, random, &text);
	if (text.failed)
		return err_set(err, ENOMEM, "edit \"" CRONTAB "\": out of memory");
	return str_eq(old, text.text) ? 0 : dist_file_update(tree, CRONTAB, text.text, 0644, err);
}

/* ---- all of it ---- */

static int renew(const struct dist_tree *tree, struct err *err)
{
	if (write_machine_id(tree, err) < 0 || link_dbus_id(tree, err) < 0 ||
	    remove_secrets(tree, err) < 0 || lock_root(tree, "/etc/shadow", err) < 0 ||
	    lock_root(tree, "/etc/passwd", err) < 0)
		return -1;
	return spread_cron(tree, err);
}

int identity_renew(const struct dist_tree *tree, struct err *err)
{
	return renew(tree, err) < 0 ? err_wrap(err, "give it an identity of its own") : 0;
}

static bool has_host_key(int rootfd)
{
	int fd = path_open_in(rootfd, SSH_FOLDER, O_RDONLY | O_DIRECTORY, 0);
	auto_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		fd_closep(&fd);
		return true; /* nothing that could use one */
	}
	while ((entry = readdir(dir)))
		if (str_starts(entry->d_name, HOST_KEY_BEGIN) && str_ends(entry->d_name, "_key"))
			return true;
	return false;
}

bool identity_lacks_host_keys(const char *root)
{
	static const char *const needed[] = { "/usr/bin/ssh-keygen", "/usr/sbin/sshd" };
	struct dist_tree tree;
	bool lacks = true;

	if (dist_file_open(&tree, root, 0, NULL) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		lacks = lacks && dist_file_is_regular(&tree, needed[i]);
	lacks = lacks && !has_host_key(tree.fd);
	fd_closep(&tree.fd);
	return lacks;
}
