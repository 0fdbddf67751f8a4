/* The reaper's own program, a whole ELF file, which the Makefile has linked before. */
	.section .rodata.reaper_program, "a"
	.globl reaper_program, reaper_program_end
reaper_program:
	.incbin "reaper.elf"
reaper_program_end:
/*
 * Where it is to lie: the stack that is not drawn by lot ends at 0x7ffffffff000, and what lies in the same 2 MiB has
 * its last table of pages. Between both is more than the gap that the kernel keeps below a stack.
 */
	.globl reaper_program_at
	.balign 8
reaper_program_at:
	.quad 0x7fffffe00000
	.section .note.GNU-stack,"",@progbits
