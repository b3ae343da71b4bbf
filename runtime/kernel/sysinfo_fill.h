/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysinfo_fill: what sysinfo(2) says of a cgroup, from the texts of the cgroup's files. Pure, and
 * without libc: for the tiny program of sysinfo.h, and for its test.
 *
 * Sources: sysinfo(2), kernel/sys.c (do_sysinfo, struct compat_sysinfo), kernel/sched/loadavg.c,
 * cgroup-v2.rst.
 */
#ifndef RUNTIME_KERNEL_SYSINFO_FILL_H
#define RUNTIME_KERNEL_SYSINFO_FILL_H

#include <linux/sysinfo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No limit, or not known. */
#define SYSINFO_NONE UINT64_MAX

/* "123\n" → 123; "max" or nothing: SYSINFO_NONE. */
static inline uint64_t sysinfo_number(const char *text, size_t len)
{
	uint64_t number = 0;
	size_t i;

	for (i = 0; i < len && text[i] >= '0' && text[i] <= '9'; i++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(text[i] - '0'), &number))
			return SYSINFO_NONE;
	return i > 0 ? number : SYSINFO_NONE;
}

/* The number behind the first `key` of the text ("usage_usec ", "total="). */
static inline uint64_t sysinfo_number_of(const char *text, size_t len, const char *key)
{
	for (size_t at = 0; at < len; at++) {
		size_t n = 0;

		while (key[n] && at + n < len && text[at + n] == key[n])
			n++;
		if (!key[n])
			return sysinfo_number(text + at + n, len - at - n);
	}
	return SYSINFO_NONE;
}

/* ---- load ----
 *
 * A cgroup counts no runnable tasks, so its load is made of the processor time that it used and
 * of the time in which some task of it waited for a processor. As the kernel's own it is an
 * average that decays, taken every 5 seconds; but only when somebody asks. */

#define SYSINFO_LOAD_USEC 5000000U
#define SYSINFO_LOAD_SHIFT 11 /* FSHIFT of the kernel */

struct sysinfo_load {
	uint64_t at_usec, used_usec; /* of the last sample; at 0: none yet */
	uint64_t load[3];            /* of 1, 5, 15 minutes, times 2 to the SYSINFO_LOAD_SHIFT */
};

/* x to the n, rounded. */
static inline uint64_t sysinfo_power(uint64_t x, uint64_t n)
{
	const uint64_t one = 1U << SYSINFO_LOAD_SHIFT;
	uint64_t result = one;

	for (; n > 0; n >>= 1) {
		if (n & 1)
			result = (result * x + one / 2) >> SYSINFO_LOAD_SHIFT;
		x = (x * x + one / 2) >> SYSINFO_LOAD_SHIFT;
	}
	return result;
}

static inline bool sysinfo_load_is_due(const struct sysinfo_load *load, uint64_t now_usec)
{
	return load->at_usec == 0 || now_usec - load->at_usec >= SYSINFO_LOAD_USEC;
}

/* Takes a sample that is due: used_usec is what was used since the cgroup was made. */
static inline void sysinfo_load_add(struct sysinfo_load *load, uint64_t now_usec,
				    uint64_t used_usec)
{
	static const uint16_t decay[3] = { 1884, 2014, 2037 }; /* EXP_1, EXP_5, EXP_15 */
	const uint64_t one = 1U << SYSINFO_LOAD_SHIFT;
	uint64_t passed = now_usec - load->at_usec, active = 0;

	if (load->at_usec != 0 && used_usec > load->used_usec)
		active = (used_usec - load->used_usec) * one / passed;
	for (int i = 0; i < 3 && load->at_usec != 0; i++) {
		uint64_t e = sysinfo_power(decay[i], passed / SYSINFO_LOAD_USEC);

		load->load[i] =
			(load->load[i] * e + active * (one - e) + one / 2) >> SYSINFO_LOAD_SHIFT;
	}
	load->at_usec = now_usec;
	load->used_usec = used_usec;
}

/* ---- the answer ---- */

/* Of the cgroup; SYSINFO_NONE each where there is none. */
struct sysinfo_facts {
	uint64_t memory_max, memory_current, swap_max, swap_current, tasks;
	uint64_t uptime_sec;
	const struct sysinfo_load *load; /* NULL: the host's */
};

static inline uint64_t sysinfo_less(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Replaces in *info, which is the host's with a mem_unit of 1, what is known better. */
static inline void sysinfo_fill(struct sysinfo *info, const struct sysinfo_facts *facts)
{
	if (facts->memory_max < info->totalram && facts->memory_current != SYSINFO_NONE) {
		uint64_t used = sysinfo_less(facts->memory_current, facts->memory_max);

		info->totalram = facts->memory_max;
		info->freeram = sysinfo_less(facts->memory_max - used, info->freeram);
		/* Not counted for a cgroup in a file that is quick to read. */
		info->sharedram = 0;
		info->bufferram = 0;
		info->totalhigh = 0;
		info->freehigh = 0;
	}
	if (facts->swap_max < info->totalswap && facts->swap_current != SYSINFO_NONE) {
		uint64_t used = sysinfo_less(facts->swap_current, facts->swap_max);

		info->totalswap = facts->swap_max;
		info->freeswap = sysinfo_less(facts->swap_max - used, info->freeswap);
	}
	if (facts->tasks != SYSINFO_NONE) /* the kernel's, too, counts threads */
		info->procs = (uint16_t)sysinfo_less(facts->tasks, UINT16_MAX);
	if (facts->uptime_sec != SYSINFO_NONE)
		info->uptime = (long)facts->uptime_sec;
	for (int i = 0; i < 3 && facts->load; i++)
		info->loads[i] = facts->load->load[i] << (SI_LOAD_SHIFT - SYSINFO_LOAD_SHIFT);
}

/* What a 32-bit caller gets on a 64-bit kernel. */
struct sysinfo_compat {
	int32_t uptime;
	uint32_t loads[3];
	uint32_t totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	uint16_t procs, pad;
	uint32_t totalhigh, freehigh, mem_unit;
	char rest[8];
};
_Static_assert(sizeof(struct sysinfo_compat) == 64, "struct compat_sysinfo of kernel/sys.c");

/* Sizes that do not fit are told in pages, as the kernel does. */
static inline void sysinfo_to_compat(const struct sysinfo *info, struct sysinfo_compat *ret)
{
	bool large = (info->totalram >> 32) || (info->totalswap >> 32);
	int shift = large ? 12 : 0;

	*ret = (struct sysinfo_compat){
		.uptime = (int32_t)info->uptime,
		.totalram = (uint32_t)(info->totalram >> shift),
		.freeram = (uint32_t)(info->freeram >> shift),
		.sharedram = (uint32_t)(info->sharedram >> shift),
		.bufferram = (uint32_t)(info->bufferram >> shift),
		.totalswap = (uint32_t)(info->totalswap >> shift),
		.freeswap = (uint32_t)(info->freeswap >> shift),
		.procs = info->procs,
		.totalhigh = (uint32_t)(info->totalhigh >> shift),
		.freehigh = (uint32_t)(info->freehigh >> shift),
		.mem_unit = 1U << shift,
	};
	for (int i = 0; i < 3; i++)
		ret->loads[i] = (uint32_t)info->loads[i];
}

#endif
