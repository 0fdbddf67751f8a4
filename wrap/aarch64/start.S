/* See ../x86_64/start.S. */
	.text
	.globl minit_start
	.type minit_start, %function
minit_start:
	mov x29, #0
	mov x30, #0
	mov x0, sp
	bl wrap_entry
#ifdef CONFIG_TABLE
	b _start
#endif
	brk #0
	.size minit_start, . - minit_start

	.globl wrap_spawn
	.type wrap_spawn, %function
wrap_spawn:
	mov x9, x2
	mov x10, x3
	mov x8, #220
	svc 0
	cbz x0, 1f
	ret
1:	mov x29, #0
	mov x30, #0
	mov x0, x10
	blr x9
	brk #0
	.size wrap_spawn, . - wrap_spawn
	.section .note.GNU-stack,"",%progbits
