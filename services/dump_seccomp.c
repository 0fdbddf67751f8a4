/* A program of seccomp for people: what becomes of each call, found by running it. */
#include "services/seccomp.h"

/* Of each call that this architecture has. */
struct answers {
	uint32_t of[SYSCALL_COUNT];
	bool is_told[SYSCALL_COUNT];
};

static void put_answer(struct buf *b, uint32_t then)
{
	int err = (int)(then & SECCOMP_RET_DATA);

	switch (then & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW: buf_str(b, "\"allow\""); break;
	case SECCOMP_RET_LOG: buf_str(b, "\"log\""); break;
	case SECCOMP_RET_KILL_PROCESS: buf_str(b, "\"kill\""); break;
	case SECCOMP_RET_ERRNO:
		if (errno_name(err))
			buf_json(b, errno_name(err));
		else
			buf_fmt(b, "\"errno %d\"", err);
		break;
	default: buf_str(b, "\"by its arguments\""); break;
	}
}

static uint32_t count_of(const struct answers *a, uint32_t answer)
{
	uint32_t count = 0;

	for (int id = 0; id < SYSCALL_COUNT; id++)
		count += !a->is_told[id] && a->of[id] == answer;
	return count;
}

/* The answer that is given most often: its calls are not told one by one. */
static uint32_t most_given(const struct answers *a)
{
	uint32_t left = 0, most = 0, answer = 0;

	for (int id = 0; id < SYSCALL_COUNT; id++)
		left += !a->is_told[id];
	for (int id = 0; id < SYSCALL_COUNT && most * 2 <= left; id++) {
		uint32_t count = a->is_told[id] ? 0 : count_of(a, a->of[id]);

		answer = count > most ? a->of[id] : answer;
		most = MAX(most, count);
	}
	return answer;
}

static void put_calls(struct buf *b, struct answers *a, uint32_t answer)
{
	const char *comma = "";

	buf_char(b, ',');
	put_answer(b, answer);
	buf_str(b, ":[");
	for (int id = 0; id < SYSCALL_COUNT; id++) {
		if (a->is_told[id] || a->of[id] != answer)
			continue;
		a->is_told[id] = true;
		buf_str(b, comma);
		buf_json(b, syscall_name((enum syscall_id)id));
		comma = ",";
	}
	buf_char(b, ']');
}

static void put_key(struct buf *b, const char *name, uint32_t answer)
{
	buf_fmt(b, ",\"%s\":", name);
	put_answer(b, answer);
}

void seccomp_dump(const struct sock_filter *code, uint32_t count, struct buf *b)
{
	struct answers a = { 0 };
	uint32_t most;

	for (int id = 0; id < SYSCALL_COUNT; id++) {
		int number = syscall_number((enum syscall_id)id, SYSCALLS_NATIVE);

		a.is_told[id] = number < 0;
		if (number >= 0)
			a.of[id] = seccomp_run(code, (uint32_t)number, SYSCALLS_NATIVE);
	}
	most = most_given(&a);
	buf_fmt(b, "{\"instructions\":%u", count);
	put_key(b, "unknown", seccomp_run(code, SYSCALL_NUMBERS, SYSCALLS_NATIVE));
	put_key(b, "most", most);
	for (int id = 0; id < SYSCALL_COUNT; id++)
		if (!a.is_told[id] && a.of[id] != most)
			put_calls(b, &a, a.of[id]);
	buf_char(b, '}');
}
