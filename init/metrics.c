/* `minit metrics`: the rows of `minit status` in the text format of Prometheus, 0.0.4. */
#include <string.h>

#include "init/options.h"
#include "init/rows.h"
#include "init/say.h"
#include "init/verbs.h"

enum of { MINIT, SERVICE };

static const struct metric {
	const char *name, *type, *help;
	enum of of;
	uint32_t offset, scale; /* of the int64_t in its struct */
} metrics[] = {
#define OF_MINIT(member) offsetof(struct rows, member)
#define OF_SERVICE(member) offsetof(struct row, member)
#define METRIC(name, type, of, member, scale, help) { "minit_" #name, #type, help, of, OF_##of(member), scale },
#include "init/metrics.def"
#undef METRIC
};

static void say_head(const char *name, const char *type, const char *help)
{
	say("# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static unsigned places(uint32_t scale)
{
	unsigned n = 0;

	for (; scale > 1; scale /= 10)
		n++;
	return n;
}

static void say_value(int64_t value, uint32_t scale)
{
	if (scale == 1)
		say(" %lld\n", (long long)value);
	else
		say(" %lld.%0*lld\n", (long long)(value / scale), (int)places(scale), (long long)(value % scale));
}

static int64_t value_of(const struct metric *m, const void *at)
{
	int64_t value;

	memcpy(&value, (const char *)at + m->offset, sizeof(value));
	return value;
}

static bool any_has(const struct metric *m, const struct rows *r)
{
	bool any = m->of == MINIT;

	for (size_t i = 0; i < r->count && !any; i++)
		any = value_of(m, &r->all[i]) >= 0;
	return any;
}

/* Names of services need no escaping: services/names.c. */
static void say_metric(const struct metric *m, const struct rows *r)
{
	if (!any_has(m, r))
		return;
	say_head(m->name, m->type, m->help);
	if (m->of == MINIT) {
		say("%s", m->name);
		say_value(value_of(m, r), m->scale);
		return;
	}
	for (size_t i = 0; i < r->count; i++) {
		if (value_of(m, &r->all[i]) < 0)
			continue;
		say("%s{service=\"%s\"}", m->name, r->all[i].name);
		say_value(value_of(m, &r->all[i]), m->scale);
	}
}

/* One of the states of a service is 1 and the others are 0, as a set of states is told there. */
static void say_states(const struct rows *r)
{
	say_head("minit_service_state", "gauge", "1 for the state that the service is in.");
	for (size_t i = 0; i < r->count; i++)
		for (unsigned s = 0; s < STATE_COUNT; s++)
			say("minit_service_state{service=\"%s\",state=\"%s\"} %d\n", r->all[i].name, state_name(s),
			    !strcmp(r->all[i].state, state_name(s)));
}

int metrics_main(int argc, char **argv)
{
	static struct rows rows;
	int status;

	argc = options_take(argc, argv, NULL, 0);
	status = rows_ask(&rows, argv + 1, argc - 1, false);
	if (status)
		return status - 1;
	say_head("minit_info", "gauge", "1; what runs here.");
	say("minit_info{version=\"%s\",mode=\"%s\"} 1\n", rows.version, rows.mode);
	if (rows.count)
		say_states(&rows);
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
		say_metric(&metrics[i], &rows);
	say_flush();
	return 0;
}
