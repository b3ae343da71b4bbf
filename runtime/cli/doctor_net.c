/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks: who keeps packets from passing, and what is left of those that are gone. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netsetup/firewall.h"
#include "netsetup/net_stale.h"
#include "runtime/base/str.h"
#include "runtime/cli/doctor.h"
#include "runtime/container/container.h"

static void see_blocker(struct doctor *doctor)
{
	auto_free char *text = firewall_blocker(), *mend = NULL;
	const char *run = text ? strstr(text, ": run \"") : NULL;

	if (!text) {
		doctor_say(doctor, DOCTOR_OK, "firewall", NULL,
			   "no foreign firewall drops forwarded packets");
		return;
	}
	if (run)
		mend = str_dupf("%.*s", (int)strcspn(run + 7, "\""), run + 7);
	doctor_say(doctor, DOCTOR_PROBLEM, "firewall", mend, "%.*s",
		   run ? (int)(run - text) : (int)strlen(text), text);
}

static bool is_live(const struct doctor *doctor, const char *id)
{
	auto_container_state struct container_state *state = NULL;

	return container_check_id(id, NULL) == 0 &&
	       container_load(doctor->set, id, &state, NULL) == 0 &&
	       state->status != STATUS_STOPPED;
}

static int mend(const struct doctor *doctor, const void *arg, struct err *err)
{
	const struct net_stale *stale = arg;

	if (stale->kind != NET_STALE_LINK && is_live(doctor, stale->id)) {
		err_set(err, ERR_STATE, "container \"%s\" runs", stale->id);
		return err_hint(err, "stop it first");
	}
	return net_stale_mend(stale, err);
}

static void tell(struct doctor *doctor, const struct net_stale *stale)
{
	auto_free char *text = NULL, *how = NULL;

	switch (stale->kind) {
	case NET_STALE_DAMAGED:
		text = str_dupf("the record of the network of \"%s\" is damaged, which keeps it "
				"from starting: %s",
				stale->id, stale->why.msg);
		break;
	case NET_STALE_MAKING:
		text = str_dupf("a command that made the network of \"%s\" was killed, or is at "
				"work",
				stale->id);
		break;
	case NET_STALE_GONE:
		text = str_dupf("the network of \"%s\" is gone, and its record is not", stale->id);
		break;
	case NET_STALE_LINK:
		text = str_dupf("the link %s is of \"%s\", which has no network", stale->link,
				stale->id);
		break;
	case NET_STALE_FORWARD:
		how = str_dupf("sysctl -w net/ipv%d/conf/%s/forwarding=1",
			       stale->family == AF_INET6 ? 6 : 4, stale->link);
		doctor_say(doctor, DOCTOR_PROBLEM, "forward", how,
			   "the host does not forward what comes by %s for \"%s\"", stale->link,
			   stale->id);
		return;
	}
	if (text)
		doctor_stale(doctor, "network", text, mend, stale);
	else
		doctor->failed = true;
}

static int mend_elems(const struct doctor *doctor, const void *arg, struct err *err)
{
	size_t n;

	(void)doctor;
	(void)arg;
	return net_stale_elems(true, &n, err);
}

static void see_elems(struct doctor *doctor)
{
	auto_free char *text = NULL;
	struct err why = { 0 };
	size_t n = 0;

	if (net_stale_elems(false, &n, &why) < 0) {
		doctor_say(doctor, DOCTOR_WARNING, "network", NULL,
			   "who has which elements of nftables is not known: %s", why.msg);
		return;
	}
	if (n == 0)
		return;
	text = str_dupf("%zu elements of nftables' tables \"vzrun\" are of no container", n);
	if (text)
		doctor_stale(doctor, "network", text, mend_elems, NULL);
	else
		doctor->failed = true;
}

void doctor_net(struct doctor *doctor)
{
	auto_free struct net_stale *list = NULL;
	size_t n = 0, before;
	struct err why = { 0 };

	see_blocker(doctor);
	before = doctor->n;
	if (net_stale_find(&list, &n, &why) < 0) {
		doctor_say(doctor, DOCTOR_WARNING, "network", NULL, "%s", why.msg);
		return;
	}
	for (size_t i = 0; i < n; i++)
		tell(doctor, &list[i]);
	see_elems(doctor);
	if (doctor->n == before)
		doctor_say(doctor, DOCTOR_OK, "network", NULL, "nothing is left of old networks");
}
