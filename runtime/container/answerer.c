/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/container/answerer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/base/json.h"
#include "runtime/base/log.h"
#include "runtime/kernel/cgroup.h"
#include "runtime/kernel/sysinfo.h"

#define SOCKET_NAME "sysinfo.sock"

#define CONNECT_TIMEOUT_SEC 10
/* They end by themselves, right after the init; this is how long we watch for it. */
#define END_TIMEOUT_MSEC 5000

char *container_answerer_socket(const struct container_settings *set, const char *id)
{
	return str_dupf("%s/%s/" SOCKET_NAME, set->root, id);
}

int answerer_check(const struct spec *spec, enum cgroup_manager manager, struct err *err)
{
	if (!spec_ns_new(spec, NS_USER) || !spec_ns_new(spec, NS_PID))
		return err_set(
			err, ERR_INPUT,
			"who answers its system calls needs a user and a pid namespace of the container's own");
	return manager == CGROUP_MANAGER_DISABLED ?
		       err_set(err, ERR_INPUT,
			       "who answers its system calls needs the container's cgroup") :
		       0;
}

/* By way of the folder's fd: the path of --root may be longer than an address. */
static void address(const struct state_dir *dir, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/" SOCKET_NAME, dir->fd);
}

static int new_socket(const struct state_dir *dir, struct err *err)
{
	auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr;

	address(dir, &addr);
	unlinkat(dir->fd, SOCKET_NAME, 0); /* of those that died */
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(fd, SOMAXCONN) < 0)
		return err_sys(err, "make " SOCKET_NAME);
	return steal_fd(&fd);
}

/* The last id of a map, where hardly anything is: RLIMIT_NPROC and the like count by user. */
static uint32_t last_id(const struct spec_id_maps *maps)
{
	const struct spec_id_map *map = &maps->map[maps->n - 1];

	return map->host_id + (map->size - 1);
}

/* Is mknod(2) among the calls that are listened for? */
static bool notifies_mknod(const struct spec_seccomp *sec)
{
	for (size_t i = 0; i < sec->rules_n; i++)
		for (char *const *name = sec->rules[i].names;
		     sec->rules[i].action == SECCOMP_DO_NOTIFY && *name; name++)
			if (str_eq(*name, "mknodat"))
				return true;
	return false;
}

int answerer_start(const struct state_dir *dir, const struct container_state *state,
		   const struct spec *spec, int init_pidfd, int first_fd, struct err *err)
{
	auto_fd int sock = new_socket(dir, err);
	auto_fd int cgroup = sock < 0 ? -1 : cgroup_open(state->cgroup, err);
	struct sysinfo_job job = {
		.init_pidfd = init_pidfd,
		.start_ticks = state->pid_start,
		.cgroup_fd = cgroup,
		.socket_fd = sock,
		.first_fd = first_fd,
		.mknod = notifies_mknod(&spec->lin.seccomp),
		.uid = last_id(&spec->lin.uid_mappings),
		.gid = last_id(&spec->lin.gid_mappings),
	};

	return cgroup < 0 ? -1 : sysinfo_start(&job, err);
}

static int try_connect(const struct state_dir *dir)
{
	/* A full backlog of one that hangs would hold us for ever. */
	const struct timeval timeout = { .tv_sec = CONNECT_TIMEOUT_SEC };
	auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr;

	address(dir, &addr);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -1;
	return steal_fd(&fd);
}

/* For one listener. *ret_gone: nobody is there any more. */
static int connect_for_listener(const struct state_dir *dir, bool *ret_gone, struct err *err)
{
	auto_fd int fd = try_connect(dir);
	struct err why;

	*ret_gone = fd < 0 && errno != EAGAIN;
	if (fd < 0)
		return err_sys(err, "connect to " SOCKET_NAME);
	if (sysinfo_await(fd, &why) == 0)
		return steal_fd(&fd);
	*ret_gone = why.code == EPIPE;
	if (err)
		*err = why;
	return -1;
}

/* Under the lock: of two that find them gone only one replaces them. */
static int start_again(const struct container_settings *set, const char *id,
		       const struct spec *spec, int init_pidfd, struct err *err)
{
	auto_state_dir struct state_dir dir = { -1, -1 };
	auto_container_state struct container_state *state = NULL;
	bool gone;
	int fd;

	if (state_dir_open(set, id, true, &dir, err) < 0 || state_load(&dir, id, &state, err) < 0)
		return -1;
	fd = connect_for_listener(&dir, &gone, err);
	if (fd >= 0 || !gone)
		return fd;
	if (faccessat(dir.fd, SOCKET_NAME, F_OK, 0) == 0)
		log_warning("%s: who answers sysinfo(2) there had been killed: what was started "
			    "before gets ENOSYS for it until the next start",
			    id);
	if (answerer_start(&dir, state, spec, init_pidfd, -1, err) < 0)
		return -1;
	return connect_for_listener(&dir, &gone, err);
}

int answerer_connect(const struct container_settings *set, const char *id, const struct spec *spec,
		     int init_pidfd, struct err *err)
{
	auto_state_dir struct state_dir dir = { -1, -1 };
	bool gone;
	int fd;

	if (state_dir_open(set, id, false, &dir, err) < 0)
		return -1;
	fd = connect_for_listener(&dir, &gone, err);
	return fd >= 0 || !gone ? fd : start_again(set, id, spec, init_pidfd, err);
}

/* config.json with another linux.seccomp. */
static int emit_config(const struct state_dir *dir, const char *section, struct strbuf *out,
		       struct err *err)
{
	auto_json struct json_doc *doc = NULL;
	struct json_writer w = { .sb = out };
	auto_free char *text = NULL;
	size_t len;

	if (fd_load_at(dir->fd, "config.json", SPEC_MAX_BYTES, &text, &len, err) < 0 ||
	    json_parse(text, len, "config.json", &doc, err) < 0)
		return -1;
	json_begin(&w, NULL, '{');
	json_for_each(member, json_root(doc)) {
		if (!str_eq(member->key, "linux")) {
			json_put_node(&w, member->key, member);
			continue;
		}
		json_begin(&w, "linux", '{');
		json_for_each(part, member)
			if (!str_eq(part->key, "seccomp"))
				json_put_node(&w, part->key, part);
		json_put_raw(&w, "seccomp", section);
		json_end(&w, '}');
	}
	json_end(&w, '}');
	return out->failed ? err_set(err, ENOMEM, "rewrite config.json: out of memory") : 0;
}

/* The state first: without the new filter nobody looks for who answers. */
int container_set_seccomp(const struct container_settings *set, const char *id, const char *section,
			  struct err *err)
{
	auto_state_dir struct state_dir dir = { -1, -1 };
	auto_container_state struct container_state *state = NULL;
	auto_strbuf struct strbuf config = { 0 };

	if (state_dir_open(set, id, true, &dir, err) < 0 || state_load(&dir, id, &state, err) < 0 ||
	    emit_config(&dir, section, &config, err) < 0)
		return -1;
	state->answerer = true;
	if (state_save(&dir, state, err) < 0)
		return -1;
	return fd_replace_file(dir.fd, "config.json", config.text, config.len, 0600, 0, err);
}

void answerer_end(const struct state_dir *dir)
{
	struct pollfd pfd = { .fd = try_connect(dir) }; /* of events only its end */

	if (pfd.fd >= 0) {
		poll(&pfd, 1, END_TIMEOUT_MSEC);
		close(pfd.fd);
	}
	sysinfo_tidy();
}
