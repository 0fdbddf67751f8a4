/* What it sees of the file system: its root, /proc, /sys and /dev, and what its table mounts. mountinfo: proc(5). */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/look.h"
#include "init/mountinfo.h"
#include "lib/fd.h"
#include "lib/mount.h"
#include "services/keys.h"

#define MOUNTS_MOST (1 << 20)

/* Of one line; what is not there is empty. */
struct seen {
	bool there, readonly;
	char type[24], source[64], options[256]; /* options of the mount, then those of the file system */
	char spread[64]; /* "shared:3 master:1" */
	const char *line;
};

static char *mounts, *minits_mounts; /* of the program, and of minit */

static bool read_mounts(struct look *l, pid_t of, char **mem)
{
	if (!*mem)
		*mem = mmap(NULL, MOUNTS_MOST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*mem == MAP_FAILED) {
		*mem = NULL;
		l->err = -ENOMEM;
		return false;
	}
	return look_read(l, of, "mountinfo", *mem, MOUNTS_MOST);
}

static void keep(char *mem, size_t size, const char *at)
{
	size_t n = MIN(mountinfo_length(at), size - 1);

	memcpy(mem, at, n);
	mem[n] = '\0';
}

static bool has_option(const char *options, const char *option)
{
	size_t n = strlen(option);

	for (; *options; options += strcspn(options, ","), options += *options == ',')
		if (!strncmp(options, option, n) && (options[n] == ',' || !options[n]))
			return true;
	return false;
}

static void take(const char *line, struct seen *ret)
{
	const char *behind = strstr(line, " - ");
	size_t n;

	if (!behind || behind > line + strcspn(line, "\n"))
		return;
	keep(ret->options, sizeof(ret->options) / 2, mountinfo_word(line, MOUNTINFO_OPTIONS));
	ret->readonly = has_option(ret->options, "ro");
	n = strlen(ret->options);
	ret->options[n] = ',';
	keep(ret->options + n + 1, sizeof(ret->options) - n - 1, mountinfo_word(behind + 3, 2));
	ret->readonly |= has_option(ret->options + n + 1, "ro");
	n = (size_t)(behind - MIN(mountinfo_word(line, MOUNTINFO_OPTIONAL), behind));
	n = MIN(n, sizeof(ret->spread) - 1);
	memcpy(ret->spread, behind - n, n);
	ret->spread[n] = '\0';
	keep(ret->type, sizeof(ret->type), mountinfo_word(behind + 3, 0));
	keep(ret->source, sizeof(ret->source), mountinfo_word(behind + 3, 1));
	ret->line = line;
	ret->there = true;
}

static bool is_at(const char *line, const char *point)
{
	return mountinfo_is(mountinfo_word(line, MOUNTINFO_PLACE), point);
}

/* The mount at the place that lies upon the one of this line, or NULL. The root of all may say to lie upon itself. */
static const char *upon(const char *below, const char *point)
{
	for (const char *line = mounts; *line; line = mountinfo_next(line))
		if (line != below && is_at(line, point) &&
		    mountinfo_same(mountinfo_word(line, MOUNTINFO_ABOVE), mountinfo_word(below, MOUNTINFO_ID)))
			return line;
	return NULL;
}

/* The uppermost mount at this place. Lines stand in the order in which mounts were made, not put there (Linux 6.8). */
static struct seen at(const char *point)
{
	struct seen found = { 0 };
	const char *top = NULL;

	for (const char *line = mounts; *line; line = mountinfo_next(line))
		if (is_at(line, point))
			top = line;
	for (const char *next = top; next; next = upon(top, point))
		top = next;
	if (top)
		take(top, &found);
	return found;
}

/* -- the root ---------------------------------------------------------------------------------------------------- */

static int stat_root(struct look *l, pid_t pid, const char *below, struct stat *ret)
{
	BUF_ON_STACK(path, 40);
	cleanup_fd int root = -1;

	buf_fmt(&path, "%d/root", (int)pid);
	root = openat(l->proc, buf_text(&path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	l->err = root < 0 || fstatat(root, below, ret, 0) < 0 ? -errno : 0;
	return l->err;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static const char *kind_of_root(const struct look *l, const struct stat *is, const struct stat *minits,
				const struct stat *asked)
{
	const char *path = table_given(l->table, l->spec->root_at);
	struct seen top = at("/");

	if (l->confine->roots.overlay_at && !strcmp(top.type, "overlay"))
		return "an overlay";
	if (!l->confine->roots.overlay_at && S_ISREG(asked->st_mode) && !strncmp(top.source, "/dev/loop", 9))
		return path;
	if (!l->confine->roots.overlay_at && is_same_file(is, asked))
		return path;
	return is_same_file(is, minits) ? "minit's" : "another";
}

static bool has_own_mounts(const struct look *l)
{
	uint32_t own = l->spec->namespaces & (l->missing & MISSING_NAMESPACES ? l->spec->explicit_ns : UINT32_MAX);

	return own & CLONE_NEWNS;
}

/* In minit's mounts: there root comes out of it again, with sys_chroot among its capabilities. */
static void tell_changed_root(struct look *l, const char *want, const char *got)
{
	bool asked = l->spec->namespaces & CLONE_NEWNS;
	BUF_ON_STACK(is, LOOK_TEXT);

	buf_fmt(&is, "%.*s, by chroot alone", LOOK_TEXT - 20, got);
	look_tell(l, "root", want, buf_text(&is), asked || strcmp(want, got) ? LOOK_DIFFERS : LOOK_SAME,
		  MISSING_NAMESPACES);
}

static void look_root(struct look *l)
{
	const char *path = table_text(l->table, l->spec->root_at);
	struct stat is = { 0 }, minits = { 0 }, asked = { 0 };
	const char *want, *got;

	if (!path)
		return;
	want = l->confine->roots.overlay_at ? "an overlay" : path;
	if (stat_root(l, l->pid, ".", &is) || stat_root(l, l->minit, ".", &minits) ||
	    stat_root(l, l->minit, path[1] ? path + 1 : ".", &asked)) {
		look_tell(l, "root", want, "", LOOK_UNSEEN, 0);
		return;
	}
	got = kind_of_root(l, &is, &minits, &asked);
	if (has_own_mounts(l))
		look_tell_text(l, "root", want, got, MISSING_NAMESPACES);
	else
		tell_changed_root(l, want, got);
}

/* -- the kernel's files ------------------------------------------------------------------------------------------ */

/* Number n of "a|b|c". */
static void put_word(enum key_id id, unsigned n, struct buf *b)
{
	const char *words = key_text(key_by_id(id), KEY_WORDS);

	for (; n > 0 && *words; n--)
		words += strcspn(words, "|") + 1;
	buf_add(b, words, strcspn(words, "|"));
}

/* Whether the table itself mounts something that has to do with this place, as `fits` says. */
static bool is_mounted(const struct look *l, const char *place, bool (*fits)(const char *place, const char *target))
{
	const struct list list = l->confine->roots.mounts;
	const struct mount_spec *all = table_list(l->table, list, struct mount_spec);
	bool any = false;

	for (uint32_t i = 0; i < list.count; i++) {
		const char *target = table_text(l->table, all[i].target_at);

		any |= target && fits(place, target);
	}
	return any;
}

static bool is_same_place(const char *place, const char *target)
{
	return !strcmp(place, target);
}

/* Upon this place, which is told of in a line of its own. */
static bool is_covered(const struct look *l, const char *place)
{
	return is_mounted(l, place, is_same_place);
}

static void tell_covered(struct look *l, const char *what, const char *asked, const char *place)
{
	BUF_ON_STACK(got, LOOK_TEXT);

	buf_fmt(&got, "%s, beneath mounts.\"%s\"", asked, place);
	look_tell(l, what, asked, buf_text(&got), LOOK_SAME, 0);
}

static void tell_word(struct look *l, enum key_id id, unsigned asked, unsigned got, const char *place)
{
	BUF_ON_STACK(want, 40);
	BUF_ON_STACK(is, 40);

	put_word(id, asked, &want);
	put_word(id, got, &is);
	if (is_covered(l, place)) {
		tell_covered(l, key_name(id), buf_text(&want), place);
		return;
	}
	look_tell_text(l, key_name(id), buf_text(&want), buf_text(&is),
		       MISSING_NAMESPACES | MISSING_MOUNTS);
}

static unsigned proc_now(const struct look *l)
{
	struct seen proc = at("/proc");

	if (!proc.there)
		return PROC_NONE;
	if (has_option(proc.options, "subset=pid"))
		return PROC_PIDS;
	return at("/proc/sys").readonly || is_covered(l, "/proc/sys") ? PROC_MASKED : PROC_OPEN;
}

static const char masked[][31] = {
#define MASK_AT_FILE(name) name,
#define MASK_AT_DIRECTORY(name) name,
#define MASK_AT_READONLY(name) name,
#define MASK_AT_OF_SYS(name)
#define MASK_AT_OF_CPU(name)
#define MASK(kind, name) MASK_AT_##kind(name)
#include "services/masks.def"
#undef MASK
};

/* What is not as it should be, by name, as far as there is room. */
struct lacking {
	const char *begin; /* "not masked: " */
	unsigned more;     /* for which there is none */
	struct buf names;
	char text[LOOK_TEXT];
};

static void lack(struct lacking *lacking, const char *name)
{
	struct buf *b = &lacking->names;

	if (!b->data)
		buf_init(b, lacking->text, sizeof(lacking->text));
	if (lacking->more || b->len + strlen(name) + 40 > sizeof(lacking->text))
		lacking->more++;
	else
		buf_fmt(b, "%s%s", b->len ? ", " : lacking->begin, name);
}

static void tell_lacking(struct look *l, const char *what, const char *asked, const char *got, struct lacking *lacking)
{
	bool lacks = lacking->names.len;

	if (lacking->more)
		buf_fmt(&lacking->names, " and %u more", lacking->more);
	look_tell(l, what, asked, lacks ? buf_text(&lacking->names) : got, lacks ? LOOK_DIFFERS : LOOK_SAME,
		  MISSING_NAMESPACES | MISSING_MOUNTS);
}

/* Of what this kernel has all is covered; what is not is named. */
static void look_masks(struct look *l)
{
	const char *got = is_covered(l, "/proc/sys") ? "masked, beneath mounts.\"/proc/sys\"" : "masked";
	struct lacking open = { .begin = "not masked: " };

	for (size_t i = 0; i < ARRAY_LEN(masked); i++) {
		BUF_ON_STACK(place, 64);

		buf_fmt(&place, "/proc/%s", masked[i]);
		if (!at(buf_text(&place)).there && !faccessat(l->proc, masked[i], F_OK, 0))
			lack(&open, masked[i]);
	}
	tell_lacking(l, "proc", "masked", got, &open);
}

static bool is_within(const char *place, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(place, dir, n) && (!place[n] || place[n] == '/');
}

/* Mounted by the table itself, or with what that has mounted. */
static bool is_of_mounts(const struct look *l, const char *place)
{
	return is_mounted(l, place, is_within);
}

/* Where a service has the leaf that is its own. */
static bool is_given(const struct look *l, const char *place)
{
	return l->confine->leaf.delegate && is_within(place, "/sys/fs/cgroup");
}

/* Of what is mounted there all is read-only; what is not is named, and with /sys itself all of it is meant. */
static void look_sealed(struct look *l)
{
	struct lacking open = { .begin = "can be written to: " };
	bool whole = at("/sys").there && !at("/sys").readonly;

	for (const char *line = mounts; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *name = mountinfo_word(line, MOUNTINFO_PLACE);
		BUF_ON_STACK(place, 128);
		struct seen is;

		buf_add(&place, name, mountinfo_length(name));
		if (!is_within(buf_text(&place), "/sys") || is_of_mounts(l, buf_text(&place)))
			continue;
		if (whole && strcmp(buf_text(&place), "/sys") != 0)
			continue;
		is = at(buf_text(&place));
		if (is.there && !is.readonly && !is_given(l, buf_text(&place)))
			lack(&open, buf_text(&place));
	}
	tell_lacking(l, "sys", "sealed", "sealed", &open);
}

static unsigned sys_now(void)
{
	struct seen sys = at("/sys");

	if (!sys.there)
		return SYS_NONE;
	return sys.readonly ? SYS_READONLY : SYS_WRITABLE;
}

static unsigned dev_now(void)
{
	struct seen dev = at("/dev");

	if (!dev.there)
		return DEV_NONE;
	return strcmp(dev.type, "tmpfs") ? DEV_ALL : DEV_MINIMAL;
}

/* "none" is "as it is there" for a service in minit's root, and of what is not asked for more is no less. */
static void look_kernel(struct look *l)
{
	const struct roots_spec *roots = &l->confine->roots;
	static const char *const hiding[] = { "", "hidepid=noaccess", "hidepid=invisible", "hidepid=ptraceable" };

	if (roots->proc == PROC_MASKED && !is_covered(l, "/proc") && proc_now(l) == PROC_MASKED)
		look_masks(l);
	else if (roots->proc != PROC_NONE)
		tell_word(l, KEY_PROC, roots->proc, proc_now(l), "/proc");
	if (roots->hidepid)
		look_tell_text(l, "hidepid", hiding[roots->hidepid],
			       has_option(at("/proc").options, hiding[roots->hidepid]) ? hiding[roots->hidepid] : "no",
			       MISSING_NAMESPACES);
	if (roots->sys == SYS_SEALED)
		look_sealed(l);
	else if (roots->sys != SYS_NONE)
		tell_word(l, KEY_SYS, roots->sys, sys_now(), "/sys");
	if (roots->dev == DEV_MINIMAL)
		tell_word(l, KEY_DEV, DEV_MINIMAL, dev_now(), "/dev");
}

/* -- what is mounted --------------------------------------------------------------------------------------------- */

static const struct {
	uint32_t attr;
	char option[8];
} guards[] = {
	{ MOUNT_ATTR_NOSUID, "nosuid" }, { MOUNT_ATTR_NODEV, "nodev" }, { MOUNT_ATTR_NOEXEC, "noexec" },
};

/* Whether a mount of minit's is in the group too: one that has nobody else in it spreads to nobody. */
static bool is_shared_with_minit(struct look *l, const struct seen *is)
{
	const char *group = strstr(is->spread, "shared:");
	BUF_ON_STACK(b, 40);

	if (!group || !read_mounts(l, l->minit, &minits_mounts))
		return false;
	buf_fmt(&b, " %.*s ", (int)MIN(mountinfo_length(group), (size_t)30), group);
	return strstr(minits_mounts, buf_text(&b)) != NULL;
}

/* Where minit's own mount is private, nothing comes from there and nothing goes there. */
static bool put_alone(struct look *l, const struct mount_spec *m, const struct seen *is, struct buf *b)
{
	bool slave = m->spread == MOUNT_SLAVE && !strstr(is->spread, "master:");
	bool shared = m->spread == MOUNT_SHARED && !is_shared_with_minit(l, is);

	if (slave || shared)
		buf_fmt(b, ", no %s of minit's", slave ? "slave" : "peer");
	return slave || shared;
}

/* What it should have and has lost. What is asked is told as it reads; these three only when they are not there. */
static bool put_lost(const struct mount_spec *m, const struct seen *is, struct buf *b)
{
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(guards) && m->kind != MOUNT_MASKED && m->kind != MOUNT_READONLY; i++) {
		if (!(m->attr & guards[i].attr) || has_option(is->options, guards[i].option))
			continue;
		buf_fmt(b, ", without %s", guards[i].option);
		any = true;
	}
	return any;
}

/* Secrets lie upon what the table has there. */
static bool is_below_secrets(const struct look *l, const struct mount_spec *m)
{
	return l->confine->roots.secrets.count && !strcmp(table_text(l->table, m->target_at), ROOTS_SECRETS);
}

/* What is bound may be of any file system; what is in memory is of one. */
static bool put_other(const struct look *l, const struct mount_spec *m, const struct seen *is, struct buf *b)
{
	bool other = m->kind == MOUNT_TMPFS && strcmp(is->type, is_below_secrets(l, m) ? "ramfs" : "tmpfs") != 0;

	if (other)
		buf_fmt(b, ", but %s", is->type);
	return other;
}

/* What is bound is the file itself: it is still shown when another has been put in its place. */
static bool put_changed(struct look *l, const struct mount_spec *m, const struct seen *is, struct buf *b)
{
	const char *options = table_text(l->table, m->options_at), *source = table_text(l->table, m->source_at);

	if (m->kind == MOUNT_TMPFS && options && !strcmp(is->type, "tmpfs"))
		return mountinfo_put_tmpfs(options, is->options, b);
	if (!source || is_below_secrets(l, m) || !read_mounts(l, l->minit, &minits_mounts) ||
	    mountinfo_shows(is->line, minits_mounts, source))
		return false;
	buf_fmt(b, ", but not %.100s", source);
	return true;
}

static void look_mount(struct look *l, const struct mount_spec *m)
{
	const char *target = table_text(l->table, m->target_at);
	bool readonly = m->kind == MOUNT_READONLY || m->attr & MOUNT_ATTR_RDONLY, lost;
	struct seen is = at(target);
	BUF_ON_STACK(what, LOOK_LIST + 16);
	BUF_ON_STACK(got, LOOK_TEXT);

	buf_fmt(&what, "mounts.\"%s\"", target);
	buf_str(&got, !is.there ? "not there" : is.readonly ? "mounted, read-only" : "mounted");
	lost = is.there && put_lost(m, &is, &got);
	lost |= is.there && put_alone(l, m, &is, &got);
	lost |= is.there && put_other(l, m, &is, &got);
	lost |= is.there && put_changed(l, m, &is, &got);
	look_tell(l, buf_text(&what), readonly ? "mounted, read-only" : "mounted", buf_text(&got),
		  is.there && (is.readonly || !readonly) && !lost ? LOOK_SAME : LOOK_DIFFERS, MISSING_NAMESPACES);
}

static void tell_type(struct look *l, const char *what, const char *asked, const char *point)
{
	struct seen is = at(point);

	look_tell_text(l, what, asked, is.there ? is.type : "none", MISSING_NAMESPACES);
}

static void look_mounts(struct look *l)
{
	const struct roots_spec *roots = &l->confine->roots;

	if (l->spec->readonly)
		look_tell_text(l, "readonly", "yes", at("/").readonly ? "yes" : "no", MISSING_NAMESPACES);
	if (roots->private_tmp)
		tell_type(l, "private_tmp", "tmpfs", "/tmp");
	if (roots->secrets.count)
		tell_type(l, "secrets", "ramfs", ROOTS_SECRETS);
	for (uint32_t i = 0; i < roots->mounts.count; i++)
		look_mount(l, &table_list(l->table, roots->mounts, struct mount_spec)[i]);
}

/* An overlay shows nobody how its layers are mounted: only who made it knows that it had to do without. */
static void look_idmap(struct look *l)
{
	const struct roots_spec *roots = &l->confine->roots;
	const bool left = l->missing & MISSING_IDMAP;

	if (!l->spec->root_at || roots->idmap == IDMAP_NO || !table_in_userns(l->table, l->spec) ||
	    (roots->overlay_at && !left))
		return;
	look_tell_text(l, "userns.idmap", "true", !left && has_option(at("/").options, "idmapped") ? "true" : "false",
		       MISSING_IDMAP);
}

void look_roots(struct look *l)
{
	if (!(l->spec->namespaces & CLONE_NEWNS) && !l->spec->root_at)
		return;
	if (!read_mounts(l, l->pid, &mounts)) {
		look_tell(l, "mounts", "its own", "", LOOK_UNSEEN, 0);
		return;
	}
	look_root(l);
	look_idmap(l);
	look_kernel(l);
	look_mounts(l);
}
