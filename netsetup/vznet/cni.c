/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/vznet/cni.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <unistd.h>

#include "netsetup/vznet/cmd.h"
#include "netsetup/vznet/cni_gc.h"
#include "netsetup/vznet/cni_ipam.h"
#include "netsetup/vznet/netns.h"
#include "runtime/base/fd.h"
#include "runtime/base/helper.h"
#include "runtime/base/log.h"

#define CONF_MAX_BYTES (1U << 20)

/* ---- verbs ---- */

static int print_versions(const struct cni *cni, struct err *err)
{
	auto_strbuf struct strbuf out = { 0 };
	struct json_writer w = { .sb = &out };

	json_begin(&w, NULL, '{');
	json_put_str(&w, "cniVersion", cni->version);
	json_begin(&w, "supportedVersions", '[');
	for (size_t i = 0; i <= CNI_NEWEST; i++)
		json_put_str(&w, NULL, cni_versions[i]);
	json_end(&w, ']');
	json_end(&w, '}');
	strbuf_add_char(&out, '\n');
	return cmd_print(&out, err);
}

static int make(const struct cni *cni, int netns, struct err *err)
{
	auto_net struct net_config *config = NULL;

	if (cni_conf_read(cni, &config, err) < 0 || net_up(config, netns, err) < 0)
		return -1;
	if (cni_result_print(cni, config, err) == 0)
		return 0;
	net_remove(cni->id, netns, NULL);
	return -1;
}

static int add(struct cni *cni, struct err *err)
{
	auto_fd int netns = netns_open(cni->netns, err);
	auto_json struct json_doc *answer = NULL;
	bool noted = false;
	struct err why;

	if (netns < 0) {
		err->code = CNI_ERR(CNI_BAD_ENV);
		return -1;
	}
	if (cni_gc_note(cni, &noted, err) < 0)
		return -1;
	if (cni_ipam_run(cni, "ADD", &cni->ipam, err) == 0) {
		if (make(cni, netns, err) == 0)
			return 0;
		/* An interface that was made before has the addresses. */
		if ((noted || err->code != EEXIST) && cni_ipam_run(cni, "DEL", &answer, &why) < 0)
			log_warning("give the addresses back: %s, ignoring", why.msg);
	}
	if (noted)
		cni_gc_forget(cni->name, cni->id);
	return -1;
}

/* The namespace may be gone, and all may be removed already. The addresses are given back when nothing
 * has them any more. */
static int del(const struct cni *cni, struct err *err)
{
	struct err why;
	auto_fd int netns = *cni->netns ? netns_open(cni->netns, &why) : -1;
	auto_json struct json_doc *answer = NULL;

	/* Who comes by this id next is another container. */
	if (net_remove(cni->id, netns, err) < 0 || net_forget(cni->id, err) < 0)
		return -1;
	cni_gc_forget(cni->name, cni->id);
	return cni_ipam_run(cni, "DEL", &answer, err);
}

static int check(const struct cni *cni, struct err *err)
{
	auto_json struct json_doc *answer = NULL;

	if (cni_ipam_run(cni, "CHECK", &answer, err) < 0)
		return -1;
	return cni_check(cni, err);
}

/* Ours first: who has no interface any more has no use for its addresses. */
static int collect(const struct cni *cni, struct err *err)
{
	auto_json struct json_doc *answer = NULL;
	struct err why;
	int rc = cni_gc(cni, err);

	if (cni_ipam_run(cni, "GC", &answer, &why) == 0)
		return rc;
	if (rc == 0)
		*err = why;
	return -1;
}

/* Whether ADD can do its work. */
static int tell_status(const struct cni *cni, struct err *err)
{
	auto_json struct json_doc *answer = NULL;
	auto_free char *helper = NULL;
	const char *bridge;

	if (cni_conf_check(cni, &bridge, err) < 0)
		return -1;
	if (bridge && !if_nametoindex(bridge))
		return err_set(err, CNI_ERR(cni_gc_any(cni->name) ? CNI_CUT_OFF : CNI_NOT_READY),
			       "the host has no bridge \"%.64s\"", bridge);
	helper = helper_path("vznft", err);
	if (!helper) {
		err->code = CNI_ERR(CNI_NOT_READY);
		return -1;
	}
	return cni_ipam_run(cni, "STATUS", &answer, err);
}

static int obey(struct cni *cni, struct err *err)
{
	switch (cni->verb) {
	case CNI_ADD:
		return add(cni, err);
	case CNI_DEL:
		return del(cni, err);
	case CNI_CHECK:
		return check(cni, err);
	case CNI_GC:
		return collect(cni, err);
	case CNI_STATUS:
		return tell_status(cni, err);
	case CNI_PRINT_VERSION:
		break;
	}
	return print_versions(cni, err);
}

/* ---- errors ---- */

static int code_of(const struct err *err)
{
	static const struct {
		int code;
		enum cni_code cni;
	} codes[] = {
		{ ERR_INPUT, CNI_BAD_CONFIG },
		{ ERR_NOT_FOUND, CNI_NO_CONTAINER },
		{ ERR_BUSY, CNI_TRY_AGAIN },
		{ EAGAIN, CNI_TRY_AGAIN },
		{ EBUSY, CNI_TRY_AGAIN },
		{ ENOBUFS, CNI_TRY_AGAIN },
		{ ENOMEM, CNI_TRY_AGAIN }, /* also what libnl makes of ENOBUFS */
		{ EIO, CNI_BAD_IO },
		{ ENOSPC, CNI_BAD_IO },
		{ EROFS, CNI_BAD_IO },
		{ EPIPE, CNI_BAD_IO },
		{ EADDRINUSE, CNI_ADDRESS_USED },
		{ EEXIST, CNI_EXISTS },
		{ ERR_EXISTS, CNI_EXISTS },
		{ ERR_UNSUPPORTED, CNI_UNSUPPORTED },
	};

	if (err->code > CNI_ERR(0))
		return err->code - CNI_ERR(0);
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == err->code)
			return codes[i].cni;
	return CNI_FAILED;
}

static void print_error(const struct cni *cni, const struct err *err)
{
	auto_strbuf struct strbuf out = { 0 };
	struct json_writer w = { .sb = &out };

	json_begin(&w, NULL, '{');
	json_put_str(&w, "cniVersion", cni->version);
	json_put_int(&w, "code", code_of(err));
	json_put_str(&w, "msg", err->msg);
	json_end(&w, '}');
	strbuf_add_char(&out, '\n');
	cmd_print(&out, NULL);
}

static int read_stdin(struct cni *cni, struct err *err)
{
	if (fd_read_file(STDIN_FILENO, "config on stdin", CONF_MAX_BYTES, &cni->text, &cni->len,
			 err) == 0)
		return cni_read_text(cni, err);
	err->code = CNI_ERR(err->code == EFBIG ? CNI_BAD_JSON : CNI_BAD_IO);
	return -1;
}

/* The config is read before the environment is judged, for an error has the config's version; an
 * error of the environment's goes first, as then there may be no config. */
static int begin(struct cni *cni, struct err *err)
{
	struct err env_err = { 0 };
	int env_rc = cni_read_env(cni, &env_err), conf_rc = read_stdin(cni, err);

	if (env_rc < 0) {
		*err = env_err;
		return -1;
	}
	/* Who asks for versions need not know one. */
	if (conf_rc < 0)
		return cni->verb == CNI_PRINT_VERSION && cni->len == 0 ? 0 : -1;
	return cni_read_name(cni, err);
}

int cni_run(struct err *err)
{
	struct cni cni = { .version = cni_versions[CNI_NEWEST] };
	int rc = begin(&cni, err);

	if (rc == 0)
		rc = obey(&cni, err);
	if (rc < 0)
		print_error(&cni, err);
	json_freep(&cni.ipam);
	json_freep(&cni.doc);
	free(cni.text);
	free(cni.id);
	return rc;
}
