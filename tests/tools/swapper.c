/*
 * Who shares a root and is hostile: swapper DIR TO NAME... exchanges each DIR/NAME with a link to TO/NAME, called
 * DIR/NAME~, over and over, faster than a start takes. Says `swaps` when it has begun.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char name[64][4096], link[64][4096], to[4096];
	int n = argc - 3;

	if (n < 1 || n > 64)
		return 2;
	for (int i = 0; i < n; i++) {
		snprintf(name[i], sizeof(name[i]), "%.2000s/%.2000s", argv[1], argv[i + 3]);
		snprintf(link[i], sizeof(link[i]), "%.2000s/%.2000s~", argv[1], argv[i + 3]);
		snprintf(to, sizeof(to), "%.2000s/%.2000s", argv[2], argv[i + 3]);
		if (symlink(to, link[i]) < 0) {
			perror(link[i]);
			return 1;
		}
	}
	if (write(1, "swaps\n", 6) < 0)
		return 1;
	for (int i = 0;; i = (i + 1) % n)
		renameat2(AT_FDCWD, name[i], AT_FDCWD, link[i], RENAME_EXCHANGE);
}
