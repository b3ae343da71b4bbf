/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvmshim/vmm/vcpu.h"

#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/base/mem.h"

/* Makes KVM_RUN return; which processor is to stop is said elsewhere. */
#define SIG_KICK SIGUSR1

static void kicked(int sig)
{
	(void)sig;
}

static int vcpu_make(struct vcpus *vcpus, unsigned int id, struct err *err)
{
	struct vcpu *vcpu = &vcpus->each[id];
	void *run;

	*vcpu = (struct vcpu){ .all = vcpus, .id = id };
	vcpu->fd = ioctl(vcpus->vm->fd, KVM_CREATE_VCPU, (unsigned long)id);
	if (vcpu->fd < 0)
		return err_sys(err, "create processor %u", id);
	run = mmap(NULL, vcpus->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (run == MAP_FAILED)
		return err_sys(err, "map processor %u", id);
	vcpu->run = run;
	return vcpu_arch_init(vcpu, err);
}

int vcpus_init(struct vcpus *vcpus, struct vm *vm, const struct bus *bus, unsigned int n,
	       struct err *err)
{
	const int run_bytes = ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);

	*vcpus = (struct vcpus){ .vm = vm, .bus = bus, .end_fd = -1 };
	pthread_mutex_init(&vcpus->lock, NULL);
	if (run_bytes < (int)sizeof(struct kvm_run))
		return err_set(err, ERR_UNSUPPORTED, "this machine's KVM has no processor's state");
	vcpus->run_bytes = (size_t)run_bytes;
	vcpus->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	vcpus->each = calloc(n, sizeof(*vcpus->each));
	if (vcpus->end_fd < 0 || !vcpus->each)
		return err_sys(err, "make %u processors", n);
	for (unsigned int i = 0; i < n; i++)
		vcpus->each[i].fd = -1;
	vcpus->n = n;
	for (unsigned int i = 0; i < n; i++) {
		if (vcpu_make(vcpus, i, err) < 0)
			return -1;
	}
	return 0;
}

void vcpus_done(struct vcpus *vcpus)
{
	vcpus_stop(vcpus);
	for (unsigned int i = 0; i < vcpus->n; i++) {
		if (vcpus->each[i].run)
			munmap(vcpus->each[i].run, vcpus->run_bytes);
		if (vcpus->each[i].fd >= 0)
			close(vcpus->each[i].fd);
	}
	free(vcpus->each);
	if (vcpus->end_fd >= 0)
		close(vcpus->end_fd);
	pthread_mutex_destroy(&vcpus->lock);
	*vcpus = (struct vcpus){ .end_fd = -1 };
}

int vcpus_boot(struct vcpus *vcpus, uint32_t entry, struct err *err)
{
	return vcpu_arch_boot(&vcpus->each[0], entry, err);
}

/* The first end counts. */
static void machine_ends(struct vcpus *vcpus, enum vcpu_end end, const struct err *why)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&vcpus->lock);
	if (vcpus->end == VCPU_RUNS) {
		vcpus->end = end;
		if (why)
			vcpus->err = *why;
		if (write(vcpus->end_fd, &one, sizeof(one)) != sizeof(one)) {
			/* An eventfd that nobody wrote to takes it. */
		}
	}
	pthread_mutex_unlock(&vcpus->lock);
}

static bool serial_has(const struct vcpu *vcpu, uint8_t *data, bool write)
{
	struct vcpus *all = vcpu->all;
	bool has;

	if (!all->serial)
		return false;
	pthread_mutex_lock(&all->lock);
	has = serial_access(all->serial, vcpu->run->io.port, data, vcpu->run->io.size, write);
	pthread_mutex_unlock(&all->lock);
	return has;
}

static void port_access(const struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	const bool write = run->io.direction == KVM_EXIT_IO_OUT;
	uint8_t *data = (uint8_t *)run + run->io.data_offset;

	for (uint32_t i = 0; i < run->io.count; i++, data += run->io.size) {
		if (!serial_has(vcpu, data, write) && !write)
			memset(data, 0xff, run->io.size);
	}
}

/* false: the machine has ended. */
static bool exit_handle(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	struct err why = { 0 };

	switch (run->exit_reason) {
	case KVM_EXIT_MMIO:
		bus_access(vcpu->all->bus, run->mmio.phys_addr, run->mmio.data, run->mmio.len,
			   run->mmio.is_write);
		return true;
	case KVM_EXIT_IO:
		if (run->io.port == ACPI_RESET_PORT && run->io.direction == KVM_EXIT_IO_OUT) {
			machine_ends(vcpu->all, VCPU_RESET, NULL);
			return false;
		}
		port_access(vcpu);
		return true;
	case KVM_EXIT_SHUTDOWN: /* a triple fault */
	case KVM_EXIT_SYSTEM_EVENT:
		machine_ends(vcpu->all, VCPU_RESET, NULL);
		return false;
	case KVM_EXIT_INTERNAL_ERROR:
		err_set(&why, ERR_FAILED, "processor %u: KVM failed on an instruction (%u)",
			vcpu->id, run->internal.suberror);
		break;
	case KVM_EXIT_FAIL_ENTRY:
		err_set(&why, ERR_FAILED, "processor %u: KVM could not enter the guest (0x%llx)",
			vcpu->id,
			(unsigned long long)run->fail_entry.hardware_entry_failure_reason);
		break;
	default:
		err_set(&why, ERR_FAILED, "processor %u: an exit of KVM's that is not known (%u)",
			vcpu->id, run->exit_reason);
		break;
	}
	machine_ends(vcpu->all, VCPU_FAILED, &why);
	return false;
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *vcpu = arg;
	struct err why = { 0 };

	while (!__atomic_load_n(&vcpu->all->stopping, __ATOMIC_ACQUIRE)) {
		if (ioctl(vcpu->fd, KVM_RUN, 0) == 0) {
			if (!exit_handle(vcpu))
				break;
		} else if (errno != EINTR && errno != EAGAIN) {
			err_sys(&why, "run processor %u", vcpu->id);
			machine_ends(vcpu->all, VCPU_FAILED, &why);
			break;
		}
	}
	return NULL;
}

int vcpus_start(struct vcpus *vcpus, struct err *err)
{
	const struct sigaction action = { .sa_handler = kicked };

	if (sigaction(SIG_KICK, &action, NULL) < 0)
		return err_sys(err, "handle a signal");
	for (unsigned int i = 0; i < vcpus->n; i++) {
		struct vcpu *vcpu = &vcpus->each[i];

		errno = pthread_create(&vcpu->thread, NULL, vcpu_thread, vcpu);
		if (errno)
			return err_sys(err, "start processor %u", i);
		vcpu->started = true;
	}
	return 0;
}

/* A signal just before KVM_RUN would be lost but for immediate_exit. */
void vcpus_stop(struct vcpus *vcpus)
{
	__atomic_store_n(&vcpus->stopping, true, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < vcpus->n; i++) {
		struct vcpu *vcpu = &vcpus->each[i];

		if (!vcpu->started)
			continue;
		__atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_RELEASE);
		pthread_kill(vcpu->thread, SIG_KICK);
		pthread_join(vcpu->thread, NULL);
		vcpu->started = false;
	}
	machine_ends(vcpus, VCPU_STOPPED, NULL);
}
