#!/bin/bash
# A service that cannot be as its table says does not start, and says why: one line, with the step and what it was about.
set -u
. tests/container/ct.sh

printf '# a comment\nA=b\nNOT A LINE\n' >"$ct_dir/bad.env"
echo 'echo a script without a first line runs' >"$ct_dir/script"
printf '#!/no/such/interpreter\n' >"$ct_dir/orphan"
printf '#!/bin/sh\r\n' >"$ct_dir/returns" && chmod +x "$ct_dir/returns"
: >"$ct_dir/plain"
# What root alone may read, and a folder of the service's with a link to it.
echo 'TOKEN=of another' >"$ct_dir/token.env" && chmod 600 "$ct_dir/token.env"
mkdir "$ct_dir/its" && ln -s "$ct_dir/token.env" "$ct_dir/its/web.env" && ln -s "$ct_dir/its/web.env" "$ct_dir/to.env" &&
	chown -hR 65534 "$ct_dir/its"
# A program for a loader that this machine does not have, as one of another distribution has in an image.
sed 's,/lib64/ld-linux-x86-64.so.2,/no/such/ld.so\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00,' /bin/true >"$ct_dir/foreign"
chmod 755 "$ct_dir/foreign"
chmod 755 "$ct_dir/script" "$ct_dir/orphan" "$ct_dir"
chmod 644 "$ct_dir/plain"

mkdir -p "$ct_dir/piped/etc"
mkfifo "$ct_dir/pipe" "$ct_dir/piped/etc/passwd" "$ct_dir/piped/etc/group"
mkdir -p "$ct_dir/looped/etc" "$ct_dir/halfway/etc" "$ct_dir/joiner/etc"
ln -s passwd "$ct_dir/looped/etc/passwd" && ln -s group "$ct_dir/halfway/etc/group"
echo 'joiner:x:7:7::/:/bin/sh' >"$ct_dir/halfway/etc/passwd"
echo 'joiner:x:7:7::/:/bin/sh' >"$ct_dir/joiner/etc/passwd"
seq 3000 3256 | sed 's/.*/g&:x:&:joiner/' >"$ct_dir/joiner/etc/group"

# cannot NAME KEYS
cannot() {
	printf '[service.%s]\n%s\n' "$1" "$2"
	case $2 in *exec*) ;; *) echo 'exec = ["/bin/true"]' ;; esac
}

ct_table <<TOML
[defaults]
ready = "exit"

$(cannot program 'exec = ["/no/such/program"]')
$(cannot inpath 'exec = ["no-such-program"]
env = { PATH = "/usr/local/sbin:/usr/bin" }')
$(cannot executable "exec = ['$ct_dir/plain']")
$(cannot returns "exec = ['$ct_dir/returns']")
$(cannot interpreter "exec = ['$ct_dir/orphan']")
$(cannot loader "exec = ['$ct_dir/foreign']")
$(cannot pathloader "exec = ['foreign']
env = { PATH = '$ct_dir' }")
$(cannot directory 'exec = ["/etc"]')
$(cannot user 'user = "no-such-user"')
$(cannot longuser 'user = "a-user-of-thirty-two-characters-"')
$(cannot rootuser "root = '$ct_dir'
user = 'root'")
$(cannot fewfiles 'user = "nobody"
rlimits.nofile = 3
restart = "never"')
$(cannot loopuser "root = '$ct_dir/looped'
user = '7'")
$(cannot loopgroup "root = '$ct_dir/halfway'
user = 'joiner'")
$(cannot group 'group = "no-such-group"')
$(cannot groups 'groups = ["no-such-group"]')
$(cannot manygroups "groups = [$(seq -s , 3000 3256)]")
[service.asmany]
exec = ["/bin/sleep", "1000"]
ready = "exec"
groups = [$(seq -s , 2000003000 2000003255)]
$(cannot membership "root = '$ct_dir/joiner'
user = 'joiner'")
$(cannot cwd 'cwd = "/no/such/directory"')
$(cannot root 'root = "/no/such/root"')
$(cannot emptyroot "root = '$ct_dir'")
$(cannot envfile 'env_file = "/no/such/file"')
$(cannot badenv "env_file = '$ct_dir/bad.env'")
$(cannot pipeenv "env_file = '$ct_dir/pipe'")
$(cannot deviceenv "env_file = '-/dev/zero'")
$(cannot pipeuser "root = '$ct_dir/piped'
user = '1234'")
$(cannot pipegroup "root = '$ct_dir/piped'
group = 'staff'")
$(cannot ledenv "env_file = '$ct_dir/its/web.env'
user = '65534'
exec = ['/bin/sh', '-c', 'echo the token is \$TOKEN']")
$(cannot farenv "env_file = '-$ct_dir/to.env'
user = '65534'
exec = ['/bin/sh', '-c', 'echo the token is \$TOKEN']")
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
ct_is "all that cannot be has failed" program:failed inpath:failed executable:failed interpreter:failed returns:failed directory:failed \
	user:failed longuser:failed rootuser:failed loader:failed pathloader:failed group:failed groups:failed manygroups:failed membership:failed cwd:failed root:failed emptyroot:failed envfile:failed badenv:failed pipeenv:failed deviceenv:failed pipeuser:failed pipegroup:failed ledenv:failed farenv:failed rights:failed
ct_is "each was tried once: it will not get better by itself" program:starts=1 user:starts=1 cwd:starts=1 badenv:starts=1
ct_is "nothing else is held up" other:up script:done path:done

why() {
	grep -a "^minit: $1: " "$ct_dir/out" | head -n 1
}
# Each names what, why and what to do. is_why NAME TEXT DESCRIPTION
is_why() {
	is "$(why "$1")" "minit: $1: step $2; given up" "$3"
}
path=/usr/local/sbin:/usr/bin
is_why program "exec: /no/such/program: No such file or directory: install it, or correct exec" "no program"
is_why inpath "exec: no-such-program: No such file or directory in $path: install it, or give exec its whole path" "no program in PATH"
is_why executable "exec: $ct_dir/plain: Permission denied: make it executable (chmod +x), and its folders open to the service's user" \
	"no execute permission"
is_why interpreter "exec: $ct_dir/orphan: its interpreter /no/such/interpreter is not there: install it (a script names it in its first line)" \
	"no interpreter: it is the one that is named"
is_why returns "exec: $ct_dir/returns: its interpreter /bin/sh is not there: the first line of the script ends with a carriage return: give it the ends of lines of Unix (dos2unix)" \
	"one with the ends of lines of other systems"
is_why loader "exec: $ct_dir/foreign: its interpreter /no/such/ld.so is not there: install it (a script names it in its first line)" \
	"a program whose loader is not there, too"
is_why pathloader "exec: foreign: its interpreter /no/such/ld.so is not there: install it (a script names it in its first line)" \
	"also when it was found in PATH"
is_why directory "exec: /etc: Is a directory: name the program in it" "a directory"
is_why user "user and groups: no user no-such-user in /etc/passwd: add it (useradd --system no-such-user), or correct user" "no user"
is_why longuser "user and groups: no user a-user-of-thirty-two-characters- in /etc/passwd: add it (useradd --system a-user-of-thirty-two-characters-), or correct user" \
	"a long name is told as a whole"
is_why fewfiles "user and groups: /etc/passwd: No file descriptors available: raise rlimits.nofile" "a user that cannot be looked up"
is_why loopuser "user and groups: $ct_dir/looped/etc/passwd: Symbolic link loop: put a file in its place" "or whose group cannot be"
is_why loopgroup "user and groups: $ct_dir/halfway/etc/group: Symbolic link loop: put a file in its place" "nor its further groups"
is_why group "user and groups: no group no-such-group in /etc/group: add it (groupadd --system no-such-group), or correct group" "no group"
is_why groups "user and groups: no group no-such-group in /etc/group: add it (groupadd --system no-such-group), or correct groups" \
	"no supplementary group"
for name in manygroups membership; do
	is_why $name "user and groups: groups: Argument list too long: they are more than 256: give those that it needs" "more groups than there is room for"
done
is "$(ct_minit status asmany | sed -n 's/^  groups  *//p' | tr -s ' ' | wc -w) $(ct_minit status --json asmany | grep -o '"what":"groups".*"what":"no_new' | grep -c '"ok":true')" \
	"512 1" "as many as that can be had, and are seen"
is_why cwd "working directory: /no/such/directory: No such file or directory: make it, or correct cwd" "no directory"
is_why root "mounts: /no/such/root: No such file or directory: make it, or correct the table" "no root"
is_why emptyroot "exec: /bin/true: No such file or directory in the root $ct_dir: install it there, or correct exec" "a root without the program"
is_why rootuser "user and groups: no user root in $ct_dir/etc/passwd: add it there, or correct user" "a root without the user"
is_why envfile "environment: /no/such/file: No such file or directory: make it, or put a - before its name when it may be missing" \
	"no environment file"
is_why badenv "environment: line 3 of $ct_dir/bad.env: Invalid argument: a line is NAME=value, or a # comment" "a wrong environment file"
is_why pipeenv "environment: $ct_dir/pipe: Not supported: it is no file: env_file wants files, no pipe, socket or device" "a pipe"
is_why deviceenv "environment: /dev/zero: Not supported: it is no file: env_file wants files, no pipe, socket or device" "a device"
is_why pipeuser "user and groups: $ct_dir/piped/etc/passwd: it is a pipe, and none is waited for: put a file in its place" \
	"a list of users that is a pipe"
is_why pipegroup "user and groups: $ct_dir/piped/etc/group: it is a pipe, and none is waited for: put a file in its place" \
	"one of groups, too"
for name in its/web to; do
	case $name in to) led=farenv ;; *) led=ledenv ;; esac
	is_why $led "environment: $ct_dir/$name.env: Symbolic link loop: a link is not followed in a folder that others may write to: name what it leads to" \
		"an environment file that the service could choose by a link ($led)"
done
ct_not_said 'the token is' "is not read"
is "$(why rights)" "minit: rights: exit 126; given up" "a program's own exit 126 is its own"
ct_said '^a script without a first line runs$' "a script without a first line is run by the shell"
ct_said '^found in the given path$' "the path is that of the service's environment"
is "$(ct_field program why)" "step exec: /no/such/program: No such file or directory: install it, or correct exec" \
	"status says the same"
ct_minit start program >"$ct_dir/start" 2>&1
is $? 1 "minit start of it fails"
grep -q 'step exec: /no/such/program: No such file or directory: install it, or correct exec' "$ct_dir/start"
ok $? "and says why"
ct_stop "it ends in order"
echo "1..$ct_tests"
