/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "netsetup/net_traffic.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsetup/firewall.h"
#include "netsetup/net_record.h"
#include "runtime/base/fd.h"
#include "runtime/base/log.h"
#include "runtime/base/path.h"
#include "runtime/base/str.h"

#define DIR_PATH NET_STATE_DIR "/traffic"
#define NUMBERS 8
#define PATH_SIZE (sizeof(DIR_PATH) + NET_ID_MAX + 1)

/* The struct is nothing but its numbers, so the file is these in its order. */
union numbers {
	struct net_traffic traffic;
	uint64_t all[NUMBERS];
};
_Static_assert(sizeof(struct net_traffic) == NUMBERS * sizeof(uint64_t), "numbers");

static int load(const char *id, union numbers *ret, struct err *err)
{
	auto_free char *text = NULL;
	char path[PATH_SIZE];
	char *at;

	*ret = (union numbers){ 0 };
	snprintf(path, sizeof(path), DIR_PATH "/%s", id);
	if (fd_load_at(AT_FDCWD, path, 4096, &text, NULL, err) < 0)
		return err->code == ENOENT ? 0 : -1;
	at = text;
	for (size_t i = 0; i < NUMBERS; i++)
		ret->all[i] = strtoull(at, &at, 10);
	return 0;
}

static int save(const char *id, const union numbers *numbers, struct err *err)
{
	auto_strbuf struct strbuf text = { 0 };
	auto_fd int dir = -1;

	for (size_t i = 0; i < NUMBERS; i++)
		strbuf_addf(&text, "%" PRIu64 "%c", numbers->all[i], i + 1 < NUMBERS ? ' ' : '\n');
	if (text.failed)
		return err_set(err, ENOMEM, "keep the traffic's counts");
	if (path_mkdirs(DIR_PATH, 0700, err) < 0)
		return -1;
	dir = open(DIR_PATH, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, "open \"%s\"", DIR_PATH);
	return fd_replace_file(dir, id, text.text, text.len, 0600, 0, err);
}

static bool has_host_name(const struct net_config *config, const char *name)
{
	for (size_t i = 0; config && i < config->n_nics; i++)
		if (str_eq(config->nics[i].host_name, name))
			return true;
	return false;
}

static int keep(const struct net_config *gone, struct err *err)
{
	static const union numbers none;
	union numbers counted = { 0 }, sum;

	if (firewall_traffic(gone, &counted.traffic, err) < 0)
		return -1;
	if (memcmp(&counted, &none, sizeof(none)) == 0)
		return 0;
	if (load(gone->id, &sum, err) < 0)
		return -1;
	for (size_t i = 0; i < NUMBERS; i++)
		sum.all[i] += counted.all[i];
	return save(gone->id, &sum, err);
}

void net_traffic_keep(const struct net_config *from, const struct net_config *to)
{
	auto_free struct net_nic *nics = calloc(from->n_nics + 1, sizeof(*nics));
	struct net_config gone = *from;
	struct err why = { 0 };

	gone.nics = nics;
	gone.n_nics = 0;
	for (size_t i = 0; nics && i < from->n_nics; i++)
		if (*from->nics[i].host_name && !has_host_name(to, from->nics[i].host_name))
			nics[gone.n_nics++] = from->nics[i];
	if (gone.n_nics && keep(&gone, &why) < 0)
		log_warning("count the traffic of \"%s\": %s, ignoring", from->id, why.msg);
}

int net_traffic(const char *id, struct net_traffic *ret, struct err *err)
{
	auto_record struct net_record *record = NULL;
	auto_fd int lock = net_record_lock(id, err);
	union numbers sum;

	if (lock < 0 || load(id, &sum, err) < 0)
		return -1;
	if (net_record_load(id, &record, err) < 0 && err->code != ERR_NOT_FOUND)
		return -1;
	if (record && firewall_traffic(record->config, &sum.traffic, err) < 0)
		return -1;
	*ret = sum.traffic;
	return 0;
}

int net_forget(const char *id, struct err *err)
{
	auto_fd int lock = net_record_lock(id, err);
	char path[PATH_SIZE];

	if (lock < 0)
		return -1;
	snprintf(path, sizeof(path), DIR_PATH "/%s", id);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(err, "remove \"%s\"", path);
	return 0;
}
