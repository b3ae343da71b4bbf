/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel with a PVH entry that does what its command line's last word says, a letter each, and then
 * resets the machine. It runs in 32-bit mode alone, which every KVM can do.
 *
 *	s	says "hello" on the serial line
 *	v	says "virtio" if the first device's page has virtio's magic number
 *	h	halts for ever
 */
	.section .note.Xen, "a", @note
	.balign 4
	.long 4, 4, 18
	.asciz "Xen"
	.long _start

	.data
hello:
	.asciz "hello\n"
virtio:
	.asciz "virtio\n"

	.text
	.code32
	.globl _start
_start:
	movl 24(%ebx), %esi		/* struct hvm_start_info: the command line, */
	xorl %eax, %eax			/* of which the last word is ours */
	movl %esi, %edi
	xorl %ecx, %ecx
	decl %ecx
	repne scasb
	leal -2(%edi), %esi
back:
	cmpb $' ', -1(%esi)
	je next
	decl %esi
	jmp back
next:
	lodsb
	cmpb $'s', %al
	je say_hello
	cmpb $'v', %al
	je look
	cmpb $'h', %al
	je halt
	testb %al, %al
	jnz next
	movw $0x600, %dx		/* ACPI_RESET_PORT */
	outb %al, %dx

say_hello:
	movl $hello, %edi
say:
	movb (%edi), %al
	testb %al, %al
	jz next
	movw $0x3f8, %dx
	outb %al, %dx
	incl %edi
	jmp say
look:
	cmpl $0x74726976, 0xd0000000
	jne next
	movl $virtio, %edi
	jmp say
halt:
	hlt
	jmp halt

	.section .note.GNU-stack, "", @progbits
