/* The tool's verbs for what is to hold in a leaf: it reads what people write, minit gets the kernel's own text. */
#include <errno.h>
#include <string.h>

#include "cgroup/cgroup.h"
#include "init/client.h"
#include "init/options.h"
#include "init/say.h"
#include "init/verbs.h"
#include "lib/enabled.h"
#include "services/table.h"

#define REQUEST_MOST 239 /* of minit's side: services/state.h */

/* What the request says: a disk is looked up here, where its path means something. */
static bool put_value(struct buf *request, const char *file, const char *value)
{
	BUF_ON_STACK(text, 192);
	BUF_ON_STACK(disk, 192);
	const char *want = "";
	int err = limit_text(file, value, &text, &want);

	if (err)
		complain("%s: found \"%s\"; wants %s", file, value, want);
	if (err || *buf_text(&text) != '/') {
		buf_str(request, buf_text(&text));
		return !err;
	}
	err = node_disk(buf_text(&text), &disk);
	if (err)
		complain("%s: %s: %s", file, value, strerror(-err));
	buf_str(request, buf_text(&disk));
	return !err;
}

static bool is_file(const char *file)
{
	const char *nearest = limit_nearest(file);
	int err = limit_file(file);

	if (!err && !nearest)
		return true;
	if (err == -EPERM) {
		complain("%s: %s", file, limit_refusal(file));
		return false;
	}
	complain("%s: no file of a limit%s%s%s", file, nearest ? "; did you mean \"" : "",
		 nearest ? nearest : ", such as memory.max", nearest ? "\"?" : "");
	return false;
}

/* The request of one FILE=VALUE; false when it is not such, which is told. */
static bool put_request(struct buf *request, const char *name, const char *word)
{
	const char *equals = strchr(word, '=');
	BUF_ON_STACK(file, 80);

	buf_add(&file, word, equals ? (size_t)(equals - word) : 0);
	if (buf_check(&file) || !file.len) {
		complain("\"%s\" is not FILE=VALUE, such as memory.max=128M", word);
		return false;
	}
	buf_fmt(request, "set %s %s ", name, buf_text(&file));
	if (!is_file(buf_text(&file)) || !put_value(request, buf_text(&file), equals + 1))
		return false;
	if (buf_check(request)) {
		complain("%s: the value is too long", buf_text(&file));
		return false;
	}
	return true;
}

static int ask_one(const char *name, const char *word)
{
	BUF_ON_STACK(request, REQUEST_MOST);

	return put_request(&request, name, word) ? client_ask(buf_text(&request)) : 2;
}

/* All that is wrong is told before anything is changed. */
static bool all_are_good(const char *name, char **words)
{
	bool good = true;

	for (; *words; words++) {
		BUF_ON_STACK(request, REQUEST_MOST);

		good &= put_request(&request, name, *words);
	}
	return good;
}

/* One request for each FILE=VALUE, in the order in which they are given, until minit refuses one. */
int set_main(int argc, char **argv)
{
	int status = 0;

	argc = options_take(argc, argv, NULL, 0);
	if (argc < 3)
		usage_error(argv[0], "it wants the name of a service, or group. and that of a group, and FILE=VALUE");
	if (!ENABLED(CONFIG_CGROUP) || !all_are_good(argv[1], argv + 2))
		return 2;
	for (int i = 2; i < argc && !status; i++)
		status = ask_one(argv[1], argv[i]);
	return status;
}

int pause_main(int argc, char **argv)
{
	BUF_ON_STACK(request, REQUEST_MOST);

	argc = options_take(argc, argv, NULL, 0);
	if (argc < 2)
		usage_error(argv[0], "it wants the name of a service");
	for (int i = 0; i < argc; i++)
		buf_fmt(&request, i ? " %s" : "%s", argv[i]);
	if (buf_check(&request))
		usage_error(argv[0], "these are too many names");
	return client_ask(buf_text(&request));
}
