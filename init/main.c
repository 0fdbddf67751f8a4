#include <unistd.h>

int main(void)
{
	static const char text[] = "minit " MINIT_VERSION "\n";
	return write(STDOUT_FILENO, text, sizeof(text) - 1) < 0;
}
