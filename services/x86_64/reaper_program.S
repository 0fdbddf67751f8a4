/* The reaper's own program, a whole ELF file, which the Makefile has linked before. */
	.section .rodata.reaper_program, "a"
	.globl reaper_program, reaper_program_end
reaper_program:
	.incbin "reaper.elf"
reaper_program_end:
	.section .note.GNU-stack,"",@progbits
