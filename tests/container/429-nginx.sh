#!/bin/bash
# A web server as people run it, behind published ports, and curl: pages, a large file, many at once, and whom it has seen.
set -u
. tests/container/ct.sh
. tests/container/traffic.sh

mkdir "$ct_dir/www" && head -c 20000000 /dev/urandom >"$ct_dir/www/large" && echo "the page" >"$ct_dir/www/index.html"
chmod -R a+rX "$ct_dir"
cat >"$ct_dir/nginx.conf" <<CONF
daemon off;
worker_processes 1;
pid $ct_dir/nginx.pid;
error_log stderr;
events {}
http {
	log_format who '\$remote_addr';
	access_log $ct_dir/seen who;
	server { listen 80; listen [::]:80; root $ct_dir/www; }
}
CONF
ct_table <<TOML
[network.bridge.br0]
address = ["10.77.0.1/24", "fd77::1/64"]
nat = true
isolate = true
[service.nginx]
exec = ["/usr/sbin/nginx", "-e", "stderr", "-c", "$ct_dir/nginx.conf"]
network = { address = ["10.77.0.10", "fd77::10"], ports = ["8080:80", "127.0.0.1:8081:80", "[::1]:8081:80"] }
stop = { signal = "SIGQUIT" }
[service.client]
exec = ["/bin/sleep", "1000"]
network = { address = ["10.77.0.11", "fd77::11"], allow = ["nginx:80"] }
[service.stranger]
exec = ["/bin/sleep", "1000"]
network = { address = ["10.77.0.12", "fd77::12"] }
TOML

ct_start
ct_up
ct_is "all is up" all:up || exit 1
outside
host=$(ct_pid)
# get PID URL...: what curl says of it.
get() {
	local pid=$1
	shift
	nsenter --target "$pid" --net curl -sS --no-progress-meter --noproxy '*' --max-time 10 "$@" 2>&1
}
soon get "$host" -f http://10.77.0.10/
: >"$ct_dir/seen"
is "$(for at in "$ct_client http://192.0.2.1:8080/" "$ct_client http://[2001:db8::1]:8080/" "$host http://127.0.0.1:8080/" \
	"$host http://127.0.0.1:8081/" "$host http://[::1]:8080/" "$host http://[::1]:8081/" "$host http://192.0.2.1:8080/" \
	"$(ct_outer client) http://nginx/ --resolve nginx:80:10.77.0.10" "$(ct_outer client) http://[fd77::10]/" \
	"$(ct_outer stranger) http://192.0.2.1:8080/" "$(ct_outer nginx) http://192.0.2.1:8080/"; do
	get $at
done | sort | uniq -c | tr -s ' ')" " 11 the page" "the page is had from everywhere"
soon sh -c "[ \$(wc -l <'$ct_dir/seen') = 11 ]"
is "$(tr '\n' ' ' <"$ct_dir/seen")" \
	"192.0.2.2 2001:db8::2 10.77.0.1 10.77.0.1 fd77::1 fd77::1 192.0.2.1 10.77.0.11 fd77::11 10.77.0.1 10.77.0.1 " \
	"and who asks is seen"
get "$(ct_outer stranger)" --connect-timeout 1 http://10.77.0.10/ >/dev/null
is $? 28 "who is not allowed does not get past the port"
is "$(get "$ct_client" http://192.0.2.1:8080/large | sha256sum)" "$(sha256sum <"$ct_dir/www/large")" "a large file comes whole"
is "$(get "$ct_client" --parallel --parallel-max 40 "http://192.0.2.1:8080/?[1-400]" -o "$ct_dir/got#1" && cat "$ct_dir"/got* |
	sort | uniq -c | tr -s ' ')" " 400 the page" "and many at once"
ct_stop "it ends in order"
echo "1..$ct_tests"
