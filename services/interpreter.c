#include "services/interpreter.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/exec.h"
#include "lib/fd.h"

struct interpreter {
	char *name;
	size_t size;
};

/* The first word behind "#!". */
static int take_script(struct interpreter *in, char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strcspn(text, " \t\n");
	if (!len || len >= in->size)
		return -ENOENT;
	memcpy(in->name, text, len);
	in->name[len] = '\0';
	return 0;
}

/* PT_INTERP of a program of our own kind (elf(5)). */
static int take_loader(struct interpreter *in, int fd, const ElfW(Ehdr) *head)
{
	for (unsigned i = 0; i < head->e_phnum && head->e_phentsize == sizeof(ElfW(Phdr)); i++) {
		off_t at = (off_t)(head->e_phoff + i * sizeof(ElfW(Phdr)));
		ElfW(Phdr) part;

		if (pread(fd, &part, sizeof(part), at) != sizeof(part))
			return -ENOENT;
		if (part.p_type != PT_INTERP)
			continue;
		if (part.p_filesz >= in->size ||
		    pread(fd, in->name, part.p_filesz, (off_t)part.p_offset) != (ssize_t)part.p_filesz)
			return -ENOENT;
		in->name[part.p_filesz] = '\0';
		return 0;
	}
	return -ENOENT;
}

static int read_from(const char *file, struct interpreter *in)
{
	cleanup_fd int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	union {
		ElfW(Ehdr) elf;
		char text[256];
	} head = { 0 };
	ssize_t n = fd < 0 ? -1 : read(fd, &head, sizeof(head) - 1);
	int err = -ENOENT;

	if (n >= 2 && head.text[0] == '#' && head.text[1] == '!')
		err = take_script(in, head.text + 2);
	else if (n >= (ssize_t)sizeof(head.elf) && !memcmp(head.elf.e_ident, ELFMAG, SELFMAG))
		err = take_loader(in, fd, &head.elf);
	return err;
}

/* The first file in the path that has one. */
static int look_for(const char *name, const char *path, struct interpreter *in)
{
	BUF_ON_STACK(file, PATH_MAX);
	int err = -ENOENT;

	if (strchr(name, '/'))
		return read_from(name, in);
	while (path && err) {
		path = exec_next(path, name, &file);
		err = buf_check(&file) ? -ENOENT : read_from(file.data, in);
	}
	return err;
}

int interpreter_missing(const char *program, const char *path, char *ret, size_t size)
{
	struct interpreter in = { ret, size };

	if (look_for(program, path ? path : EXEC_PATH, &in) || access(ret, F_OK) == 0)
		return -ENOENT;
	return 0;
}
