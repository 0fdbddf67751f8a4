/* The first instructions of the reaper's own program: the stack is as the kernel has made it, argc, argv, NULL. */
	.text
	.globl reaper_start
	.type reaper_start, @function
reaper_start:
	xor %ebp, %ebp
	mov 16(%rsp), %rdi
	call reaper_main
	hlt
	.size reaper_start, . - reaper_start
	.section .note.GNU-stack,"",@progbits
