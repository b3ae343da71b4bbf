/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvmshim/vmm/vm.h"

#include <linux/kvm.h>
#include <linux/virtio_mmio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "runtime/base/mem.h"

/* Three pages that Intel's processors need, and one: in the hole, above the APIC, where nothing is. */
#define TSS_GPA 0xfffbd000UL
#define IDENTITY_MAP_GPA 0xfffbc000ULL

static int capabilities_check(int kvm_fd, struct err *err)
{
	static const struct {
		int capability;
		const char *name;
	} needed[] = {
		{ KVM_CAP_IRQCHIP, "an interrupt controller" },
		{ KVM_CAP_IOEVENTFD, "ioeventfd" },
		{ KVM_CAP_IRQFD, "irqfd" },
		{ KVM_CAP_IMMEDIATE_EXIT, "immediate_exit" },
		{ KVM_CAP_TSC_DEADLINE_TIMER, "the TSC deadline timer" },
	};

	if (ioctl(kvm_fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return err_set(err, ERR_UNSUPPORTED, "/dev/kvm is not KVM (its version differs)");
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		if (ioctl(kvm_fd, KVM_CHECK_EXTENSION, needed[i].capability) <= 0)
			return err_set(err, ERR_UNSUPPORTED, "this machine's KVM lacks %s",
				       needed[i].name);
	}
	return 0;
}

static int slots_set(const struct vm *vm, const struct memory *memory, struct err *err)
{
	struct memory_region regions[2];
	const size_t n = memory_regions(memory, regions);

	for (size_t i = 0; i < n; i++) {
		struct kvm_userspace_memory_region slot = {
			.slot = (uint32_t)i,
			.guest_phys_addr = regions[i].gpa,
			.memory_size = regions[i].bytes,
			.userspace_addr = (uintptr_t)regions[i].host,
		};

		if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &slot) < 0)
			return err_sys(err, "give the guest its memory");
	}
	return 0;
}

int vm_init(struct vm *vm, int kvm_fd, const struct memory *memory, struct err *err)
{
	uint64_t identity_map = IDENTITY_MAP_GPA;

	*vm = (struct vm){ .kvm_fd = kvm_fd, .fd = -1 };
	if (capabilities_check(kvm_fd, err) < 0)
		return -1;
	vm->fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		return err_sys(err, "create a virtual machine");
	if (ioctl(vm->fd, KVM_SET_TSS_ADDR, TSS_GPA) < 0 ||
	    ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map) < 0)
		return err_sys(err, "place KVM's own pages");
	if (ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0) < 0)
		return err_sys(err, "create the interrupt controllers");
	return slots_set(vm, memory, err);
}

static void wires_close(struct vm_wires *wires)
{
	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++) {
		if (wires->queues[i].watch.fd >= 0)
			close(wires->queues[i].watch.fd);
	}
	if (wires->interrupt_fd >= 0)
		close(wires->interrupt_fd);
}

void vm_done(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->n_wired; i++)
		wires_close(&vm->wires[i]);
	vm->n_wired = 0;
	if (vm->fd >= 0)
		close(vm->fd);
	vm->fd = -1;
}

static int event_open(int *ret, struct err *err)
{
	*ret = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return *ret < 0 ? err_sys(err, "make an eventfd") : 0;
}

static int interrupt_wire(const struct vm *vm, int fd, uint32_t gsi, struct err *err)
{
	const struct kvm_irqfd irqfd = { .fd = (uint32_t)fd, .gsi = gsi };

	return ioctl(vm->fd, KVM_IRQFD, &irqfd) < 0 ? err_sys(err, "wire interrupt %u", gsi) : 0;
}

static void queue_notified(struct loop_watch *watch, uint32_t events)
{
	const struct vm_notify_wire *wire = (const struct vm_notify_wire *)watch; /* its first */
	uint64_t count;

	if (events & EPOLLIN && read(watch->fd, &count, sizeof(count)) == sizeof(count))
		virtio_notify(watch->self, wire->queue);
}

static int queue_wire(const struct vm *vm, struct vm_wires *wires, unsigned int queue, uint32_t gpa,
		      struct virtio_device *device, struct loop *loop, struct err *err)
{
	struct loop_watch *watch = &wires->queues[queue].watch;
	struct kvm_ioeventfd wire = {
		.datamatch = queue,
		.addr = gpa + VIRTIO_MMIO_QUEUE_NOTIFY,
		.len = sizeof(uint32_t),
		.flags = KVM_IOEVENTFD_FLAG_DATAMATCH,
	};

	if (event_open(&watch->fd, err) < 0)
		return -1;
	wire.fd = watch->fd;
	if (ioctl(vm->fd, KVM_IOEVENTFD, &wire) < 0)
		return err_sys(err, "wire queue %u of the %s device", queue, device->ops->name);
	watch->ready = queue_notified;
	watch->self = device;
	wires->queues[queue].queue = queue;
	return loop_add(loop, watch, EPOLLIN, err);
}

static int device_wire(struct vm *vm, struct virtio_device *device, unsigned int n,
		       struct loop *loop, struct err *err)
{
	struct vm_wires *wires = &vm->wires[n];

	wires->interrupt_fd = -1;
	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++)
		wires->queues[i].watch.fd = -1;
	vm->n_wired++;
	if (event_open(&wires->interrupt_fd, err) < 0 ||
	    interrupt_wire(vm, wires->interrupt_fd, BUS_FIRST_GSI + n, err) < 0)
		return -1;
	device->interrupt_fd = wires->interrupt_fd;
	for (unsigned int i = 0; i < device->ops->n_queues; i++) {
		if (queue_wire(vm, wires, i, bus_gpa(n), device, loop, err) < 0)
			return -1;
	}
	return 0;
}

int vm_wire(struct vm *vm, const struct bus *bus, struct loop *loop, struct err *err)
{
	for (unsigned int i = 0; i < bus->n; i++) {
		if (device_wire(vm, bus->devices[i], i, loop, err) < 0)
			return -1;
	}
	return 0;
}
