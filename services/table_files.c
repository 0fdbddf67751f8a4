#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/fd.h"
#include "services/table.h"

#define MAIN_FILE "/etc/minit/minit.toml"
#define MORE_FILES "/etc/minit/conf.d"

struct entry { /* getdents64(2) */
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

struct found {
	const char **paths;
	uint32_t count, max;
	struct buf *mem;
};

static int add_path(struct found *f, const char *root, const char *folder, const char *name)
{
	const char *path = f->mem->data + f->mem->len;

	if (f->count == f->max)
		return -ENOBUFS;
	buf_fmt(f->mem, "%s%s%s", root, folder, name);
	buf_add(f->mem, "", 1);
	f->paths[f->count++] = path;
	return buf_check(f->mem);
}

static bool is_table_name(const char *name)
{
	size_t len = strlen(name);

	return *name != '.' && len > 5 && !strcmp(name + len - 5, ".toml");
}

static int add_entries(struct found *f, const char *root, const char *entries, size_t len)
{
	int err = 0;

	for (size_t at = 0; at < len && !err; at += ((const struct entry *)(const void *)(entries + at))->len) {
		const struct entry *e = (const void *)(entries + at);

		if (is_table_name(e->name))
			err = add_path(f, root, MORE_FILES "/", e->name);
	}
	return err;
}

static int add_folder(struct found *f, const char *root)
{
	_Alignas(struct entry) char entries[2048];
	BUF_ON_STACK(path, 4096);
	cleanup_fd int fd = -1;
	long n;
	int err = 0;

	buf_fmt(&path, "%s" MORE_FILES, root);
	fd = open(buf_text(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	do {
		n = syscall(SYS_getdents64, fd, entries, sizeof(entries));
		if (n > 0)
			err = add_entries(f, root, entries, (size_t)n);
	} while (n > 0 && !err);
	return n < 0 ? -errno : err;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int table_default_files(const char *root, const char **paths, uint32_t max, struct buf *mem)
{
	struct found f = { paths, 0, max, mem };
	BUF_ON_STACK(path, 4096);
	int err = 0;
	uint32_t first;

	buf_fmt(&path, "%s" MAIN_FILE, root);
	if (!access(buf_text(&path), F_OK))
		err = add_path(&f, root, MAIN_FILE, "");
	first = f.count;
	if (!err)
		err = add_folder(&f, root);
	if (err)
		return err;
	qsort(paths + first, f.count - first, sizeof(paths[0]), by_bytes);
	return (int)f.count;
}
