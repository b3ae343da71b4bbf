/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * time: the wall clock as RFC 3339 text in UTC. libc's gmtime(3) reads the time zone files
 * first, which costs each verb seven system calls for nothing.
 */
#ifndef RUNTIME_BASE_TIME_H
#define RUNTIME_BASE_TIME_H

#include <time.h>

#define TIME_TEXT_SIZE 40

/* "2026-11-23T04:44:14.624999123Z" with `digits` (0 to 9) behind the second. */
const char *time_format(const struct timespec *t, unsigned int digits, char buf[TIME_TEXT_SIZE]);

/* The same for now. */
const char *time_now(unsigned int digits, char buf[TIME_TEXT_SIZE]);

#endif
