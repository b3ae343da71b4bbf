/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tsckhz: prints the rate of this processor's time stamp counter in kHz.
 *
 * The emulated processor counts the host's ticks. A kernel that has to find out their rate by
 * itself compares them to an emulated timer, and hangs or errs when the host is busy.
 * /proc/cpuinfo has the rate of the moment, not the counter's.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define MEASURE_NSEC 20000000
#define TRIES 16

struct sample {
	uint64_t ticks;
	int64_t nsec;
};

static int64_t now_nsec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Both clocks at one moment: of several tries, the one that took the shortest time. */
static struct sample take_sample(void)
{
	struct sample best = { 0, 0 };
	uint64_t best_width = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = __rdtsc();
		int64_t nsec = now_nsec();
		uint64_t width = __rdtsc() - before;

		if (width < best_width) {
			best_width = width;
			best = (struct sample){ before + width / 2, nsec };
		}
	}
	return best;
}

int main(void)
{
	struct timespec pause = { .tv_nsec = MEASURE_NSEC };
	struct sample first = take_sample(), last;
	double khz;

	nanosleep(&pause, NULL);
	last = take_sample();
	khz = (double)(last.ticks - first.ticks) * 1e6 / (double)(last.nsec - first.nsec);
	printf("%.0f\n", khz);
	return 0;
}
