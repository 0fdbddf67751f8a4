#include <errno.h>
#include <string.h>

#include "init/answers.h"
#include "init/control.h"
#include "init/exchange.h"
#include "init/insight.h"
#include "init/probe.h"
#include "init/report.h"
#include "init/request.h"
#include "init/shutdown.h"
#include "init/uplinks.h"

bool answer_version(struct supervisor *sv, struct client *c)
{
	BUF_ON_STACK(line, REPORT_LINE);

	report_minit(sv, &line);
	(void)request_send(c, &line);
	return request_ok(sv, c);
}

static bool end_all(struct supervisor *sv, struct client *c, enum goal goal)
{
	shutdown_begin(sv, sv->state->mode == MODE_MACHINE ? goal : GOAL_EXIT, 0);
	return request_ok(sv, c);
}

bool answer_poweroff(struct supervisor *sv, struct client *c)
{
	return end_all(sv, c, GOAL_POWEROFF);
}

bool answer_halt(struct supervisor *sv, struct client *c)
{
	return end_all(sv, c, GOAL_HALT);
}

bool answer_reboot(struct supervisor *sv, struct client *c)
{
	if (sv->state->mode == MODE_MACHINE)
		return end_all(sv, c, GOAL_REBOOT);
	request_refuse(c, "reboot: minit is not PID 1 of a machine here; use poweroff, and let what started "
			  "it start it again");
	return false;
}

bool answer_reexec(struct supervisor *sv, struct client *c)
{
	return probe_begin(sv, c);
}

/* "lease LINK on|off": what `minit lease` has put into force; before that it asks "lease LINK may". 6: by DHCPv6. */
bool answer_lease(struct supervisor *sv, struct client *c)
{
	const char *link = request_name(c);
	const char *word = link ? request_word(c, request_after(c, request_after(c, 0))) : NULL;
	static const char words[][5] = { "off", "on", "may", "off6", "on6", "may6" }; /* as enum lease */
	size_t what = 0;

	while (word && what < ARRAY_LEN(words) && strcmp(word, words[what]) != 0)
		what++;
	if (!word || what == ARRAY_LEN(words))
		request_refuse(c, "lease: wants LINK on|off|may, or the same with a 6");
	else if (uplinks_lease(sv, link, (enum lease)what))
		request_refuse(c, "lease: %s: the table has no link of this name with address = \"dhcp%s\"", link,
			       what < LEASE_OFF6 ? "" : "6");
	else
		return request_ok(sv, c);
	return false;
}

bool answer_isolation(struct supervisor *sv, struct client *c)
{
	if (!request_names_any(sv, c))
		return false;
	if (!insight_send(sv, c, request_service(sv, c, request_after(c, 0))))
		return request_ok(sv, c);
	return false;
}

/* "net" alone: what `minit net` has to know before it can name a service. */
bool answer_net(struct supervisor *sv, struct client *c)
{
	if (request_name(c))
		return answer_isolation(sv, c);
	return !insight_send(sv, c, INSIGHT_NOBODY) && request_ok(sv, c);
}

bool answer_table(struct supervisor *sv, struct client *c)
{
	return !insight_send(sv, c, INSIGHT_NOBODY) && request_ok(sv, c);
}

/* The image of the table comes with the request. */
bool answer_reload(struct supervisor *sv, struct client *c)
{
	int fd = control_take_passed();

	if (fd >= 0)
		return exchange_begin(sv, c, fd);
	request_refuse(c, "reload: no table came with it; ask by `minit reload`");
	return false;
}

/* -- which verb -------------------------------------------------------------------------------- */

enum who { ANYONE, OWNER };

static const struct {
	const char *word;
	answer_fn *answer;
	enum who who;
} verbs[] = {
#define VERB(word, option, main, answer, who, ...) { #word, answer, who },
#include "init/verbs.def"
#undef VERB
	{ "isolation", answer_isolation, OWNER },
	{ "table", answer_table, OWNER },
};

bool request_begin(struct supervisor *sv, struct client *c)
{
	if (!request_split(c)) {
		request_refuse(c, "request: not a line of words; see minit(8)");
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (!verbs[i].answer || strcmp(verbs[i].word, c->line))
			continue;
		if (verbs[i].who == ANYONE || c->trusted)
			return verbs[i].answer(sv, c);
		request_refuse(c, "%s: %s: only root and the user minit runs as may do that", c->line,
			       strerror(EPERM));
		return false;
	}
	request_refuse(c, "%s: minit has no answer to this verb", c->line);
	return false;
}
