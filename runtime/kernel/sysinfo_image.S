/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tiny program of sysinfo_main.c, as data. */
	.section .rodata
	.balign 16
	.globl sysinfo_image_start
	.globl sysinfo_image_end
	.hidden sysinfo_image_start
	.hidden sysinfo_image_end
sysinfo_image_start:
	.incbin "sysinfo_main"
sysinfo_image_end:
	.section .note.GNU-stack,"",%progbits
