/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/ct/access.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"
#include "runtime/ct/account.h"
#include "runtime/ct/usermap.h"

#define PASSWD "/etc/passwd"
#define SHADOW "/etc/shadow"
#define GROUP "/etc/group"
#define FIRST_USER 1000
#define LAST_USER 59999
#define PASSWORD_MAX 511

/* Every crypt(3) of the last fifteen years takes it, musl's too; yescrypt only new ones. */
#define HASH_PREFIX "$6$"

/* ---- passwords ---- */

static bool is_hash(const char *text)
{
	static const char allowed[] = "0123456789./$,=*!-_"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	return !text[strspn(text, allowed)];
}

static bool is_password(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/* The user's name in the caller's storage; the password behind it. NULL: it is none. */
#define USER_SIZE 40
static const char *split(const char *value, char user[USER_SIZE])
{
	size_t len = strcspn(value, ":");

	if (!value[len] || len >= USER_SIZE)
		return NULL;
	memcpy(user, value, len);
	user[len] = '\0';
	return account_check_name(user) ? value + len + 1 : NULL;
}

int access_check_password(const char *value, bool crypted, const char *what, struct err *err)
{
	char user[USER_SIZE];
	const char *password = split(value, user);

	if (!password)
		return err_set(err, ERR_INPUT, "%s: that is not USER:PASSWORD", what);
	if (!*password || strlen(password) > PASSWORD_MAX)
		return err_set(err, ERR_INPUT, "%s: a password has 1 to %d bytes", what,
			       PASSWORD_MAX);
	if (crypted ? !is_hash(password) : !is_password(password))
		return err_set(err, ERR_INPUT, "%s: that can't be a %s", what,
			       crypted ? "hash of crypt(5)" : "password");
	return 0;
}

static char *hash_password(const char *password, struct err *err)
{
	char random[16], salt[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data *data = calloc(1, sizeof(*data));
	char *hash = NULL;

	if (data && getrandom(random, sizeof(random), 0) == sizeof(random) &&
	    crypt_gensalt_rn(HASH_PREFIX, 0, random, sizeof(random), salt, sizeof(salt)) &&
	    crypt_rn(password, salt, data, sizeof(*data)))
		hash = strdup(data->output);
	if (!hash)
		err_sys(err, "hash the password");
	if (data)
		explicit_bzero(data, sizeof(*data));
	free(data);
	return hash;
}

/* ---- accounts ---- */

struct accounts {
	const struct dist_tree *tree;
	const char *user, *hash;
	char *passwd, *shadow, *group; /* NULL: there is no such file */
};

static void accounts_done(struct accounts *acc)
{
	free(acc->passwd);
	free(acc->shadow);
	free(acc->group);
}

static int write_text(const struct accounts *acc, const char *path, struct strbuf *text,
		      struct err *err)
{
	if (text->failed)
		return err_set(err, ENOMEM, "edit \"%s\": out of memory", path);
	return dist_file_update(acc->tree, path, text->text ? text->text : "",
				str_eq(path, SHADOW) ? 0600 : 0644, err);
}

static int add_line(const struct accounts *acc, const char *path, const char *old, char *line,
		    struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_free char *owned = line;

	if (!owned)
		return err_sys(err, "edit \"%s\"", path);
	account_add(old ? old : "", owned, &text);
	return write_text(acc, path, &text, err);
}

/* The days since 1970 say when it was changed. */
static int set_shadow(const struct accounts *acc, struct err *err)
{
	auto_strbuf struct strbuf first = { 0 }, second = { 0 };
	long long days = (long long)time(NULL) / 86400;
	auto_free char *today = str_dupf("%lld", days);
	size_t len;

	if (!account_find(acc->shadow, acc->user, ACCOUNT_PASSWORD, &len))
		return add_line(acc, SHADOW, acc->shadow,
				str_dupf("%s:%s:%lld:0:99999:7:::", acc->user, acc->hash, days),
				err);
	account_change(acc->shadow, acc->user, ACCOUNT_PASSWORD, acc->hash, &first);
	if (first.failed || !today)
		return err_set(err, ENOMEM, "edit \"" SHADOW "\": out of memory");
	account_change(first.text, acc->user, ACCOUNT_CHANGED, today, &second);
	return write_text(acc, SHADOW, &second, err);
}

/* "x" there means that it is in shadow, which not every small system has. */
static int set_passwd(const struct accounts *acc, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	const char *value = acc->shadow ? "x" : acc->hash;
	size_t len;
	const char *now = account_find(acc->passwd, acc->user, ACCOUNT_PASSWORD, &len);

	if (now && len == strlen(value) && strncmp(now, value, len) == 0)
		return 0;
	account_change(acc->passwd, acc->user, ACCOUNT_PASSWORD, value, &text);
	return write_text(acc, PASSWD, &text, err);
}

static int make_home(const struct dist_tree *tree, const char *home, uint32_t id, struct err *err)
{
	auto_fd int there = path_open_in(tree->fd, home, O_PATH, 0), fd = -1;
	int rc = -1;

	if (there >= 0)
		return 0;
	if (usermap_enter(tree->first_id, err) < 0)
		return -1;
	fd = path_make_dir_in(tree->fd, home, 0755, err);
	if (fd >= 0)
		rc = fchownat(fd, "", tree->first_id + id, tree->first_id + id, AT_EMPTY_PATH) < 0 ?
			     err_sys(err, "make the home \"%s\"", home) :
			     0;
	usermap_leave();
	return rc;
}

static int add_user(const struct accounts *acc, struct err *err)
{
	const char *group = acc->group ? acc->group : "";
	uint32_t id = account_free_id(acc->passwd, group, FIRST_USER);
	auto_free char *home = str_dupf("/home/%s", acc->user);
	const char *shell = dist_file_is_regular(acc->tree, "/bin/bash") ? "/bin/bash" : "/bin/sh";
	size_t len;

	if (id > LAST_USER)
		return err_set(err, ERR_FAILED, "no number is left for another user");
	if (!home)
		return err_sys(err, "make a user");
	if (!account_find(group, acc->user, ACCOUNT_PASSWORD, &len) &&
	    add_line(acc, GROUP, group, str_dupf("%s:x:%" PRIu32 ":", acc->user, id), err) < 0)
		return -1;
	if (make_home(acc->tree, home, id, err) < 0)
		return -1;
	return add_line(acc, PASSWD, acc->passwd,
			str_dupf("%s:%s:%" PRIu32 ":%" PRIu32 "::%s:%s", acc->user,
				 acc->shadow ? "x" : acc->hash, id, id, home, shell),
			err);
}

/* Shadow first: a user that was made without a password yet can't log in, and without one of his
 * own gets that of no one. */
static int set_hash(struct accounts *acc, struct err *err)
{
	size_t len;

	if (dist_file_load(acc->tree, PASSWD, &acc->passwd, err) < 0 ||
	    dist_file_load(acc->tree, SHADOW, &acc->shadow, err) < 0 ||
	    dist_file_load(acc->tree, GROUP, &acc->group, err) < 0)
		return -1;
	if (!acc->passwd)
		return err_set(err, ERR_FAILED, "it has no " PASSWD);
	if (acc->shadow && set_shadow(acc, err) < 0)
		return -1;
	if (account_find(acc->passwd, acc->user, ACCOUNT_PASSWORD, &len))
		return set_passwd(acc, err);
	return add_user(acc, err);
}

int access_set_password(const struct dist_tree *tree, const char *value, bool crypted,
			struct err *err)
{
	char user[USER_SIZE];
	const char *password = split(value, user);
	struct accounts acc
		__attribute__((cleanup(accounts_done))) = { .tree = tree, .user = user };
	auto_free char *hash = NULL;

	if (!password)
		return err_set(err, ERR_INPUT, "that is not USER:PASSWORD");
	hash = crypted ? strdup(password) : hash_password(password, err);
	if (!hash)
		return crypted ? err_sys(err, "set a password") : -1;
	acc.hash = hash;
	return set_hash(&acc, err);
}

/* ---- keys ---- */

#define SSH_FOLDER "/.ssh"
#define KEYS_FILE "/authorized_keys"
#define KEYS_MAX 65536

static bool begins_as_key(const char *line)
{
	static const char *const types[] = { "ssh-", "ecdsa-", "sk-" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_starts(line, types[i]) && strchr(line, ' '))
			return true;
	return false;
}

/* A type and base64; what stands before them (options) or behind (a comment) is sshd's to read. */
static bool is_key(const char *line)
{
	for (const char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' && *c != '\t')
			return false;
	return strstr(line, "ssh-") || strstr(line, "ecdsa-") || strstr(line, "sk-");
}

static int add_keys(char *text, const char *what, struct strbuf *out, struct err *err)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		line[strcspn(line, "\r")] = '\0';
		if (!*line || *line == '#')
			continue;
		if (!is_key(line))
			return err_set(err, ERR_INPUT, "%s: that is no public SSH key", what);
		strbuf_addf(out, "%s\n", line);
	}
	return 0;
}

char *access_read_keys(const char *value, const char *what, struct err *err)
{
	auto_strbuf struct strbuf keys = { 0 };
	auto_free char *text = NULL;
	char *ret;

	if (begins_as_key(value)) {
		text = strdup(value);
		if (!text)
			err_sys(err, "%s", what);
	} else if (fd_load_at(AT_FDCWD, value, KEYS_MAX, &text, NULL, err) < 0) {
		err_wrap(err, "%s", what);
		if (err)
			err->code = ERR_INPUT;
	}
	if (!text || add_keys(text, what, &keys, err) < 0)
		return NULL;
	if (keys.len == 0 && !keys.failed) {
		err_set(err, ERR_INPUT, "%s: there is no key in it", what);
		return NULL;
	}
	ret = strbuf_steal(&keys);
	if (!ret)
		err_sys(err, "%s", what);
	return ret;
}

char *access_home(const struct dist_tree *tree)
{
	auto_free char *passwd = NULL;
	const char *home = NULL;
	size_t len = 0;

	if (dist_file_load(tree, PASSWD, &passwd, NULL) == 0 && passwd)
		home = account_find(passwd, "root", ACCOUNT_HOME, &len);
	return home && *home == '/' ? strndup(home, len) : strdup("/root");
}

static int make_ssh_folder(const struct dist_tree *tree, const char *path, struct err *err)
{
	auto_fd int fd = -1;

	if (dist_file_is_dir(tree, path))
		return 0;
	if (usermap_enter(tree->first_id, err) < 0)
		return -1;
	fd = path_make_dir_in(tree->fd, path, 0700, err);
	usermap_leave();
	return fd < 0 ? -1 : 0;
}

static bool has_line(const char *text, const char *line, size_t len)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strncmp(text, line, len) == 0 && (text[len] == '\n' || !text[len]))
			return true;
	return false;
}

static void merge(const char *old, const char *keys, struct strbuf *out)
{
	strbuf_add(out, old);
	if (*old && old[strlen(old) - 1] != '\n')
		strbuf_add_char(out, '\n');
	for (size_t len; *keys; keys += len + 1) {
		len = strcspn(keys, "\n");
		if (!has_line(old, keys, len))
			strbuf_add_mem(out, keys, len + 1);
	}
}

int access_load_keys(const struct dist_tree *tree, char **ret, struct err *err)
{
	auto_free char *home = access_home(tree), *text = NULL, *path = NULL;

	*ret = NULL;
	path = home ? str_dupf("%s" SSH_FOLDER KEYS_FILE, home) : NULL;
	if (!path)
		return err_sys(err, "look for SSH keys");
	if (dist_file_load(tree, path, &text, err) < 0)
		return -1;
	if (!text || !*text)
		return 0;
	*ret = str_ends(text, "\n") ? steal_ptr(&text) : str_dupf("%s\n", text);
	return *ret ? 0 : err_sys(err, "look for SSH keys");
}

int access_add_keys(const struct dist_tree *tree, const char *keys, struct err *err)
{
	auto_free char *home = access_home(tree), *old = NULL;
	auto_free char *folder = home ? str_dupf("%s" SSH_FOLDER, home) : NULL;
	auto_free char *path = folder ? str_dupf("%s" KEYS_FILE, folder) : NULL;
	auto_strbuf struct strbuf text = { 0 };

	if (!path)
		return err_sys(err, "add SSH keys");
	if (make_ssh_folder(tree, folder, err) < 0 || dist_file_load(tree, path, &old, err) < 0)
		return -1;
	merge(old ? old : "", keys, &text);
	if (text.failed)
		return err_set(err, ENOMEM, "add SSH keys: out of memory");
	if (old && str_eq(old, text.text))
		return 0;
	return dist_file_update(tree, path, text.text, 0600, err);
}
