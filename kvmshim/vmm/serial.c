/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "kvmshim/vmm/serial.h"

#include <linux/serial_reg.h>
#include <unistd.h>

enum { FIRST_PORT = 0x3f8, N_PORTS = 8 };

static bool divisor_selected(const struct serial *serial)
{
	return serial->line_control & UART_LCR_DLAB;
}

static void register_write(struct serial *serial, unsigned int reg, uint8_t value)
{
	if (reg < 2 && divisor_selected(serial)) {
		serial->divisor[reg] = value;
		return;
	}
	switch (reg) {
	case UART_TX:
		if (write(serial->fd, &value, 1) != 1) {
			/* Nobody reads: the guest is not to wait for that. */
		}
		break;
	case UART_IER:
		serial->interrupts = value & 0xf;
		break;
	case UART_LCR:
		serial->line_control = value;
		break;
	case UART_MCR:
		serial->modem_control = value;
		break;
	case UART_SCR:
		serial->scratch = value;
		break;
	default:
		break;
	}
}

static uint8_t register_read(const struct serial *serial, unsigned int reg)
{
	if (reg < 2 && divisor_selected(serial))
		return serial->divisor[reg];
	switch (reg) {
	case UART_IER:
		return serial->interrupts;
	case UART_IIR:
		return UART_IIR_NO_INT;
	case UART_LCR:
		return serial->line_control;
	case UART_MCR:
		return serial->modem_control;
	case UART_LSR:
		return UART_LSR_TEMT | UART_LSR_THRE;
	case UART_MSR:
		return UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS;
	case UART_SCR:
		return serial->scratch;
	default:
		return 0;
	}
}

bool serial_access(struct serial *serial, uint16_t port, uint8_t *data, unsigned int len,
		   bool write)
{
	if (port < FIRST_PORT || port >= FIRST_PORT + N_PORTS || len != 1)
		return false;
	if (write)
		register_write(serial, port - FIRST_PORT, *data);
	else
		*data = register_read(serial, port - FIRST_PORT);
	return true;
}
