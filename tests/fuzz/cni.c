/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network's configuration as a CNI plugin gets it on stdin; and what another plugin answers when it is
 * asked for addresses. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "netsetup/options.h"
#include "netsetup/vznet/cni_ipam.h"
#include "tests/fuzz/fuzz.h"

/* As the environment would say it. */
static const struct cni about = {
	.container = "c1",
	.netns = "/run/netns/c1",
	.ifname = "eth0",
};

static void try_verb(enum cni_verb verb, const uint8_t *data, size_t size)
{
	auto_net struct net_config *config = NULL;
	struct cni cni = about;
	struct err err = { 0 };
	const char *bridge;

	cni.verb = verb;
	cni.text = (char *)(uintptr_t)data;
	cni.len = size;
	cni.version = cni_versions[CNI_NEWEST];
	if (cni_read_text(&cni, &err) < 0 || cni_read_name(&cni, &err) < 0 ||
	    cni_conf_check(&cni, &bridge, &err) < 0 ||
	    (cni.id && cni_conf_read(&cni, &config, &err) < 0))
		fuzz_assert_message(&err);
	fuzz_assert(cni.version);
	fuzz_assert(!config || (config->n_nics == 1 && strcmp(config->id, cni.id) == 0));
	free(cni.id);
	json_freep(&cni.doc);
}

static void try_answer(enum net_kind kind, const struct json *answer)
{
	auto_net struct net_config *config = calloc(1, sizeof(*config));
	struct err err = { 0 };
	struct net_nic *nic;

	fuzz_assert(config && (config->id = strdup("cni:net1:c1:eth0")));
	nic = options_add_nic(config, kind, "eth0", "CNI_IFNAME", &err);
	fuzz_assert(nic);
	if (cni_ipam_apply(answer, nic, &err) < 0 || net_fill(config, &err) < 0)
		fuzz_assert_message(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_json struct json_doc *doc = NULL;

	for (enum cni_verb verb = CNI_ADD; verb <= CNI_PRINT_VERSION; verb++)
		try_verb(verb, data, size);
	if (json_parse((const char *)data, size, "answer", &doc, NULL) < 0 ||
	    json_root(doc)->type != JSON_OBJECT)
		return 0;
	try_answer(NET_ROUTED, json_root(doc));
	try_answer(NET_BRIDGED, json_root(doc));
	return 0;
}
