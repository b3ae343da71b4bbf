/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu: the virtual processors, a thread each. The first begins at the kernel's PVH entry, the others
 * wait until the guest starts them. What a processor does that the kernel's KVM does not handle comes
 * here: an access to a device, the end.
 *
 * What an architecture asks for is in vcpu_x86.c.
 */
#ifndef KVMSHIM_VMM_VCPU_H
#define KVMSHIM_VMM_VCPU_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvmshim/vmm/bus.h"
#include "kvmshim/vmm/serial.h"
#include "kvmshim/vmm/vm.h"

struct kvm_run;

/* Why the machine ended. */
enum vcpu_end {
	VCPU_RUNS,
	VCPU_RESET, /* the guest reset the machine: how it says that it is done, or has panicked */
	VCPU_STOPPED, /* vcpus_stop */
	VCPU_FAILED,  /* KVM gave up: the text is in vcpus.err */
};

struct vcpus;

struct vcpu {
	struct vcpus *all;
	unsigned int id;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	bool started;
};

struct vcpus {
	struct vm *vm;
	const struct bus *bus;
	struct serial *serial; /* NULL: none */
	struct vcpu *each;
	unsigned int n;
	size_t run_bytes;
	int end_fd; /* an eventfd, written once when the machine has ended */
	pthread_mutex_t lock;
	bool stopping;
	enum vcpu_end end; /* with the lock */
	struct err err;
};

/* Makes them; none runs yet. */
int vcpus_init(struct vcpus *vcpus, struct vm *vm, const struct bus *bus, unsigned int n,
	       struct err *err);
void vcpus_done(struct vcpus *vcpus); /* stops them, too */

/* The state in which the first one begins. */
int vcpus_boot(struct vcpus *vcpus, uint32_t entry, struct err *err);

int vcpus_start(struct vcpus *vcpus, struct err *err);
void vcpus_stop(struct vcpus *vcpus); /* returns when their threads have ended */

/* vcpu_x86.c: what the guest may see of the processor; its registers at the entry. */
int vcpu_arch_init(const struct vcpu *vcpu, struct err *err);
int vcpu_arch_boot(const struct vcpu *vcpu, uint32_t entry, struct err *err);

#endif
