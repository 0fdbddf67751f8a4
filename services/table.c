#include "services/table.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/enabled.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/signame.h"
#include "services/compile.h"
#include "services/fields.h"
#include "services/seccomp.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define COMPILE_SECONDS 60
#define COMPILE_MEMORY ((size_t)1 << 30) /* of address space, each */

#define NOEXEC_SEAL 8u /* MFD_NOEXEC_SEAL, Linux 6.3: where vm.memfd_noexec is 2 there is no memfd without it */

/* -- compiling -------------------------------------------------------------------------------------------------- */

enum { STATUS_GOOD, STATUS_WRONG, STATUS_FAILED };

static int child_compile(const struct table_source *source, int memfd)
{
	struct arena work, image;
	struct compile c;
	int err = arena_open(&work, COMPILE_MEMORY);

	if (!err)
		err = arena_open(&image, COMPILE_MEMORY);
	if (!err && compile(source, &work, &image, &c)) {
		errors_tell(&c.errors, c.paths, STDERR_FILENO);
		return STATUS_WRONG;
	}
	if (!err)
		err = fd_write_all(memfd, image.base, image.used);
	if (err)
		log_error("table", -err, "cannot be kept");
	return err ? STATUS_FAILED : STATUS_GOOD;
}

/* A file that never answers (a FIFO, a dead server) costs a refused table, not a PID 1 that waits for ever. */
static no_return void child(const struct table_source *source, int memfd)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGALRM, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(COMPILE_SECONDS);
	_exit(child_compile(source, memfd));
}

static int outcome(int status)
{
	BUF_ON_STACK(name, 24);

	if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_GOOD)
		return 0;
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == STATUS_WRONG ? -EINVAL : -EIO;
	signal_put(&name, WTERMSIG(status));
	log_error("table", 0, WTERMSIG(status) == SIGALRM ? "refused: reading it took longer than a minute" :
		  "refused: its parser was killed by %s", buf_text(&name));
	return -EIO;
}

static int new_memfd(void)
{
	int fd = memfd_create("minit-table", MFD_CLOEXEC | MFD_ALLOW_SEALING | NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("minit-table", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return outcome(status);
}

int table_compile(const struct table_source *source)
{
	cleanup_fd int fd = new_memfd();
	pid_t pid;
	int err;

	if (fd < 0)
		return fd;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		child(source, fd);
	err = wait_for(pid);
	if (err)
		return err;
	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	return fd_steal(&fd);
}

/* -- an image is believed only after this ------------------------------------------------------------------------- */

struct field {
	uint16_t kind, at; /* enum field_kind, offset */
	uint32_t arg;
};

static const struct field fields[] = {
#define FIELD(kind, field, arg, name) { FIELD_##kind, offsetof(struct service_spec, field), arg },
#include "services/fields.def"
#undef FIELD
};

static const struct field confine_fields[] = {
#define FIELD(kind, field, arg, name) { FIELD_##kind, offsetof(struct confine_spec, field), arg },
#include "services/confine.def"
#undef FIELD
};

static const struct field network_fields[] = {
#define FIELD(kind, field, arg, name) { FIELD_##kind, offsetof(struct network_spec, field), arg },
#include "services/network.def"
#undef FIELD
};

bool table_has_text(const struct table *t, uint32_t at)
{
	return at < t->size; /* the last byte is a NUL */
}

bool table_has_list(const struct table *t, struct list list, size_t size, size_t align)
{
	return !list.count ||
	       (list.at % align == 0 && list.at < t->size && list.count <= (t->size - list.at) / size);
}

static bool is_texts(const struct table *t, struct list list)
{
	if (!table_has_list(t, list, sizeof(uint32_t), _Alignof(uint32_t)))
		return false;
	for (uint32_t i = 0; i < list.count; i++)
		if (!table_list(t, list, uint32_t)[i] || !table_has_text(t, table_list(t, list, uint32_t)[i]))
			return false;
	return true;
}

static bool is_indexes(const struct table *t, struct list list)
{
	if (!table_has_list(t, list, sizeof(uint32_t), _Alignof(uint32_t)))
		return false;
	for (uint32_t i = 0; i < list.count; i++)
		if (table_list(t, list, uint32_t)[i] >= t->services.count)
			return false;
	return true;
}

static bool is_rlimits(const struct table *t, struct list list)
{
	if (!table_has_list(t, list, sizeof(struct rlimit_spec), _Alignof(struct rlimit_spec)))
		return false;
	for (uint32_t i = 0; i < list.count; i++)
		if (table_list(t, list, struct rlimit_spec)[i].resource >= RLIM_NLIMITS)
			return false;
	return true;
}

static bool is_devices(const struct table *t, struct list list)
{
	if (!table_has_list(t, list, sizeof(struct device_spec), _Alignof(struct device_spec)))
		return false;
	for (uint32_t i = 0; i < list.count; i++) {
		const struct device_spec *device = &table_list(t, list, struct device_spec)[i];

		if (!device->name_at || !table_has_text(t, device->name_at) || !device->access || device->access > 7)
			return false;
	}
	return true;
}

static bool is_limits(const struct table *t, struct list list)
{
	if (!table_has_list(t, list, sizeof(struct limit_spec), _Alignof(struct limit_spec)))
		return false;
	for (uint32_t i = 0; i < list.count; i++) {
		const struct limit_spec *limit = &table_list(t, list, struct limit_spec)[i];

		if (!limit->file_at || !table_has_text(t, limit->file_at) ||
		    !limit->text_at || !table_has_text(t, limit->text_at) ||
		    limit_file(table_text(t, limit->file_at)))
			return false;
	}
	return true;
}

static bool is_program(const struct table *t, struct list list)
{
	if (!list.count)
		return true;
	return ENABLED(CONFIG_SECCOMP) &&
	       table_has_list(t, list, sizeof(struct sock_filter), _Alignof(struct sock_filter)) &&
	       seccomp_is_program(table_list(t, list, struct sock_filter), list.count);
}

static bool is_field(const struct table *t, const void *record, const struct field *f)
{
	const void *at = (const char *)record + f->at;
	uint32_t number = f->kind >= FIELD_BYTE ? *(const uint8_t *)at : *(const uint32_t *)at;
	struct list list = { 0 };

	if (f->kind >= FIELD_TEXTS && f->kind <= FIELD_LIMITS)
		list = *(const struct list *)at;
	switch ((enum field_kind)f->kind) {
	case FIELD_NAME: return number && table_has_text(t, number);
	case FIELD_SHARED:
	case FIELD_TEXT: return table_has_text(t, number);
	case FIELD_TEXTS: return list.count >= f->arg && is_texts(t, list);
	case FIELD_SERVICES: return is_indexes(t, list);
	case FIELD_RLIMITS: return is_rlimits(t, list);
	case FIELD_MOUNTS: return table_has_mounts(t, list);
	case FIELD_RANGES: return table_has_list(t, list, sizeof(struct id_range), _Alignof(struct id_range));
	case FIELD_SECRETS: return table_has_secrets(t, list);
	case FIELD_ROUTES: return table_has_routes(t, list);
	case FIELD_NEIGHBOURS: return table_has_neighbours(t, list);
	case FIELD_SYSCTLS: return table_has_sysctls(t, list);
	case FIELD_NETWORKS: return table_has_networks(t, list);
	case FIELD_DEVICES: return is_devices(t, list);
	case FIELD_LIMITS: return is_limits(t, list);
	case FIELD_PROGRAM: return is_program(t, list);
	case FIELD_NUMBERS: return table_has_list(t, list, sizeof(uint32_t), _Alignof(uint32_t));
	case FIELD_MASK: return table_has_list(t, list, sizeof(uint64_t), _Alignof(uint64_t));
	case FIELD_FLAGS:
	case FIELD_BITS: return !(number & ~f->arg);
	case FIELD_NUMBER:
	case FIELD_SIGNED:
	case FIELD_OFFSET:
	case FIELD_AMOUNT:
	case FIELD_CAPS: return true;
	case FIELD_SERVICE: return number < t->services.count;
	case FIELD_GROUP: return number <= t->groups.count;
	case FIELD_OWNER: return number <= t->services.count;
	case FIELD_BYTE:
	case FIELD_BOOL:
	case FIELD_WORD: return number < f->arg;
	}
	return false;
}

bool table_addrs(const struct addr *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned most = list[i].family == AF_INET ? 32 : list[i].family == AF_INET6 ? 128 : 0;

		if ((!most && list[i].family) || list[i].prefix > most)
			return false;
	}
	return true;
}

static bool is_attach(const struct table *t, const struct net_attach *a)
{
	return a->bridge >= -1 && (a->bridge < 0 || (uint32_t)a->bridge < t->bridges.count) &&
	       memchr(a->peer, 0, sizeof(a->peer)) && table_addrs(a->addr, ARRAY_LEN(a->addr)) &&
	       table_addrs(a->gateway, ARRAY_LEN(a->gateway));
}

static bool is_record(const struct table *t, const void *record, const struct field *all, size_t count)
{
	for (const struct field *f = all; f < all + count; f++)
		if (!is_field(t, record, f))
			return false;
	return true;
}

static bool is_confine(const struct table *t, uint32_t at)
{
	const struct list one = { at, 1 };

	return at && table_has_list(t, one, sizeof(struct confine_spec), _Alignof(uint64_t)) &&
	       is_record(t, table_list(t, one, struct confine_spec), confine_fields, ARRAY_LEN(confine_fields));
}

static bool is_network(const struct table *t, uint32_t at)
{
	const struct list one = { at, 1 };

	return !at || (table_has_list(t, one, sizeof(struct network_spec), _Alignof(uint64_t)) &&
		       is_record(t, table_list(t, one, struct network_spec), network_fields,
				 ARRAY_LEN(network_fields)));
}

static bool is_service(const struct table *t, const struct service_spec *spec)
{
	return is_record(t, spec, fields, ARRAY_LEN(fields)) && spec->stop_signal &&
	       is_attach(t, &spec->attach) && is_network(t, spec->network_at) &&
	       (spec->output != OUTPUT_FILE || spec->output_at) &&
	       (spec->output == OUTPUT_INHERIT || spec->output == OUTPUT_NULL || spec->output_slot < t->outputs);
}

/* Alike services share one record of confinement: it is looked at once for a row of them. */
static bool are_services(const struct table *t)
{
	uint32_t good = 0;

	for (uint32_t i = 0; i < t->services.count; i++) {
		uint32_t at = table_service(t, i)->confine_at;

		if (!is_service(t, table_service(t, i)) || (at != good && !is_confine(t, at)) || !at)
			return false;
		good = at;
	}
	return true;
}

static bool is_bridge(const struct net_bridge *b)
{
	return b->name[0] && memchr(b->name, 0, sizeof(b->name)) && table_addrs(b->addr, ARRAY_LEN(b->addr));
}

static bool is_group(const struct table *t, const struct group_spec *g)
{
	return g->name_at && table_has_text(t, g->name_at) && is_limits(t, g->limits);
}

static bool is_all_seen(const struct table *t, struct list list, const uint8_t *seen)
{
	for (uint32_t i = 0; i < list.count; i++) {
		uint32_t index = table_list(t, list, uint32_t)[i];

		if (!(seen[index / 8] & 1u << index % 8))
			return false;
	}
	return true;
}

/* Every service once, and behind all that it waits for. */
static bool is_order(const struct table *t)
{
	uint8_t seen[TABLE_SERVICES_MAX / 8] = { 0 };

	if (t->order.count != t->services.count || !is_indexes(t, t->order))
		return false;
	for (uint32_t i = 0; i < t->order.count; i++) {
		uint32_t index = table_list(t, t->order, uint32_t)[i];
		const struct service_spec *spec = table_service(t, index);

		if (seen[index / 8] & 1u << index % 8 || !is_all_seen(t, spec->needs, seen) ||
		    !is_all_seen(t, spec->after, seen))
			return false;
		seen[index / 8] |= (uint8_t)(1u << index % 8);
	}
	return true;
}

static bool is_head(const struct table *t, size_t size)
{
	return size >= sizeof(*t) && t->magic == TABLE_MAGIC && t->layout == TABLE_LAYOUT && t->size == size &&
	       !((const char *)t)[size - 1];
}

static bool is_body(const struct table *t)
{
	return t->services.count <= TABLE_SERVICES_MAX && t->main >= -1 &&
	       (t->main < 0 || (uint32_t)t->main < t->services.count) && table_has_text(t, t->hostname_at) &&
	       t->outputs <= t->services.count && is_texts(t, t->files) &&
	       table_has_list(t, t->services, sizeof(struct service_spec), _Alignof(struct service_spec)) &&
	       table_has_list(t, t->bridges, sizeof(struct net_bridge), _Alignof(struct net_bridge)) &&
	       table_has_list(t, t->groups, sizeof(struct group_spec), _Alignof(struct group_spec));
}

int table_verify(const struct table *t, size_t size)
{
	if (!is_head(t, size) || !is_body(t) || !table_verify_network(t))
		return -EBADMSG;
	for (uint32_t i = 0; i < t->bridges.count; i++)
		if (!is_bridge(table_bridge(t, i)))
			return -EBADMSG;
	for (uint32_t i = 0; i < t->groups.count; i++)
		if (!is_group(t, &table_list(t, t->groups, struct group_spec)[i]))
			return -EBADMSG;
	return are_services(t) && is_order(t) ? 0 : -EBADMSG;
}

/* -- mapping ---------------------------------------------------------------------------------------------------- */

static int map(int memfd, const struct table **ret, size_t *ret_size)
{
	int seals = fcntl(memfd, F_GET_SEALS);
	struct stat st;
	void *at;

	if (seals < 0 || fstat(memfd, &st) < 0)
		return -errno;
	if ((seals & SEALS) != SEALS || st.st_size < (off_t)sizeof(struct table) || st.st_size > UINT32_MAX)
		return -EBADMSG;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, memfd, 0);
	if (at == MAP_FAILED)
		return -errno;
	*ret = at;
	*ret_size = (size_t)st.st_size;
	return 0;
}

const struct table *table_map(int memfd, int *ret_err)
{
	const struct table *t = NULL;
	size_t size = 0;
	int err = map(memfd, &t, &size);

	if (!err)
		err = table_verify(t, size);
	if (err && t)
		munmap((void *)(uintptr_t)t, size);
	if (err)
		*ret_err = err;
	return err ? NULL : t;
}

void table_unmap(const struct table *t)
{
	if (t)
		munmap((void *)(uintptr_t)t, t->size);
}

int table_find(const struct table *t, const char *name)
{
	for (uint32_t i = 0; i < t->services.count; i++)
		if (!strcmp(table_name(t, table_service(t, i)), name))
			return (int)i;
	return -ENOENT;
}

/* -- the default place ------------------------------------------------------------------------------------------ */

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
