/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvmshim/vmm/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "kvmshim/vmm/acpi.h"
#include "kvmshim/vmm/boot.h"
#include "kvmshim/vmm/bus.h"
#include "kvmshim/vmm/kernel.h"
#include "kvmshim/vmm/loop.h"
#include "kvmshim/vmm/rng.h"
#include "kvmshim/vmm/vcpu.h"
#include "kvmshim/vmm/vm.h"
#include "kvmshim/vmm/vsock.h"
#include "runtime/base/fd.h"
#include "runtime/base/str.h"

/* What a guest without firmware, PCI and legacy devices is told. A panic resets it (reboot=t is a
 * triple fault), which ends the machine. */
#define COMMAND_LINE                                                               \
	"panic=-1 reboot=t pci=off tsc=reliable no_timer_check cryptomgr.notests " \
	"random.trust_cpu=on rcupdate.rcu_expedited=1 cgroup_no_v1=all audit=0"
#define COMMAND_LINE_QUIET " quiet loglevel=1 8250.nr_uarts=0"
#define COMMAND_LINE_SERIAL " console=ttyS0"

struct machine {
	const struct machine_options *options;
	struct memory memory;
	struct virtio_device rng;
	struct vsock vsock;
	int vsock_fd;
	bool listens; /* vsock_fd, at a path of ours */
	struct bus bus;
	struct loop loop;
	struct vm vm;
	struct vcpus vcpus;
	struct serial serial;
	struct loop_watch ended;
};

/* ---- the guest's and the host's ports ---- */

static int address_fill(const char *path, uint32_t port, struct sockaddr_un *ret)
{
	const int n = port ? snprintf(ret->sun_path, sizeof(ret->sun_path), "%s_%u", path, port) :
			     snprintf(ret->sun_path, sizeof(ret->sun_path), "%s", path);

	ret->sun_family = AF_UNIX;
	return n > 0 && (size_t)n < sizeof(ret->sun_path) ? 0 : -1;
}

static int port_connect(void *self, uint32_t port)
{
	const struct machine *machine = self;
	struct sockaddr_un address = { 0 };
	int fd = -1;

	if (machine->options->vsock && port &&
	    address_fill(machine->options->vsock, port, &address) == 0)
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* A socket that is there is somebody's: it is not taken away from him. */
static int ports_open(struct machine *machine, struct err *err)
{
	const char *path = machine->options->vsock;
	struct sockaddr_un address = { 0 };

	if (!path)
		return 0;
	if (address_fill(path, 0, &address) < 0)
		return err_set(err, ENAMETOOLONG, "--vsock \"%s\": the path is too long", path);
	machine->vsock_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	machine->listens =
		machine->vsock_fd >= 0 &&
		bind(machine->vsock_fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	if (!machine->listens || listen(machine->vsock_fd, SOMAXCONN) < 0)
		return err_sys(err, "listen at \"%s\"", path);
	return 0;
}

/* ---- the machine ---- */

static int file_open(const char *path, int *ret, struct err *err)
{
	*ret = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return *ret < 0 ? err_sys(err, "open \"%s\"", path) : 0;
}

static int kvm_open(int *ret, struct err *err)
{
	*ret = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (*ret >= 0)
		return 0;
	err_sys(err, "open \"/dev/kvm\"");
	return errno == ENOENT ?
		       err_hint(err, "no KVM here: is virtualization on, the module loaded?") :
		       -1;
}

static char *command_line(const struct machine_options *options)
{
	return str_dupf("%s%s%s%s", COMMAND_LINE,
			options->serial ? COMMAND_LINE_SERIAL : COMMAND_LINE_QUIET,
			options->command_line ? " " : "",
			options->command_line ? options->command_line : "");
}

static int tables_write(const struct machine *machine, unsigned int n_cpus, uint64_t *ret_rsdp,
			struct err *err)
{
	struct acpi_device devices[BUS_DEVICES_MAX];
	const struct acpi_machine acpi = {
		.n_cpus = n_cpus,
		.apic_gpa = VM_APIC_GPA,
		.ioapic_gpa = VM_IOAPIC_GPA,
		.devices = devices,
		.n_devices = bus_describe(&machine->bus, devices),
	};

	return acpi_write(&machine->memory, &acpi, ret_rsdp, err);
}

/* Fills the memory: kernel, initramfs, tables. */
static int guest_load(struct machine *machine, const struct machine_options *options,
		      uint32_t *ret_entry, struct err *err)
{
	auto_fd int kernel_fd = -1;
	auto_fd int initrd_fd = -1;
	auto_free char *line = command_line(options);
	struct kernel kernel;
	struct boot boot = { .command_line = line, .initrd_name = options->initrd };

	if (!line)
		return err_sys(err, "write the kernel's command line");
	if (file_open(options->kernel, &kernel_fd, err) < 0 ||
	    kernel_load(&machine->memory, kernel_fd, options->kernel, &kernel, err) < 0)
		return -1;
	if (options->initrd && file_open(options->initrd, &initrd_fd, err) < 0)
		return -1;
	boot.initrd_fd = initrd_fd;
	boot.kernel_end_gpa = kernel.end_gpa;
	if (tables_write(machine, options->n_cpus, &boot.rsdp_gpa, err) < 0 ||
	    boot_write(&machine->memory, &boot, err) < 0)
		return -1;
	*ret_entry = kernel.entry;
	return 0;
}

static void machine_ended(struct loop_watch *watch, uint32_t events)
{
	struct machine *machine = watch->self;

	(void)events;
	loop_end(&machine->loop);
}

static int guest_run(struct machine *machine, const struct machine_options *options, int kvm_fd,
		     uint32_t entry, struct err *err)
{
	machine->serial.fd = 2;
	if (vm_init(&machine->vm, kvm_fd, &machine->memory, err) < 0 ||
	    vm_wire(&machine->vm, &machine->bus, &machine->loop, err) < 0 ||
	    vcpus_init(&machine->vcpus, &machine->vm, &machine->bus, options->n_cpus, err) < 0 ||
	    vcpus_boot(&machine->vcpus, entry, err) < 0)
		return -1;
	if (options->serial)
		machine->vcpus.serial = &machine->serial;
	machine->ended = (struct loop_watch){ machine->vcpus.end_fd, machine_ended, machine };
	if (loop_add(&machine->loop, &machine->ended, EPOLLIN, err) < 0 ||
	    vcpus_start(&machine->vcpus, err) < 0 || loop_run(&machine->loop, err) < 0)
		return -1;
	vcpus_stop(&machine->vcpus);
	if (machine->vcpus.end != VCPU_FAILED)
		return 0;
	*err = machine->vcpus.err;
	return -1;
}

static int devices_add(struct machine *machine, struct err *err)
{
	rng_init(&machine->rng, &machine->memory);
	if (vsock_init(&machine->vsock, &machine->memory, &machine->loop, machine->vsock_fd,
		       port_connect, machine, err) < 0 ||
	    bus_add(&machine->bus, &machine->rng, err) < 0)
		return -1;
	return machine->options->vsock ? bus_add(&machine->bus, &machine->vsock.device, err) : 0;
}

static void machine_done(struct machine *machine)
{
	if (machine->vcpus.each)
		vcpus_done(&machine->vcpus);
	vm_done(&machine->vm);
	if (machine->vsock.device.ops)
		vsock_done(&machine->vsock);
	if (machine->rng.ops)
		virtio_done(&machine->rng);
	loop_done(&machine->loop);
	if (machine->vsock_fd >= 0)
		close(machine->vsock_fd);
	memory_done(&machine->memory);
}

int machine_run(const struct machine_options *options, struct err *err)
{
	auto_fd int kvm_fd = -1;
	auto_free struct machine *machine = calloc(1, sizeof(*machine));
	uint32_t entry = 0;
	int ret = -1;

	if (!machine)
		return err_sys(err, "make a machine");
	machine->options = options;
	machine->loop.epoll_fd = machine->vm.fd = machine->vcpus.end_fd = machine->vsock_fd = -1;
	if (kvm_open(&kvm_fd, err) < 0 ||
	    memory_init(&machine->memory, options->memory_bytes, err) < 0)
		return -1;
	if (loop_init(&machine->loop, err) == 0 && ports_open(machine, err) == 0 &&
	    devices_add(machine, err) == 0 && guest_load(machine, options, &entry, err) == 0)
		ret = guest_run(machine, options, kvm_fd, entry, err);
	if (machine->listens)
		(void)unlink(options->vsock);
	machine_done(machine);
	return ret;
}
