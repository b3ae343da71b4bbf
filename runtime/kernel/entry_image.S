/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tiny program of entry_main.c, as data. */
	.section .rodata
	.balign 16
	.globl entry_image_start
	.globl entry_image_end
	.hidden entry_image_start
	.hidden entry_image_end
entry_image_start:
	.incbin "entry_main"
entry_image_end:
	.section .note.GNU-stack,"",%progbits
