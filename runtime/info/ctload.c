/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/info/ctload.h"

#include <fcntl.h>
#include <string.h>

#include "runtime/base/fd.h"
#include "runtime/base/str.h"

#define FILE_NAME ".load"
#define MAGIC "vzload 1" /* with the NUL, and padded */
#define MAGIC_BYTES 16
#define MAX_BYTES (16U << 20)
/* A sample this old weighs nothing in an average of 15 minutes: e^-8. */
#define OLD_USEC (UINT64_C(2) * 3600 * 1000000)

void ctload_done(struct ctload *load)
{
	free(load->sample);
	free(load->fresh);
}

static int compare(const void *a, const void *b)
{
	const struct ctload_sample *x = a, *y = b;

	return (x->ctid > y->ctid) - (x->ctid < y->ctid);
}

void ctload_read(const char *root, struct ctload *ret)
{
	auto_free char *path = str_dupf("%s/" FILE_NAME, root), *text = NULL;
	size_t len = 0, n;

	*ret = (struct ctload){ 0 };
	if (!path || fd_load_at(AT_FDCWD, path, MAX_BYTES, &text, &len, NULL) < 0)
		return;
	if (len < MAGIC_BYTES || memcmp(text, MAGIC, sizeof(MAGIC)) != 0)
		return;
	n = (len - MAGIC_BYTES) / sizeof(*ret->sample);
	ret->sample = n ? malloc(n * sizeof(*ret->sample)) : NULL;
	if (!ret->sample)
		return;
	memcpy(ret->sample, text + MAGIC_BYTES, n * sizeof(*ret->sample));
	ret->n = n;
	qsort(ret->sample, n, sizeof(*ret->sample), compare);
}

static const struct ctload_sample *find(const struct ctload_sample *list, size_t n, uint32_t ctid)
{
	const struct ctload_sample key = { .ctid = ctid };

	return n ? bsearch(&key, list, n, sizeof(key), compare) : NULL;
}

/* Is the sample of this run of the CT, of this boot, and no later than now? */
static bool is_usable(const struct ctload_sample *sample, const struct ctload_now *now)
{
	return sample && sample->pid_start == now->pid_start &&
	       sample->load.at_usec >= now->started_usec && sample->load.at_usec <= now->now_usec &&
	       sample->load.used_usec <= now->used_usec;
}

bool ctload_get(struct ctload *load, const struct ctload_now *now, double ret[3])
{
	const struct ctload_sample *old = find(load->sample, load->n, now->ctid);
	struct ctload_sample sample = {
		.ctid = now->ctid,
		.pid_start = now->pid_start,
		.load.at_usec = now->started_usec ? now->started_usec : 1,
	};

	if (is_usable(old, now))
		sample = *old;
	if (now->now_usec > sample.load.at_usec &&
	    sysinfo_load_is_due(&sample.load, now->now_usec)) {
		struct ctload_sample *slot =
			mem_append(&load->fresh, &load->fresh_n, sizeof(*slot));

		if (!slot)
			return false;
		sysinfo_load_add(&sample.load, now->now_usec, now->used_usec);
		*slot = sample;
	}
	for (int i = 0; i < 3; i++)
		ret[i] = (double)sample.load.load[i] / (1U << SYSINFO_LOAD_SHIFT);
	return true;
}

static void add_old(const struct ctload *load, uint64_t now_usec, struct strbuf *sb)
{
	for (size_t i = 0; i < load->n; i++) {
		const struct ctload_sample *s = &load->sample[i];
		bool taken = find(load->fresh, load->fresh_n, s->ctid);

		if (!taken && s->load.at_usec <= now_usec && now_usec - s->load.at_usec < OLD_USEC)
			strbuf_add_mem(sb, s, sizeof(*s));
	}
}

void ctload_write(const struct ctload *load, const char *root, uint64_t now_usec)
{
	static const char head[MAGIC_BYTES] = MAGIC;
	auto_strbuf struct strbuf sb = { 0 };
	auto_fd int dirfd = -1;

	if (load->fresh_n == 0)
		return;
	qsort(load->fresh, load->fresh_n, sizeof(*load->fresh), compare);
	strbuf_add_mem(&sb, head, sizeof(head));
	strbuf_add_mem(&sb, load->fresh, load->fresh_n * sizeof(*load->fresh));
	add_old(load, now_usec, &sb);
	dirfd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd >= 0 && !sb.failed)
		fd_replace_file(dirfd, FILE_NAME, sb.text, sb.len, 0600, 0, NULL);
}
