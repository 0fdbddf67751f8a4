// links: init/mountinfo.c lib/buf.c
/* What a mount shows, and what a tmpfs is, by lines as kernels have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "init/mountinfo.h"

/* A machine whose root is a subvolume, as btrfs has it. */
static const char minits[] = "22 1 0:20 /@ / rw - btrfs /dev/vda rw\n"
			     "23 22 0:20 /@home /home rw - btrfs /dev/vda rw\n"
			     "24 22 8:1 / /srv/a\\040b rw - ext4 /dev/sda1 rw\n";

static void what_is_bound_is_found_by_where_it_lies(void **state)
{
	static const struct {
		const char *line, *path;
		bool shows;
	} cases[] = {
		{ "40 30 0:20 /@/opt /x rw - btrfs /dev/vda rw\n", "/opt", true },
		{ "40 30 0:20 /@/opt /x rw - btrfs /dev/vda rw\n", "/opt/", true },
		{ "40 30 0:20 /@/opt /x rw - btrfs /dev/vda rw\n", "/opt/a", false },
		{ "40 30 0:20 /@ /x rw - btrfs /dev/vda rw\n", "/", true },
		{ "40 30 0:20 /@home /x rw - btrfs /dev/vda rw\n", "/home", true },
		{ "40 30 0:20 /@home /x rw - btrfs /dev/vda rw\n", "/home/", true },
		{ "40 30 0:20 /@home/a /x rw - btrfs /dev/vda rw\n", "/home/a", true },
		{ "40 30 0:20 /@/home /x rw - btrfs /dev/vda rw\n", "/home", false },
		{ "40 30 8:1 / /x rw - ext4 /dev/sda1 rw\n", "/srv/a b", true },
		{ "40 30 8:1 / /x rw - ext4 /dev/sda1 rw\n", "/srv/a b/", true },
		{ "40 30 8:1 /c\\134d /x rw - ext4 /dev/sda1 rw\n", "/srv/a b/c\\d", true },
		{ "40 30 8:1 /c//deleted /x rw - ext4 /dev/sda1 rw\n", "/srv/a b/c", false },
		{ "40 30 8:2 / /x rw - ext4 /dev/sda2 rw\n", "/srv/a b", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (mountinfo_shows(cases[i].line, minits, cases[i].path) != cases[i].shows)
			fail_msg("%s of %s", cases[i].path, cases[i].line);
}

static void what_a_tmpfs_has_otherwise_is_told(void **state)
{
	static const struct {
		const char *asked, *found, *told;
	} cases[] = {
		{ "size=1048576,mode=0755", "rw,size=1024k,mode=755", "" },
		{ "size=1000000,mode=1777", "rw,size=980k", "" },
		{ "size=1048576", "rw,size=2048k,mode=755", ", of size 2048k" },
		{ "size=1048576", "rw,size=0k", ", of size 0k" },
		{ "size=1048576", "rw", ", of half the memory" },
		{ "mode=0700", "rw,size=2048k", ", of mode 1777" },
		{ "size=1048576,mode=0700", "rw,size=4k,mode=750", ", of size 4k, of mode 750" },
		{ "", "rw,size=4k,mode=750", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_ON_STACK(told, 100);

		assert_int_equal(mountinfo_put_tmpfs(cases[i].asked, cases[i].found, &told), *cases[i].told != '\0');
		assert_string_equal(buf_text(&told), cases[i].told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_bound_is_found_by_where_it_lies),
		cmocka_unit_test(what_a_tmpfs_has_otherwise_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
