/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "runtime/base/bpf.h"

#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int bpf_call(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

int bpf_load(const struct bpf_program *program)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = program->type;
	attr.insns = (uintptr_t)program->insn;
	attr.insn_cnt = (uint32_t)program->n;
	attr.license = (uintptr_t) "GPL";
	strncpy(attr.prog_name, program->name, sizeof(attr.prog_name) - 1);
	return bpf_call(BPF_PROG_LOAD, &attr);
}
