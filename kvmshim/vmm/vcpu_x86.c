/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kvmshim/vmm/boot.h"
#include "kvmshim/vmm/vcpu.h"
#include "runtime/base/mem.h"

enum {
	CPUID_ENTRIES_MAX = 256,
	CR0_PE_ET = 0x11,
	TASK_LIMIT = 0x67,
	RFLAGS_FIXED = 2,
	SEGMENT_CODE = 11,
	SEGMENT_DATA = 3,
	SEGMENT_TASK = 11,
};

/* Intel's and AMD's manuals, CPUID. */
enum {
	LEAF_FEATURES = 1,
	LEAF_TOPOLOGY = 0xb,
	LEAF_PMU = 0xa,
	LEAF_AMD_FEATURES = 0x80000001,
	LEAF_AMD_SVM = 0x8000000a,
	ECX_MONITOR = 1 << 3,
	ECX_VMX = 1 << 5,
	ECX_TSC_DEADLINE = 1 << 24,
	AMD_ECX_SVM = 1 << 2,
	EBX_APIC_ID_SHIFT = 24,
};
#define ECX_HYPERVISOR (1U << 31)

/* What KVM can give, without what makes no sense to a guest or opens more of the host to it:
 * virtualization, performance counters, MONITOR. */
static void cpuid_shape(struct kvm_cpuid_entry2 *e, unsigned int id)
{
	switch (e->function) {
	case LEAF_FEATURES:
		e->ecx |= ECX_HYPERVISOR | ECX_TSC_DEADLINE;
		e->ecx &= ~(uint32_t)(ECX_VMX | ECX_MONITOR);
		e->ebx = (e->ebx & 0x0000ffff) | 1U << 16 | id << EBX_APIC_ID_SHIFT;
		break;
	case LEAF_TOPOLOGY:
		e->edx = id;
		break;
	case LEAF_PMU:
	case LEAF_AMD_SVM:
		e->eax = e->ebx = e->ecx = e->edx = 0;
		break;
	case LEAF_AMD_FEATURES:
		e->ecx &= ~(uint32_t)AMD_ECX_SVM;
		break;
	default:
		break;
	}
}

int vcpu_arch_init(const struct vcpu *vcpu, struct err *err)
{
	auto_free struct kvm_cpuid2 *cpuid =
		calloc(1, sizeof(*cpuid) + CPUID_ENTRIES_MAX * sizeof(cpuid->entries[0]));

	if (!cpuid)
		return err_sys(err, "describe processor %u", vcpu->id);
	cpuid->nent = CPUID_ENTRIES_MAX;
	if (ioctl(vcpu->all->vm->kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid) < 0)
		return err_sys(err, "ask KVM what a processor can do");
	for (uint32_t i = 0; i < cpuid->nent; i++)
		cpuid_shape(&cpuid->entries[i], vcpu->id);
	if (ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid) < 0)
		return err_sys(err, "describe processor %u", vcpu->id);
	return 0;
}

static struct kvm_segment segment(unsigned int selector, unsigned int type)
{
	return (struct kvm_segment){
		.limit = UINT32_MAX,
		.selector = (uint16_t)selector,
		.type = (uint8_t)type,
		.present = 1,
		.db = 1,
		.s = 1,
		.g = 1,
	};
}

/* PVH's: 32-bit protected mode, flat segments, paging off, %ebx the start information. */
int vcpu_arch_boot(const struct vcpu *vcpu, uint32_t entry, struct err *err)
{
	const struct kvm_regs regs = {
		.rip = entry,
		.rbx = BOOT_INFO_GPA,
		.rflags = RFLAGS_FIXED,
	};
	struct kvm_sregs sregs;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) < 0)
		return err_sys(err, "read the processor's state");
	sregs.cs = segment(BOOT_CODE, SEGMENT_CODE);
	sregs.ds = sregs.es = sregs.ss = sregs.fs = sregs.gs = segment(BOOT_DATA, SEGMENT_DATA);
	sregs.tr = (struct kvm_segment){
		.limit = TASK_LIMIT, .selector = BOOT_TASK, .type = SEGMENT_TASK, .present = 1
	};
	sregs.gdt.base = BOOT_GDT_GPA;
	sregs.gdt.limit = BOOT_GDT_BYTES - 1;
	sregs.cr0 = CR0_PE_ET;
	sregs.cr4 = sregs.efer = 0;
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) < 0 || ioctl(vcpu->fd, KVM_SET_REGS, &regs) < 0)
		return err_sys(err, "set the processor's state");
	return 0;
}
