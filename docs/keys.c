/*
 * What is made of services/keys.def beside the program: `keys man` fills the lines @KEYS SECTION@ of a page on standard
 * input, `keys schema` writes the JSON schema. Runs on the machine that builds.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SYSTEM = 1, BRIDGE = 2, SERVICE = 4, COMMON = 12, GROUP = 16, LINK = 32, NETWORK = 64 };

struct key {
	int sections;
	const char *name, *kind, *option;
	long low, high;
	const char *words, *later;
	bool has;
	const char *fallback, *want, *help;
};

enum { no, yes };

static const struct key keys[] = {
#define KEY(id, section, name, kind, field, option, low, high, words, later, has, fallback, want, help) \
	{ section, name, #kind, #option, low, high, words, later, has, fallback, want, help },
#include "services/keys.def"
#undef KEY
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static const struct {
	const char *name, *how, *v1, *help;
} limits[] = {
#define LIMIT(name, kind, v1, how, usual, help) { name, #how, v1, help },
#include "cgroup/limits.def"
#undef LIMIT
};

#define LIMITS (sizeof(limits) / sizeof(limits[0]))

static const char *const resources[] = {
#define RLIMIT(name, resource) name,
#include "services/rlimits.def"
#undef RLIMIT
};

#define RESOURCES (sizeof(resources) / sizeof(resources[0]))

static const struct {
	const char *id, *name, *words;
} groups[] = {
#define GROUP(id, name, words) { "G(" #id ")", name, words },
#define UNION(id, name, groups, words) { "", name, words },
#include "services/syscall_groups.def"
#undef GROUP
#undef UNION
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static const struct {
	const char *id, *caps, *words;
} reasons[] = {
#define REASON(id, caps, words) { #id, #caps, words },
#include "services/syscall_reasons.def"
#undef REASON
};

#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

static const struct {
	const char *name, *reason, *groups;
} calls[] = {
#define SYSCALL(name, x86_64, aarch64, reason, groups) { #name, #reason, #groups },
#include "services/syscalls.def"
#undef SYSCALL
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

/* -- the page --------------------------------------------------------------------------------------------------- */

/* Text for mdoc: no backslash, no quote and no dot at the beginning means more than itself. */
static void put_text(const char *s)
{
	if (*s == '.' || *s == '\'')
		printf("\\&");
	for (; *s; s++) {
		if (*s == '\\')
			printf("\\e");
		else if (*s == '"')
			printf("\\(dq");
		else if (*s == '-')
			printf("\\-");
		else
			putchar(*s);
	}
}

/* A new sentence stands on a line of its own. */
static void put_sentences(const char *s)
{
	const char *end;

	while ((end = strstr(s, ". "))) {
		char sentence[1024] = "";

		strncat(sentence, s, (size_t)(end + 1 - s));
		put_text(sentence);
		putchar('\n');
		s = end + 2;
	}
	put_text(s);
	putchar('\n');
}

/* TOML's 'literal strings' as most people write them. */
static void put_fallback(const struct key *k)
{
	char text[256] = "";

	strncat(text, k->fallback, sizeof(text) - 1);
	for (char *c = text; k->has && *c; c++)
		if (*c == '\'')
			*c = '"';
	put_text(text);
}

static void put_key(const struct key *k)
{
	printf(".It Ic %s", k->name);
	if (k->sections == SERVICE)
		printf(" Pq not in Bq defaults");
	putchar('\n');
	put_sentences(k->help);
	if (*k->want) {
		printf(".Pp\nWants ");
		put_text(k->want);
		printf(".\n");
	}
	if (*k->fallback && strcmp(k->kind, "LATER") != 0) {
		printf(".br\nDefault: ");
		put_fallback(k);
		printf(".\n");
	}
	if (strncmp(k->option, "CONFIG_", 7) == 0)
		printf(".br\nNeeds %s.\n", k->option);
}

static void put_keys(const char *section)
{
	int bit = !strcmp(section, "SYSTEM") ? SYSTEM : !strcmp(section, "BRIDGE") ? BRIDGE :
		  !strcmp(section, "NETWORK") ? NETWORK : !strcmp(section, "LINK") ? LINK : !strcmp(section, "GROUP") ? GROUP : SERVICE;

	printf(".Bl -tag -width Ds\n");
	for (size_t i = 0; i < KEYS; i++)
		if (keys[i].sections & bit && *keys[i].help)
			put_key(&keys[i]);
	printf(".El\n");
}

/* Where v1 has the same file, or minit itself does it, that is not worth a word. */
static void put_v1(const char *how, const char *v1)
{
	if (!strcmp(how, "NONE"))
		printf("Not on v1.\n");
	else if (*v1)
		printf("On v1\n.Ic %s .\n", v1);
}

static void put_limits(void)
{
	printf(".Bl -tag -width memory.high\n");
	for (size_t i = 0; i < LIMITS; i++) {
		printf(".It Ic %s\n", limits[i].name);
		put_sentences(limits[i].help);
		put_v1(limits[i].how, limits[i].v1);
	}
	printf(".El\n");
}

static void put_resources(void)
{
	for (size_t i = 0; i < RESOURCES; i++)
		printf(".Ic %s%s\n", resources[i], i + 1 < RESOURCES ? " ," : " .");
}

/* The calls that are of a group or refused for a reason, as one line. */
static void put_calls(const char *group, const char *reason)
{
	const char *comma = "";

	for (size_t i = 0; i < CALLS; i++) {
		if (*group ? !strstr(calls[i].groups, group) : strcmp(calls[i].reason, reason) != 0)
			continue;
		printf("%s%s", comma, calls[i].name);
		comma = ", ";
	}
	printf(".\n");
}

static void put_groups(void)
{
	printf(".Bl -tag -width Ds\n");
	for (size_t i = 0; i < GROUPS; i++) {
		printf(".It Ic @%s\n", groups[i].name);
		put_text(groups[i].words);
		printf("%s\n", *groups[i].id ? ":" : ".");
		if (*groups[i].id)
			put_calls(groups[i].id, "");
	}
	printf(".El\n");
}

/* "CAP(BPF) | CAP(SYS_ADMIN)" as they are called in a table. */
static void put_reason_caps(const char *caps)
{
	const char *comma = " Allowed with ";

	for (const char *at = caps; (at = strstr(at, "CAP(")); at++) {
		printf("%sCAP_%.*s", comma, (int)strcspn(at + 4, ")"), at + 4);
		comma = " or ";
	}
	if (comma[1] == 'o')
		printf(".\n");
}

static void put_reasons(void)
{
	printf(".Bl -tag -width Ds\n");
	for (size_t i = 0; i < REASONS; i++) {
		printf(".It ");
		put_text(reasons[i].words);
		printf("\n");
		put_calls("", reasons[i].id);
		put_reason_caps(reasons[i].caps);
	}
	printf(".El\n");
}

static int man(void)
{
	char line[1024], section[32];

	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "@KEYS %31[A-Z]@", section) == 1)
			put_keys(section);
		else if (!strcmp(line, "@LIMITS@\n"))
			put_limits();
		else if (!strcmp(line, "@RLIMITS@\n"))
			put_resources();
		else if (!strcmp(line, "@SYSCALL_GROUPS@\n"))
			put_groups();
		else if (!strcmp(line, "@SYSCALL_REASONS@\n"))
			put_reasons();
		else
			fputs(line, stdout);
	}
	return ferror(stdout);
}

/* -- the schema ------------------------------------------------------------------------------------------------- */

static void put_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		putchar(*s);
	}
	putchar('"');
}

static void put_enum(const char *words)
{
	printf("{\"enum\":[\"");
	for (; *words; words++)
		printf(*words == '|' ? "\",\"" : "%c", *words);
	printf("\"]}");
}

static void put_either(const char *one)
{
	printf("{\"anyOf\":[%s,{\"type\":\"array\",\"items\":%s}]}", one, one);
}

static void put_object(const char *values)
{
	printf("{\"type\":\"object\",\"additionalProperties\":%s}", values);
}

#define LINE "{\"type\":[\"string\",\"integer\",\"boolean\"]},{\"type\":\"array\",\"items\":{\"type\":[\"string\",\"integer\"]}}"

/* A value, or a table of what is behind the next dot. */
static void put_part(int depth)
{
	printf("{\"anyOf\":[" LINE);
	if (depth > 0) {
		printf(",{\"type\":\"object\",\"additionalProperties\":");
		put_part(depth - 1);
		printf("}");
	}
	printf("]}");
}

/* memory.max in quotes, or as max in memory. Only the kernel knows all files of a controller. */
static void put_limits_schema(void)
{
	printf("{\"type\":\"object\",\"propertyNames\":{\"pattern\":\"^(cgroup");
#define CONTROLLER(id, v1, v2, when) printf(*v2 ? "|%s" : "", v2);
#include "cgroup/controllers.def"
#undef CONTROLLER
	printf(")([.].+)?$\"},\"properties\":{");
	for (size_t i = 0; i < LIMITS; i++)
		printf("%s\"%s\":{\"anyOf\":[" LINE "]}", i ? "," : "", limits[i].name);
	printf("},\"additionalProperties\":");
	put_part(3);
	printf("}");
}

static void put_rlimits_schema(void)
{
	const char *one = "{\"type\":[\"string\",\"integer\"]}";

	printf("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
	for (size_t i = 0; i < RESOURCES; i++)
		printf("%s\"%s\":{\"anyOf\":[%s,{\"type\":\"object\",\"additionalProperties\":false,"
		       "\"required\":[\"soft\",\"hard\"],\"properties\":{\"soft\":%s,\"hard\":%s}}]}",
		       i ? "," : "", resources[i], one, one, one);
	printf("}}");
}

/* A profile by its word, or changed by lists. */
static void put_seccomp_schema(const char *words)
{
	static const char *const lists[] = { "allow", "deny", "log", "kill" };

	printf("{\"anyOf\":[");
	put_enum(words);
	printf(",{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"base\":");
	put_enum("default|strict|none|deny-all");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		printf(",\"%s\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":\"^@?[a-z0-9_-]+$\"}}", lists[i]);
	printf(",\"errno\":{\"type\":\"object\",\"additionalProperties\":{\"anyOf\":["
	       "{\"type\":\"string\",\"pattern\":\"^E[A-Z]+$\"},{\"type\":\"integer\",\"minimum\":0,\"maximum\":4095}]}}}}]}");
}

/* In any case, with or without CAP_ before it. */
static void put_caps_schema(void)
{
	const char *list = "{\"anyOf\":[{\"enum\":[\"all\"]},{\"type\":\"array\",\"items\":{\"type\":\"string\","
			   "\"pattern\":\"^[A-Za-z_]+$\"}}]}";

	printf("{\"anyOf\":[{\"enum\":[\"default\"]},%s,{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
	       "\"bounding\":%s,\"permitted\":%s,\"effective\":%s,\"inheritable\":%s,\"ambient\":%s}}]}",
	       list, list, list, list, list, list);
}

static void put_sched_schema(void)
{
	const char *time = "{\"type\":\"string\",\"pattern\":\"^[0-9]+(ns|us|ms|s)$\"}";

	printf("{\"anyOf\":[{\"type\":\"string\",\"pattern\":\"^(other|batch|idle|(fifo|rr):[0-9]+)$\"},{\"type\":\"object\","
	       "\"additionalProperties\":false,\"required\":[\"policy\"],\"properties\":{"
	       "\"policy\":{\"enum\":[\"other\",\"batch\",\"idle\",\"fifo\",\"rr\",\"deadline\"]},"
	       "\"priority\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":99},"
	       "\"runtime\":%s,\"deadline\":%s,\"period\":%s,\"reset_on_fork\":{\"type\":\"boolean\"}}}]}",
	       time, time, time);
}

static bool is_kind(const struct key *k, const char *kind)
{
	return !strcmp(k->kind, kind);
}

static void put_mounts_schema(void)
{
	static const char *const flags[] = { "readonly", "nosuid", "nodev", "noexec", "idmap" };

	printf("{\"type\":\"object\",\"propertyNames\":{\"pattern\":\"^/.\"},\"additionalProperties\":{\"anyOf\":["
	       "{\"type\":\"string\",\"pattern\":\"^(/|(tmpfs|masked|readonly)$)\"},{\"type\":\"object\","
	       "\"additionalProperties\":false,\"properties\":{\"bind\":{\"type\":\"string\",\"pattern\":\"^/\"},"
	       "\"rbind\":{\"type\":\"string\",\"pattern\":\"^/\"},\"tmpfs\":{\"type\":[\"string\",\"boolean\"]},"
	       "\"mode\":{\"type\":\"string\",\"pattern\":\"^[0-7]+$\"},"
	       "\"propagation\":{\"enum\":[\"private\",\"slave\",\"shared\"]}");
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		printf(",\"%s\":{\"type\":\"boolean\"}", flags[i]);
	printf("}}]}}");
}

static void put_join_schema(const struct key *k)
{
	printf("{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"service\",\"namespaces\"],"
	       "\"properties\":{\"service\":{\"type\":\"string\"},\"namespaces\":{\"type\":\"array\",\"minItems\":1,"
	       "\"items\":");
	put_enum(k->words);
	printf("}}}");
}

/* A text or several. */
static bool is_texts(const struct key *k)
{
	static const char *const names[] = { "address", "gateway", "ports", "allow", "routes", "dns", "search", "also" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(k->name, "network.", 8) && !strcmp(k->name + 8, names[i]))
			return true;
	return false;
}

static void put_value(const struct key *k)
{
	const char *file = "{\"type\":\"string\",\"pattern\":\"^-?/\"}", *text = "{\"type\":\"string\"}";

	if (is_kind(k, "LATER"))
		printf("{\"not\":{}}");
	else if (is_kind(k, "BOOL"))
		printf("{\"type\":\"boolean\"}");
	else if (is_kind(k, "MAC"))
		printf("{\"type\":\"string\",\"pattern\":\"^[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}$\"}");
	else if (is_kind(k, "COUNT"))
		printf("{\"type\":\"integer\",\"minimum\":%ld,\"maximum\":%ld}", k->low, k->high);
	else if (is_kind(k, "DURATION"))
		printf("{\"type\":\"string\",\"pattern\":\"^[0-9]+([.][0-9]+)?(ms|s|m|h|d)?$\"}");
	else if (is_kind(k, "PERCENT"))
		printf("{\"type\":\"string\",\"pattern\":\"^[0-9]+%%$\"}");
	else if (is_kind(k, "CALM"))
		printf("{\"type\":\"string\",\"pattern\":\"^((some|full) )?[0-9]+([.][0-9]{1,2})?%%(/(10s(ec)?|1m(in)?|5m(in)?))?$\"}");
	else if (is_kind(k, "MODE"))
		printf("{\"type\":\"string\",\"pattern\":\"^0*[0-7]{1,%d}$\"}", k->high > 0777 ? 4 : 3);
	else if (is_kind(k, "PATH") || !strcmp(k->name, "output.file"))
		printf("{\"type\":\"string\",\"pattern\":\"^/\"}");
	else if (is_kind(k, "HOSTNAME"))
		printf("{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$\"}");
	else if (is_kind(k, "OFFSET"))
		printf("{\"type\":\"string\",\"pattern\":\"^-?[0-9]+([.][0-9]+)?(ms|s|m|h|d)?$\"}");
	else if (is_kind(k, "OVERLAY"))
		printf("{\"type\":\"string\",\"pattern\":\"^(tmpfs|/[^,:]*)$\"}");
	else if (is_kind(k, "NODES"))
		printf("{\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":\"^/dev/.\"}}");
	else if (is_kind(k, "DIRECTORIES"))
		put_either("{\"type\":\"string\",\"pattern\":\"^[^/]\"}");
	else if (is_kind(k, "SECRETS"))
		put_object("{\"type\":\"string\",\"pattern\":\"^/\"}");
	else if (is_kind(k, "MOUNTS"))
		put_mounts_schema();
	else if (is_kind(k, "JOIN"))
		put_join_schema(k);
	else if (!strcmp(k->name, "userns.uid") || !strcmp(k->name, "userns.gid"))
		put_either("{\"type\":\"string\",\"pattern\":\"^ *[0-9]+ +[0-9]+ +[0-9]+ *$\"}");
	else if (!strncmp(k->name, "userns.", 7))
		printf("{\"type\":\"boolean\"}");
	else if (is_kind(k, "NAMESPACES") || is_kind(k, "BITS") || is_kind(k, "PERSONALITY")) {
		printf("{\"type\":\"array\",\"items\":");
		put_enum(k->words);
		printf("}");
	} else if (is_kind(k, "SECCOMP"))
		put_seccomp_schema(k->words);
	else if (is_kind(k, "SIGNED"))
		printf("{\"type\":\"integer\",\"minimum\":%ld,\"maximum\":%ld}", -k->low, k->high);
	else if (is_kind(k, "PORTS"))
		printf("{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":65535}}");
	else if (is_kind(k, "DEVICES"))
		printf("{\"anyOf\":[{\"enum\":[\"any\"]},{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":1}}]}");
	else if (is_kind(k, "CAPS"))
		put_caps_schema();
	else if (is_kind(k, "SCHED"))
		put_sched_schema();
	else if (is_kind(k, "IOPRIO"))
		printf("{\"type\":\"string\",\"pattern\":\"^(idle|(realtime|best-effort):[0-7])$\"}");
	else if (is_kind(k, "CPUS"))
		printf("{\"type\":\"string\",\"pattern\":\"^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$\"}");
	else if (is_kind(k, "NUMA"))
		printf("{\"type\":\"string\",\"pattern\":\"^(local|[a-z-]+:[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*)$\"}");
	else if (*k->words)
		put_enum(k->words);
	else if (is_kind(k, "USER"))
		printf("{\"type\":[\"string\",\"integer\"]}");
	else if (is_kind(k, "USERS"))
		printf("{\"type\":\"array\",\"items\":{\"type\":[\"string\",\"integer\"]}}");
	else if (is_kind(k, "COMMAND"))
		printf("{\"type\":\"array\",\"minItems\":1,\"items\":%s}", text);
	else if (is_kind(k, "SERVICES") || is_kind(k, "ONLINE"))
		printf("{\"type\":\"array\",\"items\":%s}", text);
	else if (is_kind(k, "FILES"))
		put_either(file);
	else if (is_kind(k, "ADDRESSES") || is_texts(k))
		put_either(text);
	else if (!strcmp(k->name, "network.mtu"))
		printf("{\"type\":\"integer\",\"minimum\":%ld,\"maximum\":%ld}", k->low, k->high);
	else if (!strcmp(k->name, "network.mac"))
		printf("{\"type\":\"string\",\"pattern\":\"^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$\"}");
	else if (!strcmp(k->name, "network.rate"))
		printf("{\"type\":\"object\",\"propertyNames\":{\"pattern\":\"^(in|out)$\"},"
		       "\"additionalProperties\":{\"type\":\"string\",\"pattern\":\"^[0-9]+[KMG]?$\"}}");
	else if (!strcmp(k->name, "network.hosts"))
		put_object("{\"type\":[\"string\",\"array\"]}");
	else if (!strcmp(k->name, "network.sysctl") || is_kind(k, "SETTINGS"))
		printf("{\"type\":\"object\",\"propertyNames\":{\"pattern\":\"^net([.]|$)\"}}");
	else if (is_kind(k, "ENVIRONMENT"))
		put_object("{\"type\":[\"string\",\"integer\"]}");
	else if (is_kind(k, "RLIMITS"))
		put_rlimits_schema();
	else if (is_kind(k, "LIMITS"))
		put_limits_schema();
	else
		printf("{\"type\":\"string\",\"minLength\":1}");
}

static void put_described(const struct key *k)
{
	printf("{\"description\":");
	put_string(k->help);
	printf(",\"allOf\":[");
	put_value(k);
	printf("]}");
}

static bool is_below(const struct key *k, const struct key *parent)
{
	size_t n = strlen(parent->name);

	return !strncmp(k->name, parent->name, n) && k->name[n] == '.';
}

static bool has_below(const struct key *parent, int bit)
{
	for (size_t i = 0; i < KEYS; i++)
		if (keys[i].sections & bit && is_below(&keys[i], parent))
			return true;
	return false;
}

/* The keys below one, as a table. */
static void put_table(const struct key *parent, int bit)
{
	bool first = true;

	printf("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
	for (size_t i = 0; i < KEYS; i++) {
		if (!(keys[i].sections & bit) || !is_below(&keys[i], parent))
			continue;
		printf("%s\n\"%s\":", first ? "" : ",", keys[i].name + strlen(parent->name) + 1);
		put_described(&keys[i]);
		first = false;
	}
	printf("}}");
}

static void put_property(const struct key *k, int bit)
{
	printf("\"%s\":", k->name);
	if (!has_below(k, bit)) {
		put_described(k);
	} else if (is_kind(k, "GROUP")) {
		put_table(k, bit);
	} else {
		printf("{\"anyOf\":[");
		put_described(k);
		printf(",");
		put_table(k, bit);
		printf("]}");
	}
}

/* The keys of a section, as properties. */
static void put_keys_of(int bit, int all)
{
	bool first = true;

	for (size_t i = 0; i < KEYS; i++) {
		if ((keys[i].sections & all) != all || !(keys[i].sections & bit) || strchr(keys[i].name, '.'))
			continue;
		printf("%s\n", first ? "" : ",");
		put_property(&keys[i], all == COMMON ? COMMON & ~SERVICE : bit);
		first = false;
	}
}

static void put_section(int bit, int all)
{
	printf("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
	put_keys_of(bit, all);
	printf("}}");
}

static int schema(void)
{
	printf("{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"title\":\"minit service table\","
	       "\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\n\"system\":");
	put_section(SYSTEM, SYSTEM);
	printf(",\n\"defaults\":");
	put_section(SERVICE, COMMON);
	printf(",\n\"group\":{\"type\":\"object\",\"additionalProperties\":");
	put_section(GROUP, GROUP);
	printf("},\n\"network\":{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
	put_keys_of(NETWORK, NETWORK);
	printf(",\"bridge\":{\"type\":\"object\",\"additionalProperties\":");
	put_section(BRIDGE, BRIDGE);
	printf("},\"link\":{\"type\":\"object\",\"additionalProperties\":");
	put_section(LINK, LINK);
	printf("}}},\n\"service\":{\"type\":\"object\",\"additionalProperties\":");
	put_section(SERVICE, SERVICE);
	printf("}}}\n");
	return ferror(stdout);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "man"))
		return man();
	if (argc == 2 && !strcmp(argv[1], "schema"))
		return schema();
	fprintf(stderr, "usage: keys man | schema\n");
	return 2;
}
