/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz: a target is one function over bytes, which fails by abort(). It is linked either with
 * clang's libFuzzer (tests/fuzz/run) or with replay.c, which gives it every file of its corpus
 * (make check).
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/base/err.h"

/* libFuzzer's name and signature. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Fails with the text of what does not hold. */
#define fuzz_assert(condition) ((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))

/* A refusal: one line, not empty, that fits a terminal. */
#define fuzz_assert_message(err) fuzz_assert(fuzz_is_message(err))

void fuzz_fail(const char *condition, const char *file, int line) __attribute__((noreturn));
int fuzz_is_message(const struct err *err);

/* The bytes as a string of its own (cut at a NUL), so that a read beyond its end is seen. */
char *fuzz_text(const uint8_t *data, size_t size);

#endif
