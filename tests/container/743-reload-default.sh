#!/bin/bash
# A new table where minit finds it by itself: files that have come, and the command line beside them.
set -u
. tests/container/ct.sh

mkdir -p "$ct_dir/etc/minit/conf.d"
cp /etc/passwd /etc/group "$ct_dir/etc"
cat >"$ct_dir/etc/minit/minit.toml" <<TOML
[service.beside]
exec = ["/bin/sleep", "1000"]
TOML
ct_start sh -c 'mount --bind "$1/etc" /etc; shift; exec "$@"' sh "$ct_dir" "$MINIT" \
	/bin/sh -c "until [ -e $ct_dir/end ]; do sleep 0.02; done; exit 5"
ct_up
ct_is "it runs" main:up beside:up
before=$(ct_field main pid),$(ct_field beside pid)
is "$(ct_in "$MINIT" reload)" "nothing is different" "nothing has come"
cat >"$ct_dir/etc/minit/conf.d/10-more.toml" <<TOML
[service.more]
exec = ["/bin/sleep", "1000"]
[service.beside]
restart = "always"
TOML
is "$(ct_in "$MINIT" reload | sort | tr '\n' ';')" "beside: taken note of: restart;more: it is new: started;" "a file that has come is read"
ct_is "what it has is started" more:up
is "$(ct_field main pid),$(ct_field beside pid)" "$before" "and the others run on"
is "$(ct_in "$MINIT" reload)" "nothing is different" "once"
ct_outside=$(ct_outer beside)
kill -TERM "$(cat "/proc/$ct_outside/task/"*/children | tr -d ' ')"
ct_is "what was taken note of holds" beside:up 'beside:restarts>=1'
rm "$ct_dir/etc/minit/conf.d/10-more.toml"
is "$(ct_in "$MINIT" reload | sort | tr '\n' ';')" "beside: taken note of: restart;more: it is gone: stopped;" "what is gone is stopped"
rm "$ct_dir/etc/minit/minit.toml"
ct_in "$MINIT" reload >"$ct_dir/said" 2>&1
is "$?:$(cat "$ct_dir/said")" "1:/etc/minit/minit.toml: cannot be read: No such file or directory: correct its name, or write it; minit.toml(5) has an example" \
	"no table at all is no reason to stop everything"
cat >"$ct_dir/etc/minit/minit.toml" <<TOML
[service.main]
exec = ["/bin/sleep", "1000"]
TOML
ct_in "$MINIT" reload >"$ct_dir/said" 2>&1
is "$?:$(cut -d: -f1,4,5 "$ct_dir/said")" '1:/etc/minit/minit.toml: service.main: the command line "/bin/sh" takes this name; name the service otherwise' \
	"the main service stays that of the command line"
is "$(ct_field main pid)" "${before%%,*}" "which runs on"
touch "$ct_dir/end"
ct_end 10
is $? 5 "and whose end is the end"
echo "1..$ct_tests"
