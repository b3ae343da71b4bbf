/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm: a virtual machine of KVM: memory slots, the in-kernel interrupt controllers, and the wires from
 * the guest's notifications to the I/O thread (ioeventfd) and back (irqfd)
 * (Documentation/virt/kvm/api.rst).
 */
#ifndef KVMSHIM_VMM_VM_H
#define KVMSHIM_VMM_VM_H

#include "kvmshim/vmm/bus.h"
#include "kvmshim/vmm/loop.h"
#include "kvmshim/vmm/memory.h"

#define VM_APIC_GPA 0xfee00000U
#define VM_IOAPIC_GPA 0xfec00000U

/* The wires of one device. */
struct vm_notify_wire {
	struct loop_watch watch;
	unsigned int queue;
};

struct vm_wires {
	int interrupt_fd;
	struct vm_notify_wire queues[VIRTIO_QUEUES_MAX];
};

struct vm {
	int kvm_fd, fd; /* /dev/kvm, borrowed; the machine */
	struct vm_wires wires[BUS_DEVICES_MAX];
	unsigned int n_wired;
};

/* ERR_UNSUPPORTED: this KVM lacks what we need. */
int vm_init(struct vm *vm, int kvm_fd, const struct memory *memory, struct err *err);
void vm_done(struct vm *vm);

/* Wires the devices of a bus to the loop. */
int vm_wire(struct vm *vm, const struct bus *bus, struct loop *loop, struct err *err);

#endif
