/* SPDX-License-Identifier: GPL-2.0-or-later */
/* human: numbers as people read them. Powers of 1024 throughout, as the options take them. */
#ifndef RUNTIME_CLI_HUMAN_H
#define RUNTIME_CLI_HUMAN_H

#include <stdint.h>

#define HUMAN_SIZE 32

/* For a sentence: "0", "512 MiB", "1.5 GiB". Returns buf. */
const char *human_bytes(uint64_t bytes, char buf[HUMAN_SIZE]);

/* For a column, in at most 5 characters: "0", "999", "1.5K", "1023M". Returns buf. */
const char *human_short(uint64_t n, char buf[HUMAN_SIZE]);

/* For an option that takes a size: "512M", or all the digits where it is not even. Returns buf. */
const char *human_option(uint64_t bytes, char buf[HUMAN_SIZE]);

/* "3.2 s", "2 min 5 s", "1 h 1 min". Returns buf. */
const char *human_usec(uint64_t usec, char buf[HUMAN_SIZE]);

#endif
