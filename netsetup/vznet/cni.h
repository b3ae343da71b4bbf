/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cni: vznet as a plugin of the Container Network Interface (the CNI specification, 0.3.0 to 1.1.0): the
 * verb and whom it is about come in the environment, the network's configuration on stdin, and the
 * result or the error goes to stdout as JSON.
 */
#ifndef NETSETUP_VZNET_CNI_H
#define NETSETUP_VZNET_CNI_H

#include <stdbool.h>

#include "netsetup/net.h"
#include "runtime/base/json.h"

/* The specification's codes of errors; from 100 on those of ours. */
enum cni_code {
	CNI_BAD_VERSION = 1,
	CNI_BAD_FIELD = 2, /* the text names key and value */
	CNI_NO_CONTAINER = 3,
	CNI_BAD_ENV = 4,
	CNI_BAD_IO = 5,
	CNI_BAD_JSON = 6,
	CNI_BAD_CONFIG = 7,
	CNI_TRY_AGAIN = 11,
	CNI_NOT_READY = 50, /* STATUS: ADD would fail */
	CNI_CUT_OFF = 51,   /* and containers that the network has are cut off */
	CNI_FAILED = 100,
	CNI_ADDRESS_USED = 101,
	CNI_EXISTS = 102,
	CNI_UNSUPPORTED = 103,
	CNI_DIFFERS = 104, /* CHECK: it is not as it was made */
	CNI_IPAM = 105,    /* the plugin that gives addresses can't be run, or talks nonsense */
};
/* As the code of a struct err. */
#define CNI_ERR(code) (2000 + (int)(code))

enum cni_verb { CNI_ADD, CNI_DEL, CNI_CHECK, CNI_GC, CNI_STATUS, CNI_PRINT_VERSION };

struct cni {
	enum cni_verb verb;
	const char *container, *netns, *ifname; /* "" where they are missing */
	char *id;                               /* net's; NULL for verbs about no container */
	char *text;                             /* stdin */
	size_t len;
	struct json_doc *doc;
	const struct json *conf; /* its root, an object */
	struct json_doc *ipam;   /* what the plugin for addresses gave; NULL: none */
	const char *name;        /* the network's */
	const char *version;     /* one of those that are known */
};

/* Those that are known, ascending. */
extern const char *const cni_versions[];
#define CNI_NEWEST 4

/* What the caller says of whom: the verb and names. */
int cni_read_env(struct cni *cni, struct err *err);
/* Of text and len: doc, conf and version (which else stays). */
int cni_read_text(struct cni *cni, struct err *err);
/* Whether the verb is one of its version's; the network's name, and the id. */
int cni_read_name(struct cni *cni, struct err *err);

/* Whether it can be a container's or a network's name. */
bool cni_is_word(const char *text);
/* Net's id in fresh memory; NULL: ENOMEM. An attachment is named by all three. */
char *cni_make_id(const char *network, const char *container, const char *ifname);
/* The text, NULL where the key is missing. */
int cni_text(const struct json *object, const char *key, const char **ret, struct err *err);
/* CNI_ARGS' "KEY=VALUE;…": the value in fresh memory, NULL where the key is missing. */
int cni_arg(const char *key, char **ret, struct err *err);
/* Whether the configuration's version is that one or a later one. */
bool cni_since(const struct cni *cni, const char *version);

/* What the configuration wants, filled. */
int cni_conf_read(const struct cni *cni, struct net_config **ret, struct err *err);

/* What can be told without a container: ERR_INPUT. *ret_bridge is NULL for a routed one. */
int cni_conf_check(const struct cni *cni, const char **ret_bridge, struct err *err);

/* What was made, to stdout. */
int cni_result_print(const struct cni *cni, const struct net_config *config, struct err *err);

/* Whether all is as it was made: the record, prevResult, and the kernel. Enters the namespace. */
int cni_check(const struct cni *cni, struct err *err);

/* The plugin. After an error it is on stdout already. */
int cni_run(struct err *err);

#endif
