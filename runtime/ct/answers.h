/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * answers: which system calls of a CT are answered by us (container/answerer.h): sysinfo(2), and
 * mknod(2) of devices that it was given.
 */
#ifndef RUNTIME_CT_ANSWERS_H
#define RUNTIME_CT_ANSWERS_H

#include "runtime/ct/compile.h"
#include "runtime/ct/ct.h"
#include "runtime/ct/device.h"

/* By its conf: answer_sysinfo and answer_mknod. Not mknod where it nests: a container inside may
 * want to listen itself, and the kernel gives a process one listener (seccomp(2), EBUSY). */
int answers_read(const struct ct *ct, const struct device_list *devices, struct compile_input *ret,
		 struct err *err);

/* The running CT was given these devices: what is executed in it from now on is answered, as far as
 * whoever answers there can. */
int answers_change(const struct ct *ct, const struct device_list *devices, struct err *err);

#endif
