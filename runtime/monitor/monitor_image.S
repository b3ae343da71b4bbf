/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tiny program of monitor_main.c, as data. */
	.section .rodata
	.balign 16
	.globl monitor_image_start
	.globl monitor_image_end
	.hidden monitor_image_start
	.hidden monitor_image_end
monitor_image_start:
	.incbin "monitor_main"
monitor_image_end:
	.section .note.GNU-stack,"",%progbits
