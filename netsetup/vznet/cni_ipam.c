/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/vznet/cni_ipam.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsetup/options.h"
#include "runtime/base/fd.h"
#include "runtime/base/proc.h"

#define ANSWER_MAX_BYTES (1U << 20)

bool cni_ipam_wanted(const struct cni *cni)
{
	const struct json *ipam = json_get(cni->conf, "ipam");

	return ipam && (ipam->type != JSON_OBJECT || ipam->count);
}

/* ---- running it ---- */

static int read_type(const struct cni *cni, const char **ret, struct err *err)
{
	const struct json *ipam = json_get(cni->conf, "ipam");
	char shown[STR_SHOW_SIZE];

	if (ipam->type != JSON_OBJECT)
		return json_err(err, "config", ipam, "must be an object");
	if (cni_text(ipam, "type", ret, err) < 0)
		return -1;
	if (!*ret || !**ret || strchr(*ret, '/') || **ret == '.')
		return json_err(err, "config", ipam, "the type %s can't be a plugin's name",
				str_show(shown, *ret ? *ret : ""));
	return 0;
}

/* The first of that name in CNI_PATH. */
static char *find_plugin(const char *type, struct err *err)
{
	const char *path = getenv("CNI_PATH");
	auto_strv char **dirs = strv_split(path ? path : "", ":");
	char shown[STR_SHOW_SIZE];

	for (char **dir = dirs; dir && *dir; dir++) {
		auto_free char *file = str_dupf("%s/%s", *dir, type);
		struct stat st;

		if (file && stat(file, &st) == 0 && S_ISREG(st.st_mode) && access(file, X_OK) == 0)
			return steal_ptr(&file);
	}
	err_set(err, CNI_ERR(CNI_IPAM), "ipam: there is no plugin %s in CNI_PATH (%.200s)",
		str_show(shown, type), path ? path : "");
	return NULL;
}

static int copy_stdin(const struct cni *cni, struct err *err)
{
	auto_fd int fd = memfd_create("cni-config", MFD_CLOEXEC);

	if (fd < 0 || fd_write_all(fd, cni->text, cni->len) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, "copy the config for the ipam plugin");
	return steal_fd(&fd);
}

static void become(const char *file, const char *verb, int in, int out)
{
	if (setenv("CNI_COMMAND", verb, 1) == 0 && dup2(in, STDIN_FILENO) >= 0 &&
	    dup2(out, STDOUT_FILENO) >= 0)
		execl(file, file, NULL);
	dprintf(STDERR_FILENO, "vznet: run \"%s\": %s\n", file, strerror(errno));
	_exit(127);
}

/* Its exit status and what it wrote. */
static int run(const struct cni *cni, const char *verb, const char *file, char **ret_text,
	       struct err *err)
{
	auto_fd int in = copy_stdin(cni, err), from = -1, to = -1;
	int ends[2], rc, status;
	pid_t pid;

	if (in < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "make a pipe");
	from = ends[0];
	to = ends[1];
	pid = proc_clone(0, -1, NULL);
	if (pid < 0)
		return err_sys(err, "run \"%.200s\"", file);
	if (pid == 0)
		become(file, verb, in, to);
	fd_closep(&to);
	to = -1;
	rc = fd_read_file(from, "the ipam plugin's answer", ANSWER_MAX_BYTES, ret_text, NULL, err);
	fd_closep(&from); /* one that writes more ends by it */
	from = -1;
	status = proc_wait(pid);
	if (rc < 0)
		err->code = CNI_ERR(CNI_IPAM);
	return rc < 0 ? -1 : status;
}

/* What it says of its failure, with its code. */
static int pass_on(const char *type, const struct json *answer, struct err *err)
{
	const struct json *code = json_get(answer, "code"), *msg = json_get(answer, "msg");
	int64_t number;

	if (!msg || msg->type != JSON_STRING)
		msg = NULL;
	if (!code || json_int(code, 1, INT32_MAX - CNI_ERR(0), &number) < 0)
		number = CNI_IPAM;
	return err_set(err, CNI_ERR(number), "ipam: %.64s: %s", type,
		       msg ? msg->text : "it failed without a word");
}

static int run_type(const struct cni *cni, const char *verb, const char *type,
		    struct json_doc **ret, struct err *err)
{
	auto_free char *file = find_plugin(type, err), *text = NULL;
	auto_json struct json_doc *answer = NULL;
	bool empty;
	int status;

	if (!file)
		return -1;
	status = run(cni, verb, file, &text, err);
	if (status < 0)
		return -1;
	empty = !text[strspn(text, " \t\r\n")];
	if (!empty &&
	    json_parse(text, strlen(text), "the ipam plugin's answer", &answer, err) < 0) {
		err->code = CNI_ERR(CNI_IPAM);
		return -1;
	}
	if (answer && json_root(answer)->type != JSON_OBJECT)
		return err_set(err, CNI_ERR(CNI_IPAM), "ipam: %.64s: its answer is no object",
			       type);
	if (status != 0)
		return pass_on(type, answer ? json_root(answer) : NULL, err);
	*ret = steal_ptr(&answer);
	return 0;
}

int cni_ipam_run(const struct cni *cni, const char *verb, struct json_doc **ret, struct err *err)
{
	const char *type;

	*ret = NULL;
	if (!cni_ipam_wanted(cni))
		return 0;
	if (read_type(cni, &type, err) < 0)
		return -1;
	return run_type(cni, verb, type, ret, err);
}

/* ---- its answer ---- */

static int get_object(const struct json *node, struct err *err)
{
	if (node->type == JSON_OBJECT)
		return 0;
	json_err(err, "ipam's answer", node, "must be an object");
	err->code = CNI_ERR(CNI_IPAM);
	return -1;
}

static bool is_v6(const char *text)
{
	return strchr(text, ':') != NULL;
}

static int add_ip(const struct json *ip, struct net_nic *nic, struct err *err)
{
	const char *address;

	if (get_object(ip, err) < 0 || cni_text(ip, "address", &address, err) < 0)
		return -1;
	if (!address || !*address)
		return err_set(err, CNI_ERR(CNI_IPAM), "ipam's answer: an address is missing");
	return options_set_nic(nic, "ip", address, "ipam's answer", err);
}

/* A route without a gateway has that of an address of its family. */
static int find_gateway(const struct json *answer, bool v6, const char **ret, struct err *err)
{
	json_for_each(ip, json_get(answer, "ips")) {
		if (cni_text(ip, "gateway", ret, err) < 0)
			return -1;
		if (*ret && is_v6(*ret) == v6)
			return 0;
	}
	*ret = NULL;
	return 0;
}

static int add_route(const struct json *answer, const struct json *route, struct net_nic *nic,
		     struct err *err)
{
	const char *dst, *gw;

	if (get_object(route, err) < 0 || cni_text(route, "dst", &dst, err) < 0 ||
	    cni_text(route, "gw", &gw, err) < 0)
		return -1;
	if (!dst || (!str_eq(dst, "0.0.0.0/0") && !str_eq(dst, "::/0")))
		return err_set(err, ERR_INPUT,
			       "ipam's answer: the route to %.64s: a bridged interface of ours has "
			       "none but default ones",
			       dst ? dst : "nowhere");
	if (!gw && find_gateway(answer, is_v6(dst), &gw, err) < 0)
		return -1;
	if (!gw)
		return err_set(err, ERR_INPUT, "ipam's answer: the route to %s has no gateway",
			       dst);
	return options_set_nic(nic, is_v6(dst) ? "gw6" : "gw", gw, "ipam's answer", err);
}

int cni_ipam_apply(const struct json *answer, struct net_nic *nic, struct err *err)
{
	json_for_each(ip, json_get(answer, "ips"))
		if (add_ip(ip, nic, err) < 0)
			return -1;
	/* A routed one sends all to the host, whatever the routes. */
	if (nic->kind == NET_ROUTED)
		return 0;
	json_for_each(route, json_get(answer, "routes"))
		if (add_route(answer, route, nic, err) < 0)
			return -1;
	return 0;
}
