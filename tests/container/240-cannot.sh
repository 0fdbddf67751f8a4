#!/bin/bash
# A service that cannot be as its table says does not start, and says why: one line, with the step and what it was about.
set -u
. tests/container/ct.sh

printf '# a comment\nA=b\nNOT A LINE\n' >"$ct_dir/bad.env"
echo 'echo a script without a first line runs' >"$ct_dir/script"
printf '#!/no/such/interpreter\n' >"$ct_dir/orphan"
: >"$ct_dir/plain"
chmod 755 "$ct_dir/script" "$ct_dir/orphan" "$ct_dir"
chmod 644 "$ct_dir/plain"

# cannot NAME KEYS
cannot() {
	printf '[service.%s]\n%s\n' "$1" "$2"
	case $2 in *exec*) ;; *) echo 'exec = ["/bin/true"]' ;; esac
}

ct_table <<TOML
[defaults]
ready = "exit"

$(cannot program 'exec = ["/no/such/program"]')
$(cannot inpath 'exec = ["no-such-program"]')
$(cannot executable "exec = ['$ct_dir/plain']")
$(cannot interpreter "exec = ['$ct_dir/orphan']")
$(cannot directory 'exec = ["/etc"]')
$(cannot user 'user = "no-such-user"')
$(cannot group 'group = "no-such-group"')
$(cannot groups 'groups = ["no-such-group"]')
$(cannot cwd 'cwd = "/no/such/directory"')
$(cannot root 'root = "/no/such/root"')
$(cannot emptyroot "root = '$ct_dir'")
$(cannot envfile 'env_file = "/no/such/file"')
$(cannot badenv "env_file = '$ct_dir/bad.env'")
$(cannot rights 'exec = ["/bin/sh", "-c", "exit 126"]
restart = "never"')

[service.script]
exec = ["$ct_dir/script"]
[service.path]
exec = ["sh", "-c", "echo found in the given path"]
env = { PATH = "/no/such:/etc/passwd:/bin" }
[service.other]
exec = ["/bin/sleep", "1000"]
ready = "exec"
TOML
ct_start
ct_up
ct_is "all that cannot be has failed" program:failed inpath:failed executable:failed interpreter:failed directory:failed \
	user:failed group:failed groups:failed cwd:failed root:failed emptyroot:failed envfile:failed badenv:failed rights:failed
ct_is "each was tried once: it will not get better by itself" program:starts=1 user:starts=1 cwd:starts=1 badenv:starts=1
ct_is "nothing else is held up" other:up script:done path:done

why() {
	grep -a "^minit: $1: " "$ct_dir/out" | head -n 1
}
is "$(why program)" "minit: program: step exec: /no/such/program: No such file or directory; given up" "no program"
is "$(why inpath)" "minit: inpath: step exec: no-such-program: No such file or directory; given up" "no program in PATH"
is "$(why executable)" "minit: executable: step exec: $ct_dir/plain: Permission denied; given up" "no execute permission"
is "$(why interpreter)" "minit: interpreter: step exec: $ct_dir/orphan: No such file or directory; given up" "no interpreter"
is "$(why directory)" "minit: directory: step exec: /etc: Permission denied; given up" "a directory"
is "$(why user)" "minit: user: step user and groups: no user no-such-user in /etc/passwd; given up" "no user"
is "$(why group)" "minit: group: step user and groups: no group no-such-group in /etc/group; given up" "no group"
is "$(why groups)" "minit: groups: step user and groups: no group no-such-group in /etc/group; given up" "no supplementary group"
is "$(why cwd)" "minit: cwd: step working directory: /no/such/directory: No such file or directory; given up" "no directory"
is "$(why root)" "minit: root: step mounts: /no/such/root: No such file or directory; given up" "no root"
is "$(why emptyroot)" "minit: emptyroot: step exec: /bin/true: No such file or directory; given up" "a root without the program"
is "$(why envfile)" "minit: envfile: step environment: /no/such/file: No such file or directory; given up" "no environment file"
is "$(why badenv)" "minit: badenv: step environment: line 3 of $ct_dir/bad.env: Invalid argument; given up" "a wrong environment file"
is "$(why rights)" "minit: rights: exit 126; given up" "a program's own exit 126 is its own"
ct_said '^a script without a first line runs$' "a script without a first line is run by the shell"
ct_said '^found in the given path$' "the path is that of the service's environment"
is "$(ct_field program why)" "step exec: /no/such/program: No such file or directory" "status says the same"
ct_minit start program >"$ct_dir/start" 2>&1
is $? 1 "minit start of it fails"
grep -q 'step exec: /no/such/program: No such file or directory' "$ct_dir/start"
ok $? "and says why"
ct_stop "it ends in order"
echo "1..$ct_tests"
