// links: services/syscalls.c
/* The lists of system calls against the headers that this machine has: its own, and those of i386. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/headers.h"

#define HEADER_X86_64 "echo '#include <asm/unistd_64.h>' | gcc -E -dM - | sed -n 's/^#define __NR_/#/p' | tr '#' '@'"

static void test_numbers_are_those_of_the_headers(void **state)
{
	(void)state;
	assert_in_range(hold_against(HEADER_X86_64, SYSCALLS_X86_64), 300, 500);
}

/* What i386 has and no machine of ours has to be known as such, and nothing that one of ours has. */
#define HEADER_I386 "echo '#include <asm/unistd_32.h>' | gcc -E -dM - | sed -n 's/^#define __NR_/@/p'"

static void test_calls_of_i386_are_known(void **state)
{
	FILE *f = popen(HEADER_I386, "r");
	char name[64];
	unsigned count = 0;

	(void)state;
	assert_non_null(f);
	while (fscanf(f, "@%63s %*s ", name) == 1) {
		if (syscall_is_elsewhere(name) == (syscall_find(name) >= 0))
			fail_msg("%s of i386 is in both or neither of services/syscalls.def and elsewhere.def", name);
		count++;
	}
	pclose(f);
	assert_in_range(count, 350, 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_are_those_of_the_headers),
		cmocka_unit_test(test_calls_of_i386_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
