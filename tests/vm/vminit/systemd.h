/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd: hands the VM over to systemd, which then runs vminit again, as a service that runs
 * the job (job.service).
 */
#ifndef TESTS_VM_VMINIT_SYSTEMD_H
#define TESTS_VM_VMINIT_SYSTEMD_H

/* Where the initramfs, and in it vminit and the job, can be seen once systemd has taken over. */
#define SYSTEMD_INITRAMFS "/run/vminit"

/* The initramfs as a mount of its own, to be taken before something covers it. */
int systemd_clone_initramfs(void);

/* Executes systemd's program. */
void systemd_exec(char *program, int initramfs) __attribute__((noreturn));

#endif
