/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/credentials.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/mem.h"
#include "runtime/base/str.h"
#include "runtime/ct/access.h"
#include "runtime/ct/account.h"

#define PASSWD "/etc/passwd"
#define SHADOW "/etc/shadow"
#define MACHINE_ID "/etc/machine-id"
#define MACHINE_ID_DIGITS 32
#define SSH_FOLDER "/etc/ssh"
#define HOST_KEYS_MAX 16

/* Not left in memory that others may get. */
static void forget(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void credentials_done(struct credentials *cred)
{
	forget(cred->accounts);
	forget(cred->keys);
	forget(cred->machine_id);
	for (size_t i = 0; i < cred->host_keys; i++) {
		forget(cred->host_key[i].name);
		forget(cred->host_key[i].text);
	}
	free(cred->host_key);
	*cred = (struct credentials){ 0 };
}

/* ---- taking ---- */

static int load_machine_id(const struct dist_tree *tree, char **ret, struct err *err)
{
	auto_free char *text = NULL;
	size_t n = 0;

	if (dist_file_load(tree, MACHINE_ID, &text, err) < 0)
		return -1;
	while (text && isxdigit((unsigned char)text[n]))
		n++;
	if (n == MACHINE_ID_DIGITS && str_eq(text + n, "\n"))
		*ret = steal_ptr(&text);
	return 0;
}

static bool is_host_key(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-.";

	return str_starts(name, "ssh_host_") && !name[strspn(name, allowed)] &&
	       (str_ends(name, "_key") || str_ends(name, ".pub"));
}

static int load_host_key(const struct dist_tree *tree, const char *name, struct credentials *ret,
			 struct err *err)
{
	auto_free char *path = str_dupf(SSH_FOLDER "/%s", name), *copy = strdup(name), *text = NULL;
	struct credentials_key *slot;

	if (!path || !copy)
		return err_sys(err, "keep the host keys");
	if (dist_file_load(tree, path, &text, err) < 0)
		return -1;
	if (!text)
		return 0;
	slot = mem_append(&ret->host_key, &ret->host_keys, sizeof(*slot));
	if (!slot)
		return err_sys(err, "keep the host keys");
	*slot = (struct credentials_key){ steal_ptr(&copy), steal_ptr(&text) };
	return 0;
}

static int load_host_keys(const struct dist_tree *tree, struct credentials *ret, struct err *err)
{
	auto_strv char **names = NULL;

	if (dist_file_list(tree, SSH_FOLDER, &names, err) < 0)
		return -1;
	for (char **name = names; *name && ret->host_keys < HOST_KEYS_MAX; name++)
		if (is_host_key(*name) && load_host_key(tree, *name, ret, err) < 0)
			return -1;
	return 0;
}

int credentials_load(const struct dist_tree *tree, struct credentials *ret, struct err *err)
{
	auto_credentials struct credentials cred = { 0 };

	if (dist_file_load(tree, SHADOW, &cred.accounts, err) < 0 ||
	    (!cred.accounts && dist_file_load(tree, PASSWD, &cred.accounts, err) < 0) ||
	    access_load_keys(tree, &cred.keys, err) < 0 ||
	    load_machine_id(tree, &cred.machine_id, err) < 0 ||
	    load_host_keys(tree, &cred, err) < 0)
		return -1;
	*ret = cred;
	cred = (struct credentials){ 0 };
	return 0;
}

/* ---- giving ---- */

/* The hash that the name had, in fresh memory. NULL: none that counts ("x" leads to shadow). One that
 * locks ("*", "!") counts: the template's password must not open what was closed. */
static char *hash_of(const char *accounts, const char *name)
{
	size_t len;
	const char *hash = account_find(accounts, name, ACCOUNT_PASSWORD, &len);

	if (!hash || len == 0 || (len == 1 && *hash == 'x'))
		return NULL;
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)hash[i]))
			return NULL;
	return strndup(hash, len);
}

static int change(char **text, const char *name, const char *hash, struct err *err)
{
	auto_strbuf struct strbuf out = { 0 };
	char *changed;

	account_change(*text, name, ACCOUNT_PASSWORD, hash, &out);
	changed = strbuf_steal(&out);
	if (!changed)
		return err_sys(err, "keep the passwords");
	forget(*text);
	*text = changed;
	return 0;
}

static int store_hashes(const struct dist_tree *tree, const char *accounts, struct err *err)
{
	const char *path = dist_file_is_regular(tree, SHADOW) ? SHADOW : PASSWD;
	auto_free char *old = NULL, *text = NULL;
	char *rest, *line;
	int rc = 0;

	if (dist_file_load(tree, path, &old, err) < 0)
		return -1;
	text = old ? strdup(old) : NULL;
	if (!text)
		return old ? err_sys(err, "keep the passwords") : 0;
	for (rest = old; rc == 0 && (line = strsep(&rest, "\n"));) {
		auto_free char *hash = NULL;

		line[strcspn(line, ":")] = '\0';
		if (account_check_name(line) && (hash = hash_of(accounts, line)))
			rc = change(&text, line, hash, err);
	}
	return rc < 0 ? -1 : dist_file_update(tree, path, text, 0600, err);
}

static int store_host_keys(const struct dist_tree *tree, const struct credentials *cred,
			   struct err *err)
{
	if (!dist_file_is_dir(tree, SSH_FOLDER))
		return 0; /* it has no sshd */
	for (size_t i = 0; i < cred->host_keys; i++) {
		const struct credentials_key *key = &cred->host_key[i];
		auto_free char *path = str_dupf(SSH_FOLDER "/%s", key->name);
		mode_t mode = str_ends(key->name, ".pub") ? 0644 : 0600;

		if (!path)
			return err_sys(err, "keep the host keys");
		if (dist_file_write_mode(tree, path, key->text, mode, err) < 0)
			return -1;
	}
	return 0;
}

int credentials_store(const struct dist_tree *tree, const struct credentials *cred, struct err *err)
{
	if (cred->accounts && store_hashes(tree, cred->accounts, err) < 0)
		return -1;
	if (cred->keys && access_add_keys(tree, cred->keys, err) < 0)
		return -1;
	if (cred->machine_id && dist_file_write(tree, MACHINE_ID, cred->machine_id, err) < 0)
		return -1;
	return store_host_keys(tree, cred, err);
}
