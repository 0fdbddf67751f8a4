/* Minit's own network as a whole: settings, and rules of policy routing in words as those of ip-rule(8). */
#include <linux/fib_rules.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/addr.h"
#include "lib/text.h"
#include "services/address.h"
#include "services/routes.h"
#include "services/sysctls.h"

#define FIRST_PRIORITY 10000 /* of rules without one, which come in the order of the table */

/* Kept for own_finish. */
bool take_settings(struct section *s, const struct key *key, const struct toml *node, void *field)
{
	(void)s, (void)key, (void)field;
	return node->type == TOML_TABLE;
}

/* -- rules --------------------------------------------------------------------------------------------------------- */

static const struct {
	char name[12];
	uint8_t action;
} actions[] = {
#define REFUSAL(word, NAME) { #word, FR_ACT_##NAME },
#include "net/refusals.def"
#undef REFUSAL
};

/* "10.77.0.1/24" */
static bool is_host_of_net(const char *word)
{
	struct addr a;

	return !text_addr(word, &a) && !addr_is_net(&a);
}

static bool take_net(const char *text, struct addr *net)
{
	return !net->family && !text_addr(text, net) && addr_is_net(net);
}

static bool take_link(const char *text, char *name)
{
	if (*name || !ifname_is_good(text))
		return false;
	memcpy(name, text, strlen(text) + 1);
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Decimal, or hexadecimal behind 0x; up to `end`, one character or NUL. */
static bool take_hex(const char **text, char end, uint32_t *ret)
{
	char *behind;
	unsigned long n;

	if (!is_digit(**text) || (**text == '0' && is_digit((*text)[1])))
		return false;
	n = strtoul(*text, &behind, 0);
	if (*behind != end || n > UINT32_MAX)
		return false;
	*text = behind + (end != 0);
	*ret = (uint32_t)n;
	return true;
}

/* MARK or MARK/MASK */
static bool take_mark(const char *text, struct net_iprule *r)
{
	bool masked = strchr(text, '/') != NULL;

	if (r->fwmask)
		return false;
	r->fwmask = UINT32_MAX;
	return take_hex(&text, masked ? '/' : '\0', &r->fwmark) && (!masked || take_hex(&text, '\0', &r->fwmask)) &&
	       r->fwmask && !(r->fwmark & ~r->fwmask);
}

static bool take_table(const char *text, struct net_iprule *r)
{
	if (r->action)
		return false;
	r->action = FR_ACT_TO_TBL;
	return take_number(text, &r->table);
}

static bool take_pair(const char *name, const char *value, struct net_iprule *r)
{
	if (!strcmp(name, "from"))
		return take_net(value, &r->from);
	if (!strcmp(name, "to"))
		return take_net(value, &r->to);
	if (!strcmp(name, "iif"))
		return take_link(value, r->iif);
	if (!strcmp(name, "oif"))
		return take_link(value, r->oif);
	if (!strcmp(name, "fwmark"))
		return take_mark(value, r);
	if (!strcmp(name, "priority"))
		return take_number(value, &r->priority);
	return !strcmp(name, "table") && take_table(value, r);
}

static bool take_action(const char *word, struct net_iprule *r)
{
	for (size_t i = 0; i < ARRAY_LEN(actions) && !r->action; i++)
		if (!strcmp(actions[i].name, word)) {
			r->action = actions[i].action;
			return true;
		}
	return false;
}

/* "not" of it would be nothing. */
static bool has_no_condition(const struct net_iprule *r)
{
	return !r->from.family && !r->to.family && !r->iif[0] && !r->oif[0] && !r->fwmask;
}

static bool read_rule(const char *text, struct net_iprule *ret)
{
	struct net_iprule r = { .action = 0 };
	BUF_ON_STACK(word, 64);
	BUF_ON_STACK(value, 64);

	while (text_word(&text, &word)) {
		if (!strcmp(buf_text(&word), "not") && !r.inverted)
			r.inverted = 1;
		else if (!take_action(buf_text(&word), &r) &&
			 (!text_word(&text, &value) || !take_pair(buf_text(&word), buf_text(&value), &r)))
			return false;
	}
	*ret = r;
	return !*text && !buf_check(&word) && r.action && !(r.inverted && has_no_condition(&r)) &&
	       (!r.from.family || !r.to.family || r.from.family == r.to.family);
}

/* The kernel has it once. */
static bool is_there(const struct net_iprule *rules, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!memcmp(&rules[i], &rules[n], sizeof(rules[n])))
			return true;
	return false;
}

static void refuse_rule(struct compile *c, const struct draft *d, const struct key *key, const struct toml *node)
{
	const char *text = node->text;
	BUF_ON_STACK(word, 64);

	while (text_word(&text, &word))
		if (is_host_of_net(buf_text(&word))) {
			refuse(c, node, "%s: rules: %.80s: the net has bits behind its prefix; clear them, or write it "
			       "without a prefix for one host", d->title, node->text);
			return;
		}
	refuse(c, node, "%s: rules: found \"%.80s\"; wants %s", d->title, node->text, key_text(key, KEY_WANT));
}

static void take_rules(struct compile *c, const struct draft *d, enum key_id id, struct net_iprule *rules, uint32_t *n)
{
	const struct toml *list = d->nodes[id];
	const struct key *key = key_by_id(id);

	for (const struct toml *e = text_first(list); e; e = text_next(list, e)) {
		if (*n == TABLE_IPRULES_MAX) {
			refuse(c, e, "%s: rules: more than %d of them in the table", d->title, TABLE_IPRULES_MAX);
		} else if (!read_rule(e->text, &rules[*n])) {
			refuse_rule(c, d, key, e);
		} else if (is_there(rules, *n)) {
			refuse(c, e, "%s: rules: \"%.80s\" stands there twice; remove one", d->title, e->text);
		} else {
			if (!rules[*n].priority)
				rules[*n].priority = FIRST_PRIORITY + *n;
			++*n;
		}
	}
}

void own_finish(struct compile *c)
{
	const struct toml *sysctls = c->own.nodes[KEY_OWN_SYSCTL];
	struct net_iprule *rules = arena_array(c->work, struct net_iprule, TABLE_IPRULES_MAX);
	uint32_t n = 0;

	c->table->sysctls = sysctls_take(c, &c->own, KEY_OWN_SYSCTL, sysctls, contrary_own, NULL);
	take_rules(c, &c->own, KEY_OWN_RULES, rules, &n);
	for (uint32_t i = 0; i < c->links.count; i++)
		take_rules(c, &c->links.drafts[i], KEY_LINK_RULES, rules, &n);
	c->table->iprules = image_array(c, rules, n);
}
