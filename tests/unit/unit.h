/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unit: what the unit tests of base and spec share: cmocka with what it needs, and errors.
 */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/base/err.h"

/* A call that must succeed; its error otherwise is the test's message. */
#define assert_ok(call, err)                                   \
	do {                                                   \
		(err)->msg[0] = '\0';                          \
		if ((call) < 0)                                \
			fail_msg("%s: %s", #call, (err)->msg); \
	} while (0)

/* A call that must fail with exactly this code and text. */
#define assert_fails(call, err, want_code, want_msg)       \
	do {                                               \
		(err)->code = 0;                           \
		(err)->msg[0] = '\0';                      \
		assert_int_equal(call, -1);                \
		assert_string_equal((err)->msg, want_msg); \
		assert_int_equal((err)->code, want_code);  \
	} while (0)

/* The first line of a test, of `state`, that makes something in the kernel. */
#define NEED_ROOT               \
	do {                    \
		(void)state;    \
		if (geteuid())  \
			skip(); \
	} while (0)

#endif
