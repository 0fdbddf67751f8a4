#include "services/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lib/fd.h"
#include "services/layout.h"

#define FILE_MAX (16u << 20) /* bytes of one file */

/* -- reading ---------------------------------------------------------------------------------------------------- */

static void report(void *context, uint16_t file, struct toml_at at, const char *what)
{
	struct compile *c = context;

	errors_add(&c->errors, file, at, "%s", what);
}

static const struct toml *parse(struct compile *c, uint16_t file, const char *text, size_t len)
{
	struct toml_doc doc = { .arena = c->work, .file = file, .report = report, .context = c };

	toml_parse(&doc, text, len);
	c->is_cut |= doc.is_cut;
	name_keys(c, doc.root);
	return doc.root;
}

static void read_group(struct compile *c, struct group *g, const struct toml *table, enum key_section kind,
		       void *targets, size_t size)
{
	for (const struct toml *node = table ? table->first : NULL; node; node = node->next) {
		int index = group_index(g, node->key);

		if (index >= 0 && node->type == TOML_TABLE)
			section_read(c, node, kind, &g->drafts[index], (char *)targets + size * (size_t)index);
	}
}

static void read_defaults(struct compile *c)
{
	const struct toml *builtin = parse(c, UINT16_MAX, keys_builtin, strlen(keys_builtin));

	c->template.umask = UMASK_INHERIT;
	c->template.attach.bridge = -1;
	c->defaults.confine = &c->template_confine;
	section_read(c, section_of(builtin, "defaults"), IN_DEFAULTS, &c->defaults, &c->template);
	c->builtin = c->template;
	c->builtin_confine = c->template_confine;
	c->defaults = (struct draft){ .title = "defaults", .confine = &c->template_confine };
	for (uint32_t i = 0; i < c->files; i++)
		section_read(c, section_of(c->roots[i], "defaults"), IN_DEFAULTS, &c->defaults, &c->template);
}

struct confine_spec *confine_copy(struct compile *c, const struct confine_spec *from)
{
	return memcpy(arena_new(c->work, struct confine_spec), from, sizeof(*from));
}

/* What belongs together comes one behind the other in the image: services, then bridges, then groups. */
static void lay_out(struct compile *c)
{
	c->specs = arena_array(c->image, struct service_spec, c->services.count + 2 * c->links.count + 2);
	c->bridge_specs = arena_array(c->image, struct net_bridge, c->bridges.count);
	for (uint32_t i = 0; i < c->services.count; i++) {
		const struct toml *header = c->services.drafts[i].header;

		c->specs[i] = c->template;
		c->specs[i].name_at = image_string(c, header->key);
		c->specs[i].line = header->key_at.line;
		c->services.drafts[i].confine = confine_copy(c, &c->template_confine);
	}
	for (uint32_t i = 0; i < c->bridges.count; i++)
		memcpy(c->bridge_specs[i].name, c->bridges.drafts[i].header->key,
		       c->bridges.drafts[i].header->key_len); /* within NET_IFNAME: name_bridge */
	c->link_specs = arena_array(c->work, struct net_link, c->links.count);
	for (uint32_t i = 0; i < c->links.count; i++)
		memcpy(c->link_specs[i].name, c->links.drafts[i].header->key, c->links.drafts[i].header->key_len);
	c->group_specs = arena_array(c->image, struct group_spec, c->leaf_groups.count);
	for (uint32_t i = 0; i < c->leaf_groups.count; i++)
		c->group_specs[i].name_at = image_string(c, c->leaf_groups.drafts[i].header->key);
}

static void read_sections(struct compile *c)
{
	names_open(c);
	for (uint32_t i = 0; i < c->files; i++)
		names_read(c, c->roots[i]);
	read_defaults(c);
	lay_out(c);
	for (uint32_t i = 0; i < c->files; i++) {
		const struct toml *root = c->roots[i], *network = section_of(root, "network");

		section_read(c, section_of(root, "system"), IN_SYSTEM, &c->system, c->table);
		section_read_own(c, network);
		read_group(c, &c->bridges, section_of(network, "bridge"), IN_BRIDGE, c->bridge_specs,
			   sizeof(c->bridge_specs[0]));
		read_group(c, &c->links, section_of(network, "link"), IN_LINK, c->link_specs,
			   sizeof(c->link_specs[0]));
		read_group(c, &c->leaf_groups, section_of(root, "group"), IN_GROUP, c->group_specs,
			   sizeof(c->group_specs[0]));
		read_group(c, &c->services, section_of(root, "service"), IN_SERVICE, c->specs, sizeof(c->specs[0]));
	}
}

/* -- the whole -------------------------------------------------------------------------------------------------- */

static struct list list_of(const struct compile *c, const void *at, uint32_t count)
{
	return (struct list){ count ? (uint32_t)((const char *)at - c->image->base) : 0, count };
}

/* The image ends with a NUL, so that no text can run out of it. */
static void seal(struct compile *c)
{
	uint32_t *paths = arena_array(c->work, uint32_t, c->files);

	for (uint32_t i = 0; i < c->files; i++)
		paths[i] = image_string(c, c->paths[i]);
	c->table->files = image_array(c, paths, c->files);
	c->table->services = list_of(c, c->specs, c->services.count);
	c->table->bridges = list_of(c, c->bridge_specs, c->bridges.count);
	c->table->groups = list_of(c, c->group_specs, c->leaf_groups.count);
	arena_put(c->image, "", 1);
	c->table->size = (uint32_t)c->image->used;
}

static void begin(struct compile *c, struct arena *work, struct arena *image, uint32_t files)
{
	*c = (struct compile){ .work = work, .image = image };
	c->errors.arena = c->texts.arena = c->records.arena = work;
	c->system.title = "system";
	c->own.title = "network";
	c->defaults.title = "defaults";
	c->paths = arena_array(work, const char *, files);
	c->roots = arena_array(work, const struct toml *, files);
	c->table = arena_new(image, struct table);
	*c->table = (struct table){ .magic = TABLE_MAGIC, .layout = layout_own.table, .main = -1 };
}

static bool runs_any(const struct table *t)
{
	bool any = false;

	for (uint32_t i = 0; i < t->services.count; i++)
		any |= table_service(t, i)->line != 0;
	return any;
}

static bool has_any(const struct compile *c)
{
	bool any = c->errors.count > 0;

	for (uint32_t i = 0; i < c->files; i++)
		any |= c->roots[i]->first != NULL;
	return any;
}

/* As a full disk leaves a file. */
static void refuse_nothing(struct compile *c)
{
	errors_add(&c->errors, 0, (struct toml_at){ 0 }, "there is nothing in it, and services run: is it whole? Where "
		   "all are to go, write [system] into it");
}

static int end(struct compile *c, const struct table_source *source)
{
	c->before = source->before;
	if (c->before && runs_any(c->before) && !has_any(c))
		refuse_nothing(c);
	read_sections(c);
	compile_finish(c, source);
	seal(c);
	return c->errors.count ? -EINVAL : 0;
}

int compile_files(const struct compile_file *files, uint32_t count, const struct table_source *source,
		  struct arena *work, struct arena *image, struct compile *c)
{
	begin(c, work, image, count);
	for (c->files = 0; c->files < count; c->files++) {
		const struct compile_file *f = &files[c->files];

		c->paths[c->files] = f->path;
		c->roots[c->files] = parse(c, (uint16_t)c->files, f->text, f->len);
	}
	return end(c, source);
}

/* -- files ------------------------------------------------------------------------------------------------------ */

/* Reads on behind what the arena holds, so that the pieces are one text. */
static ssize_t read_all(struct arena *a, int fd)
{
	enum { PIECE = 65536 };
	size_t len = 0;
	ssize_t n;

	do {
		char *room = arena_take(a, PIECE, 1);

		n = read(fd, room, PIECE);
		a->used -= PIECE - (size_t)MAX(n, 0);
		len += (size_t)MAX(n, 0);
	} while (n > 0 && len <= FILE_MAX);
	if (n < 0)
		return -errno;
	arena_put(a, "", 1);
	return len > FILE_MAX ? -EFBIG : (ssize_t)len;
}

#define FIFO -ESPIPE

/* A pipe that somebody has opened is in no folder (`minit check <(make-table)`), and ends with its writer. */
static bool is_fifo(int fd)
{
	struct stat st;
	struct statfs fs;

	return !fd_stat(fd, &st) && S_ISFIFO(st.st_mode) && !fstatfs(fd, &fs) && fs.f_type != PIPEFS_MAGIC;
}

static int open_file(const char *path)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (is_fifo(fd))
		return FIFO;
	return fcntl(fd, F_SETFL, 0) < 0 ? -errno : fd_steal(&fd);
}

static int read_file(struct arena *a, struct compile_file *f)
{
	cleanup_fd int fd = open_file(f->path);
	ssize_t len;

	if (fd < 0)
		return fd;
	f->text = arena_put(a, "", 0);
	len = read_all(a, fd);
	if (len < 0)
		return (int)len;
	f->len = (size_t)len;
	return 0;
}

static const char *what_to_do(int err)
{
	switch (err) {
	case -ENOENT: return "correct its name, or write it; minit.toml(5) has an example";
	case -EACCES: return "let the user who runs minit read it";
	case -EISDIR: return "name the files in it";
	case FIFO: return "name a file";
	case -EFBIG: return "a table has at most 16 MiB";
	default: return "name another";
	}
}

int compile(const struct table_source *source, struct arena *work, struct arena *image, struct compile *c)
{
	struct compile_file *files = arena_array(work, struct compile_file, source->count);
	struct errors unread = { .arena = work };

	for (uint32_t i = 0; i < source->count; i++) {
		int err;

		files[i] = (struct compile_file){ source->paths[i], "", 0 };
		err = read_file(work, &files[i]);
		if (err)
			errors_add(&unread, (uint16_t)i, (struct toml_at){ 0 }, "cannot be read: %s: %s",
				   err == FIFO ? "it is a FIFO, whose writer may never come" : strerror(-err),
				   what_to_do(err));
	}
	if (!unread.count)
		return compile_files(files, source->count, source, work, image, c);
	*c = (struct compile){ .errors = unread, .paths = (const char **)(uintptr_t)source->paths };
	return -EINVAL;
}
