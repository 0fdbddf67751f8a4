/*
 * What is kept of each lease in force, in a file of its own: address, router and metric in its first line, what is for
 * resolv.conf(5) in the others. That file is made of all of them, so no lease takes away what another one gave.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/boot.h"
#include "init/lease.h"
#include "lib/addr.h"
#include "lib/fd.h"
#include "lib/log.h"
#include "lib/text.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define KEPT_SIZE 640
#define KEPT_NAME 32
#define KEPT_MAX 64 /* leases whose name servers are looked at */

static const char *prefix_of(const struct news *n)
{
	return n->family == AF_INET6 ? "lease6." : "lease.";
}

static void put_path(struct buf *path, const struct news *n)
{
	buf_fmt(path, BOOT_RUN_DIR "/%s%s", prefix_of(n), n->link);
}

static int lock(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)!flock(fd, LOCK_EX);
	return fd;
}

int kept_lock(const struct news *n)
{
	BUF_ON_STACK(path, 64);

	(void)!mkdir(BOOT_RUN_DIR, 0755);
	put_path(&path, n);
	buf_str(&path, ".lock");
	return lock(buf_text(&path));
}

static void put_held_path(struct buf *path, const struct news *n)
{
	buf_fmt(path, BOOT_RUN_DIR "/held.%s%s", prefix_of(n), n->link);
}

void kept_hold(const struct news *n, bool held)
{
	BUF_ON_STACK(path, 64);
	int fd;

	put_held_path(&path, n);
	if (!held) {
		unlink(buf_text(&path));
		return;
	}
	fd = open(buf_text(&path), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	fd_close(&fd);
}

bool kept_is_held(const struct news *n)
{
	BUF_ON_STACK(path, 64);

	put_held_path(&path, n);
	return !access(buf_text(&path), F_OK);
}

/* -- one lease ----------------------------------------------------------------------------------------------------- */

static void put_kept(struct buf *text, const struct news *n)
{
	text_put_addr(text, &n->lease.addr, true);
	buf_char(text, ' ');
	if (n->lease.router.family)
		text_put_addr(text, &n->lease.router, false);
	else
		buf_char(text, '-');
	buf_fmt(text, " %u\n", n->lease.metric);
	if (*n->search)
		buf_fmt(text, "search %s\n", n->search);
	for (unsigned i = 0; i < n->servers; i++) {
		buf_str(text, "nameserver ");
		text_put_addr(text, &n->server[i], false);
		buf_char(text, '\n');
	}
}

static void keep(const struct news *n)
{
	BUF_ON_STACK(path, 64);
	BUF_ON_STACK(text, KEPT_SIZE);
	cleanup_fd int fd = -1;

	put_path(&path, n);
	put_kept(&text, n);
	fd = open(buf_text(&path), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 || fd_write_all(fd, text.data, text.len))
		log_warn(n->link, errno, "lease: %s cannot be written: it is not taken away when another one comes",
			 buf_text(&path));
}

static void forget(const struct news *n)
{
	BUF_ON_STACK(path, 64);

	put_path(&path, n);
	unlink(buf_text(&path));
}

static bool read_first_line(const char *at, struct net_lease *ret)
{
	BUF_ON_STACK(word, 64);
	uint64_t metric;

	if (!text_word(&at, &word) || text_addr(buf_text(&word), &ret->addr) || !text_word(&at, &word))
		return false;
	if (text_addr(buf_text(&word), &ret->router))
		ret->router.family = 0;
	if (!text_word(&at, &word) || text_u64(buf_text(&word), &metric) || metric > UINT32_MAX)
		return false;
	ret->metric = (uint32_t)metric;
	return true;
}

bool kept_read(const struct news *n, struct net_lease *ret)
{
	BUF_ON_STACK(path, 64);
	char mem[KEPT_SIZE];

	put_path(&path, n);
	if (fd_read_file(AT_FDCWD, buf_text(&path), mem, sizeof(mem)) < 0)
		return false;
	mem[strcspn(mem, "\n")] = '\0';
	return read_first_line(mem, ret) && ret->addr.family == n->family;
}

/* -- all of them --------------------------------------------------------------------------------------------------- */

struct resolv {
	char name[KEPT_MAX][KEPT_NAME]; /* of the files, sorted: those of DHCPv4 first */
	unsigned count;
	struct buf from, search, servers; /* the links, and what comes of them */
	unsigned server_count;
};

static int add_name(int dir, const char *name, unsigned type, void *arg)
{
	struct resolv *r = arg;
	size_t len = strlen(name), at = r->count;
	bool is_lock = len > 5 && !strcmp(name + len - 5, ".lock");

	(void)dir, (void)type;
	if (r->count == KEPT_MAX || len >= KEPT_NAME || is_lock ||
	    (strncmp(name, "lease.", 6) && strncmp(name, "lease6.", 7)))
		return 0;
	for (; at && strcmp(r->name[at - 1], name) > 0; at--)
		memcpy(r->name[at], r->name[at - 1], KEPT_NAME);
	memcpy(r->name[at], name, len + 1);
	r->count++;
	return 0;
}

static bool has_word(struct buf *list, const char *word)
{
	BUF_ON_STACK(one, 256);
	const char *at = buf_text(list);

	while (text_word(&at, &one))
		if (!strcmp(buf_text(&one), word))
			return true;
	return false;
}

static void add_domains(struct resolv *r, const char *list)
{
	BUF_ON_STACK(word, 256);

	while (text_word(&list, &word))
		if (!has_word(&r->search, buf_text(&word)) && r->search.len + 1 + word.len < r->search.size)
			buf_fmt(&r->search, "%s%s", r->search.len ? " " : "", buf_text(&word));
}

static void add_server(struct resolv *r, const char *server)
{
	if (r->server_count == LEASE_SERVERS || has_word(&r->servers, server))
		return;
	buf_fmt(&r->servers, "%s ", server);
	r->server_count++;
}

static void add_kept(struct resolv *r, const char *name)
{
	BUF_ON_STACK(path, 64);
	char mem[KEPT_SIZE], *line = mem;

	buf_fmt(&path, BOOT_RUN_DIR "/%s", name);
	if (fd_read_file(AT_FDCWD, buf_text(&path), mem, sizeof(mem)) < 0)
		return;
	buf_fmt(&r->from, "%s%s", r->from.len ? ", " : "", strchr(name, '.') + 1);
	if (name[5] == '6')
		buf_str(&r->from, " (DHCPv6)");
	for (char *end; *line; line = end) {
		end = line + strcspn(line, "\n");
		end += *end ? (*end = '\0', 1) : 0;
		if (!strncmp(line, "search ", 7))
			add_domains(r, line + 7);
		else if (!strncmp(line, "nameserver ", 11))
			add_server(r, line + 11);
	}
}

static bool is_there_already(const struct buf *text)
{
	char mem[2048];
	ssize_t n = fd_read_file(AT_FDCWD, RESOLV_CONF, mem, sizeof(mem));

	return n == (ssize_t)text->len && !memcmp(mem, text->data, text->len);
}

/*
 * In itself: a new file in its place would take away, in the mount namespaces of services, what network.dns has laid
 * upon it. Newlines stand for what is shorter until it is cut: whoever reads it meanwhile finds the one or the other.
 */
static int rewrite(const struct buf *text, const struct stat *was)
{
	cleanup_fd int fd = open(RESOLV_CONF, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	char mem[4096];
	size_t len = MAX(text->len, (size_t)was->st_size);

	if (fd < 0 || len > sizeof(mem))
		return fd < 0 ? -errno : -EFBIG;
	memset(mem, '\n', len);
	memcpy(mem, text->data, text->len);
	if (pwrite(fd, mem, len, 0) != (ssize_t)len || ftruncate(fd, (off_t)text->len) < 0)
		return -EIO;
	return 0;
}

/* Or in its place at once; where it is a mount of a container, or its folder is read-only, in itself by pieces. */
static int write_resolv(const struct buf *text)
{
	static const char fresh[] = RESOLV_CONF ".minit";
	struct stat st;
	bool there = lstat(RESOLV_CONF, &st) == 0, plain = !there || S_ISREG(st.st_mode);
	cleanup_fd int fd = -1;
	int err;

	if (there && plain && !rewrite(text, &st))
		return 0;
	if (plain)
		fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd >= 0) {
		err = fd_write_all(fd, text->data, text->len);
		if (!err && !rename(fresh, RESOLV_CONF))
			return 0;
		unlink(fresh);
		fd_close(&fd);
	}
	fd = open(RESOLV_CONF, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : fd_write_all(fd, text->data, text->len);
}

static void put_resolv(struct resolv *r, struct buf *text)
{
	const char *server = buf_text(&r->servers);
	BUF_ON_STACK(word, 64);

	buf_fmt(text, "# By minit, from the leases of %s\n", buf_text(&r->from));
	if (r->search.len)
		buf_fmt(text, "search %s\n", buf_text(&r->search));
	while (text_word(&server, &word))
		buf_fmt(text, "nameserver %s\n", buf_text(&word));
}

/* Where no lease tells a server any more, those that there were stay. */
static void tell_resolver(const struct news *n)
{
	BUF_ON_STACK(from, 512);
	BUF_ON_STACK(search, LEASE_SEARCH);
	BUF_ON_STACK(servers, 256);
	BUF_ON_STACK(text, 2048);
	struct resolv r = { .from = from, .search = search, .servers = servers };
	cleanup_fd int dir = open(BOOT_RUN_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (dir >= 0)
		fd_each(dir, add_name, &r);
	for (unsigned i = 0; i < r.count; i++)
		add_kept(&r, r.name[i]);
	if (!r.server_count)
		return;
	put_resolv(&r, &text);
	if (is_there_already(&text))
		return;
	err = write_resolv(&text);
	if (err)
		log_warn(n->link, -err, "lease: " RESOLV_CONF " cannot be written, and stays as it is");
}

void kept_change(const struct news *n, bool in_force)
{
	int locked = lock(BOOT_RUN_DIR "/leases.lock");

	if (in_force)
		keep(n);
	else
		forget(n);
	tell_resolver(n);
	fd_close(&locked);
}
