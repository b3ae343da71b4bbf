/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf: the system call bpf(2), and loading a program of a few instructions. What the programs do is
 * their modules' business.
 */
#ifndef RUNTIME_BASE_BPF_H
#define RUNTIME_BASE_BPF_H

#include <linux/bpf.h>
#include <stddef.h>

struct bpf_program {
	enum bpf_prog_type type;
	const char *name; /* at most 15 characters, for bpftool and the like */
	const struct bpf_insn *insn;
	size_t n;
};

/* A result of 0 or more, or -1 with errno. */
int bpf_call(enum bpf_cmd cmd, union bpf_attr *attr);

/* The program's fd, or -1 with errno. RLIMIT_MEMLOCK is of no matter: since 5.11 programs are
 * charged to the memory cgroup. */
int bpf_load(const struct bpf_program *program);

#endif
