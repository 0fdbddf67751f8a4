/* flap FILE: ends at once, with 3. Two of it at the same time would find each other by the file. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 2 || open(argv[1], O_WRONLY | O_CREAT | O_EXCL, 0600) < 0) {
		printf("DOUBLED %s\n", argc > 1 ? argv[1] : "");
		return 1;
	}
	usleep(1000);
	unlink(argv[1]);
	return 3;
}
