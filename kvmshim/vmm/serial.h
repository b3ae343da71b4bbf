/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serial: a UART (16550A at 0x3f8, the guest's ttyS0) that only sends: the kernel's messages, for
 * debugging. It has no interrupt, so the kernel polls it.
 */
#ifndef KVMSHIM_VMM_SERIAL_H
#define KVMSHIM_VMM_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

struct serial {
	int fd; /* borrowed; what it does not take at once is lost */
	uint8_t interrupts, line_control, modem_control, scratch;
	uint8_t divisor[2];
};

/* A processor's access to an I/O port. false: the port is not the UART's. */
bool serial_access(struct serial *serial, uint16_t port, uint8_t *data, unsigned int len,
		   bool write);

#endif
