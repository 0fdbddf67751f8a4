# The options an object depends on are those that its sources and headers mention. FILE.d, as the compiler has written it,
# names autoconf.h, which holds all of them; in its place come the files below `config` of these alone: kconfig-conf touches
# one when its option changes (CONFIG_NET_BRIDGE: net/bridge.h). One that was never chosen has none yet.
{ text = text $0 "\n" }

!ended {
	for (i = 1; i <= NF; i++)
		if ($i ~ /autoconf[.]h$/)
			autoconf = $i
		else if ($i !~ /^\\$|:$/)
			look($i)
	ended = !/\\$/
}

function look(file,   line, path) {
	while ((getline line < file) > 0)
		for (; match(line, /CONFIG_[A-Z0-9_]+/); line = substr(line, RSTART + RLENGTH)) {
			path = tolower(substr(line, RSTART + 7, RLENGTH - 7))
			gsub(/_/, "/", path)
			paths[path]
		}
	close(file)
}

END {
	for (path in paths)
		list = list " " config "/" path ".h"
	at = index(text, autoconf)
	printf "%s$(wildcard%s)%s", substr(text, 1, at - 1), list, substr(text, at + length(autoconf)) >FILENAME
}
