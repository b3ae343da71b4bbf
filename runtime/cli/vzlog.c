/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/cli/vzlog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"

#define DEFAULT_FILE LOCALSTATEDIR "/log/vzctl.log"
#define ARGS_MAX_BYTES (16U << 20)
#define NO_UID UINT32_MAX

static struct {
	int fd, level;
	enum vzlog_level begun; /* the level of who runs what */
	char id[64];
	char *args; /* our command line, by vzlog_keep_args */
	size_t args_len;
} vzlog = { .fd = -1 };

/* ---- lines ---- */

static void add_escaped(struct strbuf *sb, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '\n')
			strbuf_add(sb, "\\n");
		else if (c == '\t')
			strbuf_add(sb, "\\t");
		else if (c < ' ' || c == 0x7f)
			strbuf_addf(sb, "\\x%02x", c);
		else
			strbuf_add_char(sb, *text);
	}
}

void vzlog_write(enum vzlog_level level, const char *text)
{
	auto_strbuf struct strbuf line = { 0 };
	time_t now = time(NULL);
	int saved = errno;
	char date[64];
	struct tm tm;

	if (vzlog.fd < 0 || (int)level > vzlog.level)
		return;
	if (!localtime_r(&now, &tm) || !strftime(date, sizeof(date), "%Y-%m-%dT%T%z", &tm))
		date[0] = '\0';
	strbuf_addf(&line, "%s vzctl : CT ", date);
	add_escaped(&line, vzlog.id);
	strbuf_add(&line, " : ");
	add_escaped(&line, text);
	strbuf_add_char(&line, '\n');
	if (!line.failed)
		fd_write_all(vzlog.fd, line.text, line.len);
	errno = saved;
}

static void take_log_line(enum log_level level, const char *msg)
{
	static const enum vzlog_level levels[] = {
		[LOG_LEVEL_ERROR] = VZLOG_ERROR,
		[LOG_LEVEL_WARNING] = VZLOG_ERROR,
		[LOG_LEVEL_INFO] = VZLOG_MORE,
		[LOG_LEVEL_DEBUG] = VZLOG_DEBUG,
	};

	vzlog_write(levels[level], msg);
}

/* ---- the command line ---- */

/* As a shell takes it, so that no argument looks like two, or like the end of the line. */
static void add_quoted(struct strbuf *sb, const char *arg)
{
	strbuf_add_char(sb, '"');
	for (; *arg; arg++) {
		if (*arg == '"' || *arg == '\\')
			strbuf_add_char(sb, '\\');
		strbuf_add_char(sb, *arg);
	}
	strbuf_add_char(sb, '"');
}

static void add_arg(struct strbuf *sb, const char *arg)
{
	static const char plain[] = "0123456789"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "%+,-./:=@_";

	if (*arg && !arg[strspn(arg, plain)])
		strbuf_add(sb, arg);
	else
		add_quoted(sb, arg);
}

/* USER:PASSWORD; one without a ":" may be a password alone. */
static void add_masked(struct strbuf *sb, const char *arg)
{
	auto_strbuf struct strbuf user = { 0 };
	size_t len = strcspn(arg, ":");

	if (arg[len])
		strbuf_add_mem(&user, arg, len + 1);
	strbuf_add(&user, "***");
	if (!user.failed)
		add_arg(sb, user.text);
}

/* What stands behind the name of an option with a password: "" or "=…". NULL: it is no such one. */
static const char *secret_option(const char *arg)
{
	static const char name[] = "userpasswd";
	const char *at = arg + strspn(arg, "-");

	if (at == arg || !str_starts(at, name))
		return NULL;
	at += strlen(name);
	return *at == '\0' || *at == '=' ? at : NULL;
}

void vzlog_add_args(struct strbuf *sb, const char *args, size_t len, const char *id, bool whole)
{
	bool secret = false;

	for (size_t at = 0; at < len; at += strlen(args + at) + 1) {
		const char *arg = args + at, *slash = strrchr(arg, '/');
		const char *behind =
			secret_option(arg); /* of a password's place too: better one too many */

		if (at > 0)
			strbuf_add_char(sb, ' ');
		if (at == 0) {
			add_arg(sb, slash ? slash + 1 : arg);
		} else if (secret) {
			add_masked(sb, arg);
		} else if (behind && *behind) {
			strbuf_add_mem(sb, arg, (size_t)(behind + 1 - arg));
			add_masked(sb, behind + 1);
		} else {
			add_arg(sb, arg);
		}
		secret = behind && !*behind;
		if (!whole && at > 0 && str_eq(arg, id)) {
			strbuf_add(sb, " ...");
			return;
		}
	}
}

/* Who logged in, whatever he became since (proc(5), loginuid); else who we are. */
static void add_user(struct strbuf *sb)
{
	auto_free char *text = NULL;
	uint64_t login;

	strbuf_addf(sb, "uid %u", getuid());
	if (fd_load_at(AT_FDCWD, "/proc/self/loginuid", 32, &text, NULL, NULL) == 0 &&
	    num_parse_u(text, "", NO_UID, &login, NULL) == 0 && login != NO_UID &&
	    login != getuid())
		strbuf_addf(sb, ", logged in as uid %" PRIu64, login);
}

static void add_parent(struct strbuf *sb)
{
	auto_free char *path = str_dupf("/proc/%d/comm", getppid()), *comm = NULL;

	if (!path || fd_load_at(AT_FDCWD, path, 64, &comm, NULL, NULL) < 0)
		return;
	comm[strcspn(comm, "\n")] = '\0';
	strbuf_addf(sb, ", from %s[%d]", comm, getppid());
}

void vzlog_keep_args(void)
{
	if (!vzlog.args)
		fd_load_at(AT_FDCWD, "/proc/self/cmdline", ARGS_MAX_BYTES, &vzlog.args,
			   &vzlog.args_len, NULL);
}

static void forget_args(void)
{
	if (vzlog.args)
		explicit_bzero(vzlog.args, vzlog.args_len);
	free(vzlog.args);
	vzlog.args = NULL;
}

static void write_who(void)
{
	auto_strbuf struct strbuf line = { 0 };

	vzlog_keep_args();
	if (vzlog.args)
		vzlog_add_args(&line, vzlog.args, vzlog.args_len, vzlog.id,
			       vzlog.begun <= VZLOG_NORMAL);
	forget_args();
	strbuf_add(&line, " (");
	add_user(&line);
	add_parent(&line);
	strbuf_add_char(&line, ')');
	if (!line.failed)
		vzlog_write(vzlog.begun, line.text);
}

/* ---- the file ---- */

/* O_NONBLOCK: a named pipe without a reader must hang no verb. */
static int open_file(const char *path, struct err *err)
{
	auto_free char *folder = NULL;
	int fd;

	if (path[0] != '/')
		return err_set(err, ERR_INPUT, "LOGFILE=\"%.64s\" is no absolute path", path);
	folder = vz_parent(path);
	if (!folder)
		return err_sys(err, "open log \"%s\"", path);
	if (path_mkdirs(folder, 0755, err) < 0)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
	return fd < 0 ? err_sys(err, "open log \"%s\"", path) : fd;
}

static int log_level(const struct vz *vz)
{
	const char *text = vz_get(vz, "LOG_LEVEL");
	int64_t level;

	if (!text || num_parse(text, "LOG_LEVEL", -1, 1000, &level, NULL) < 0)
		return VZLOG_NORMAL;
	return (int)level;
}

void vzlog_begin(const struct vz *vz, const char *id, enum vzlog_level level)
{
	const char *enabled = vz_get(vz, "LOGGING"), *path = vz_get(vz, "LOGFILE");
	struct err err;

	if (vzlog.fd >= 0 || (enabled && str_eq(enabled, "no")))
		return;
	snprintf(vzlog.id, sizeof(vzlog.id), "%s", id);
	vzlog.level = log_level(vz);
	vzlog.begun = level;
	vzlog.fd = open_file(path && *path ? path : DEFAULT_FILE, &err);
	if (vzlog.fd < 0) {
		log_warning("%s: nothing is logged", err.msg);
		return;
	}
	log_set_sink(take_log_line);
	write_who();
}

void vzlog_end(int status, const struct err *err)
{
	auto_strbuf struct strbuf line = { 0 };

	if (!err)
		strbuf_addf(&line, "done, status %d", status);
	else
		strbuf_addf(&line, "failed, status %d: %s", status, err->msg);
	if (!line.failed)
		vzlog_write(err ? VZLOG_ERROR : vzlog.begun, line.text);
}
