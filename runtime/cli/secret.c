/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/str.h"

#define LINE_MAX_BYTES 4096

/* A byte at a time: what stands behind the line is for whoever reads stdin next. */
static int read_line(char line[LINE_MAX_BYTES], struct err *err)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(STDIN_FILENO, &line[len], 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "--userpasswd: read the password from stdin");
		if (line[len] == '\n')
			break;
		if (++len == LINE_MAX_BYTES)
			return err_set(err, ERR_INPUT, "--userpasswd: stdin has no password");
	}
	line[len] = '\0';
	if (len == 0)
		return err_set(err, ERR_INPUT, "--userpasswd: stdin has no password");
	return 0;
}

static char *from_stdin(const char *user, size_t user_len, struct err *err)
{
	char line[LINE_MAX_BYTES];
	char *ret = NULL;

	if (read_line(line, err) == 0) {
		ret = str_dupf("%.*s:%s", (int)user_len, user, line);
		if (!ret)
			err_sys(err, "--userpasswd");
	}
	explicit_bzero(line, sizeof(line));
	return ret;
}

/* The value as it is to be, in fresh memory; in argv nothing is left behind the user. One without
 * a user may be a password alone. */
static char *take(char *value, struct err *err)
{
	size_t user_len = strcspn(value, ":");
	char *ret;

	if (str_eq(value + user_len, ":-"))
		return from_stdin(value, user_len, err);
	ret = strdup(value);
	if (!ret)
		err_sys(err, "--userpasswd");
	value += value[user_len] ? user_len + 1 : 0;
	explicit_bzero(value, strlen(value));
	return ret;
}

int secret_take(char **given, char ***ret, struct err *err)
{
	char **secrets = calloc(strv_len(given) / 2 + 1, sizeof(*secrets));
	size_t n = 0;

	if (!secrets)
		return err_sys(err, "read the options");
	for (char **at = given; at && *at; at += 2) {
		if (!str_eq(at[0], "userpasswd"))
			continue;
		secrets[n] = take(at[1], err);
		if (!secrets[n]) {
			secret_free(secrets);
			return -1;
		}
		at[1] = secrets[n++];
	}
	*ret = secrets;
	return 0;
}

void secret_free(char **secrets)
{
	for (char **at = secrets; at && *at; at++)
		explicit_bzero(*at, strlen(*at));
	strv_free(secrets);
}
