/*
 * The first instructions of minit. When it is the wrapper, wrap_entry(stack) does
 * not come back; else libc starts, which finds stack and registers as the
 * kernel has left them for it. Where the wrapper is all there is, there is no libc.
 */
	.text
	.globl minit_start
	.type minit_start, @function
minit_start:
	xor %ebp, %ebp
	mov %rsp, %rdi
	call wrap_entry
#ifdef CONFIG_TABLE
	jmp _start
#endif
	hlt
	.size minit_start, . - minit_start

/*
 * long wrap_spawn(unsigned long flags, void *stack, void (*run)(void *), void *arg)
 *
 * clone(2) whose child runs run(arg) on a stack of its own and never comes back:
 * it shares our memory, and must not use our frames. The kernel keeps all
 * registers but rax, rcx and r11.
 */
	.globl wrap_spawn
	.type wrap_spawn, @function
wrap_spawn:
	mov %rdx, %r9
	mov %rcx, %r8
	mov $56, %eax
	syscall
	test %eax, %eax
	jz 1f
	ret
1:	xor %ebp, %ebp
	mov %r8, %rdi
	call *%r9
	hlt
	.size wrap_spawn, . - wrap_spawn
	.section .note.GNU-stack,"",@progbits
