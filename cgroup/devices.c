#include "cgroup/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup/ops.h"
#include "cgroup/tree.h"
#include "cgroup/v1.h"
#include "lib/fd.h"

#define INSNS_A_RULE 6
#define INSNS_MOST (DEVICE_RULES_MOST * INSNS_A_RULE + 16)

/* -- rules -------------------------------------------------------------------------------------------------------- */

static int add_rules(struct devices *d, const struct node *nodes, int count, uint8_t access)
{
	for (int i = 0; i < count; i++) {
		if (d->count == DEVICE_RULES_MOST)
			return -E2BIG;
		d->rules[d->count++] = (struct device_rule){ nodes[i], access };
	}
	return 0;
}

void devices_begin(struct devices *d)
{
	static const struct node nodes[] = {
#define NODE(name, major, minor) { 'c', major, minor },
#include "cgroup/nodes.def"
#undef NODE
	};

	d->count = 0;
	(void)add_rules(d, nodes, ARRAY_LEN(nodes), DEVICE_READ | DEVICE_WRITE);
}

int devices_allow(struct devices *d, const char *name, uint8_t access)
{
	struct node nodes[NODES_MOST];
	int count = node_find(name, nodes);

	return count < 0 ? count : add_rules(d, nodes, count, access);
}

/* -- the program -------------------------------------------------------------------------------------------------- */

/* Registers of the program. r1 is the context at its start (struct bpf_cgroup_dev_ctx). */
enum { R0, CTX, TYPE, ACCESS, MAJOR, MINOR };

struct program {
	struct bpf_insn *insns;
	unsigned count, most;
};

static void put(struct program *p, uint8_t code, unsigned dst, unsigned src, int16_t off, int32_t imm)
{
	if (p->count < p->most)
		p->insns[p->count] = (struct bpf_insn){ .code = code, .dst_reg = dst & 15u, .src_reg = src & 15u,
							.off = off, .imm = imm };
	p->count++;
}

static void put_load(struct program *p, uint8_t dst, size_t at)
{
	put(p, BPF_LDX | BPF_MEM | BPF_W, dst, CTX, (int16_t)at, 0);
}

static void put_answer(struct program *p, int allowed)
{
	put(p, BPF_ALU64 | BPF_MOV | BPF_K, R0, 0, 0, allowed);
	put(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* BPF_DEVCG_ACC_ */
static uint8_t kernel_access(uint8_t access)
{
	return (uint8_t)((access & DEVICE_READ ? BPF_DEVCG_ACC_READ : 0) |
			 (access & DEVICE_WRITE ? BPF_DEVCG_ACC_WRITE : 0) |
			 (access & DEVICE_MKNOD ? BPF_DEVCG_ACC_MKNOD : 0));
}

/* To the instruction number `to`, when it does not fit. */
static void put_jump(struct program *p, uint8_t how, uint8_t reg, int32_t imm, unsigned to)
{
	put(p, BPF_JMP | BPF_K | how, reg, 0, (int16_t)(to - p->count - 1), imm);
}

static void put_rule(struct program *p, const struct device_rule *rule)
{
	unsigned end = p->count + 4u + (rule->node.major >= 0) + (rule->node.minor >= 0);

	put_jump(p, BPF_JNE, TYPE, rule->node.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR, end);
	if (rule->node.major >= 0)
		put_jump(p, BPF_JNE, MAJOR, rule->node.major, end);
	if (rule->node.minor >= 0)
		put_jump(p, BPF_JNE, MINOR, rule->node.minor, end);
	put_jump(p, BPF_JSET, ACCESS, ~kernel_access(rule->access) & 7, end);
	put_answer(p, 1);
}

int devices_assemble(const struct devices *d, struct bpf_insn *insns, unsigned most)
{
	struct program p = { .insns = insns, .most = most };

	put_load(&p, ACCESS, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	put_load(&p, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	put_load(&p, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	put(&p, BPF_ALU64 | BPF_MOV | BPF_X, TYPE, ACCESS, 0, 0);
	put(&p, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	put(&p, BPF_ALU64 | BPF_RSH | BPF_K, ACCESS, 0, 0, 16);
	put_jump(&p, BPF_JNE, ACCESS, BPF_DEVCG_ACC_MKNOD, p.count + 3);
	put_answer(&p, 1);
	for (unsigned i = 0; i < d->count; i++)
		put_rule(&p, &d->rules[i]);
	put_answer(&p, 0);
	return p.count <= most ? (int)p.count : -E2BIG;
}

static int load(const struct devices *d)
{
	struct bpf_insn insns[INSNS_MOST];
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE };
	int count = devices_assemble(d, insns, ARRAY_LEN(insns)), fd;

	if (count < 0)
		return count;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = (uint32_t)count;
	attr.license = (uintptr_t)"MIT";
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)); /* it is close-on-exec by itself */
	return fd < 0 ? -errno : fd;
}

/* Programs of an earlier run, as after a crash, are taken off first: several would all have to allow. */
static void detach_all(int leaf)
{
	uint32_t ids[8] = { 0 };
	union bpf_attr query = { .query = { .attach_type = BPF_CGROUP_DEVICE } };

	query.query.target_fd = (uint32_t)leaf;
	query.query.prog_ids = (uintptr_t)ids;
	query.query.prog_cnt = ARRAY_LEN(ids);
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof(query)) < 0)
		return;
	for (uint32_t i = 0; i < query.query.prog_cnt; i++) {
		union bpf_attr attr = { .prog_id = ids[i] };
		cleanup_fd int fd = (int)syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));

		attr = (union bpf_attr){ .attach_type = BPF_CGROUP_DEVICE };
		attr.target_fd = (uint32_t)leaf;
		attr.attach_bpf_fd = (uint32_t)fd;
		syscall(SYS_bpf, BPF_PROG_DETACH, &attr, sizeof(attr));
	}
}

static int attach(int leaf, int program)
{
	union bpf_attr attr = { .attach_type = BPF_CGROUP_DEVICE, .attach_flags = BPF_F_ALLOW_MULTI };

	attr.target_fd = (uint32_t)leaf;
	attr.attach_bpf_fd = (uint32_t)program;
	return syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

static int limit_v2(const struct cgroup_home *home, const char *name, const struct devices *d, int *program)
{
	struct leaf_path path;
	cleanup_fd int leaf = openat(home->v2, leaf_path(&path, name, ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (leaf < 0)
		return -errno;
	if (*program < 0)
		*program = load(d);
	if (*program < 0)
		return *program;
	detach_all(leaf);
	return attach(leaf, *program);
}

/* -- v1 ----------------------------------------------------------------------------------------------------------- */

static void put_number(struct buf *b, int32_t n)
{
	if (n < 0)
		buf_char(b, '*');
	else
		buf_u64(b, (uint64_t)n);
}

/* "c 1:3 rw" */
static void put_v1_rule(struct buf *b, const struct device_rule *rule)
{
	buf_fmt(b, "%c ", rule->node.type);
	put_number(b, rule->node.major);
	buf_char(b, ':');
	put_number(b, rule->node.minor);
	buf_fmt(b, " %s%s%s", rule->access & DEVICE_READ ? "r" : "", rule->access & DEVICE_WRITE ? "w" : "",
		rule->access & DEVICE_MKNOD ? "m" : "");
}

static int allow_v1(const struct cgroup_home *home, const char *name, const struct device_rule *rule)
{
	BUF_ON_STACK(text, 48);

	put_v1_rule(&text, rule);
	return v1_write(home, CGROUP_V1_DEVICES, name, "devices.allow", buf_text(&text));
}

static int limit_v1(struct cgroup_home *home, const char *name, const struct devices *d)
{
	static const struct device_rule any[] = {
		{ { 'c', -1, -1 }, DEVICE_MKNOD },
		{ { 'b', -1, -1 }, DEVICE_MKNOD },
	};
	int err = home->v1[CGROUP_V1_DEVICES] < 0 ? v1_offer(home, CGROUP_V1_DEVICES) : 0;

	if (!err)
		err = v1_make_leaf(home, CGROUP_V1_DEVICES, name);
	if (!err)
		err = v1_write(home, CGROUP_V1_DEVICES, name, "devices.deny", "a");
	for (unsigned i = 0; i < ARRAY_LEN(any) && !err; i++)
		err = allow_v1(home, name, &any[i]);
	for (unsigned i = 0; i < d->count && !err; i++)
		err = allow_v1(home, name, &d->rules[i]);
	return err;
}

/* -- either ------------------------------------------------------------------------------------------------------- */

void cgroup_why_devices(int err, struct buf *why)
{
	if (err == -EPERM || err == -EACCES)
		buf_str(why, "minit needs CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, to hold devices back");
	else if (err == -ENOSYS || err == -EINVAL)
		buf_str(why, "this kernel cannot hold devices back; it needs CONFIG_CGROUP_BPF");
	else
		buf_str(why, cgroup_why_no_leaf(err));
}

static int count_programs(const struct cgroup_home *home, const char *leaf)
{
	union bpf_attr query = { .query = { .attach_type = BPF_CGROUP_DEVICE } };
	cleanup_fd int fd = openat(home->v2, leaf, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	query.query.target_fd = (uint32_t)fd;
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof(query)) < 0)
		return -errno;
	return (int)query.query.prog_cnt;
}

int cgroup_devices_found(const struct cgroup_home *home, const char *name)
{
	struct leaf_path path;
	char list[64];
	int programs = home->v2 >= 0 ? count_programs(home, leaf_path(&path, name, "")) : 0;
	ssize_t n = -ENOENT;

	if (!programs && home->v1[CGROUP_V1_DEVICES] >= 0)
		n = fd_read_file(home->v1[CGROUP_V1_DEVICES], leaf_path(&path, name, "devices.list"), list,
				 sizeof(list));
	if (n >= 0 || n == -EFBIG) /* the whole list of a leaf without rules is "a *:* rwm" */
		return n == -EFBIG || *list != 'a';
	return programs < 0 ? programs : programs > 0;
}

/* On a hybrid host the program is first choice: a leaf of v1 costs each start a move. */
int cgroup_devices(struct cgroup_home *home, const char *name, const struct devices *d, int *program, struct buf *why)
{
	int err = home->err ? home->err : -ENOSYS;

	if (ENABLED(CONFIG_CGROUP_V2) && home->v2 >= 0)
		err = limit_v2(home, name, d, program);
	if (ENABLED(CONFIG_CGROUP_V1) && err && !home->err && !limit_v1(home, name, d))
		err = 0;
	if (err)
		cgroup_why_devices(err, why);
	return err;
}
