/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * die: how vminit fails: tells what failed and why (errno) on the console, and ends the VM.
 * tests/vm/run shows the console's end.
 */
#ifndef TESTS_VM_VMINIT_DIE_H
#define TESTS_VM_VMINIT_DIE_H

void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
