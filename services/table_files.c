#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "services/table.h"

#define MAIN_FILE "/etc/minit/minit.toml"
#define MORE_FILES "/etc/minit/conf.d"

struct found {
	const char *root;
	const char **paths;
	uint32_t count, max;
	struct buf *mem;
};

static int add_path(struct found *f, const char *folder, const char *name)
{
	const char *path = f->mem->data + f->mem->len;

	if (f->count == f->max)
		return -ENOBUFS;
	buf_fmt(f->mem, "%s%s%s", f->root, folder, name);
	buf_add(f->mem, "", 1);
	f->paths[f->count++] = path;
	return buf_check(f->mem);
}

static bool is_table_name(const char *name)
{
	size_t len = strlen(name);

	return *name != '.' && len > 5 && !strcmp(name + len - 5, ".toml");
}

static int add_entry(int dir, const char *name, unsigned type, void *arg)
{
	struct found *f = arg;

	(void)dir, (void)type;
	return is_table_name(name) ? add_path(f, MORE_FILES "/", name) : 0;
}

/* A link that leads nowhere is there, and so is what may not be looked at. */
static bool is_there(const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

static int add_folder(struct found *f)
{
	BUF_ON_STACK(path, 4096);
	cleanup_fd int fd = -1;

	buf_fmt(&path, "%s" MORE_FILES, f->root);
	if (!is_there(buf_text(&path)))
		return 0;
	fd = open(buf_text(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return fd_each(fd, add_entry, f);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *table_why_no_files(int err)
{
	_Static_assert(TABLE_FILES_MAX == 256, "it is in the words");
	return err == -ENOBUFS ? "there are more than 256 of them, or their names are too long" : strerror(-err);
}

int table_default_files(const char *root, const char **paths, uint32_t max, struct buf *mem)
{
	struct found f = { root, paths, 0, max, mem };
	BUF_ON_STACK(path, 4096);
	int err = 0;
	uint32_t first;

	buf_fmt(&path, "%s" MAIN_FILE, root);
	if (is_there(buf_text(&path)))
		err = add_path(&f, MAIN_FILE, "");
	first = f.count;
	if (!err)
		err = add_folder(&f);
	if (err)
		return err;
	qsort(paths + first, f.count - first, sizeof(paths[0]), by_bytes);
	return (int)f.count;
}
