# The options an object depends on are those that its sources and headers mention. FILE.d, as the compiler has written it,
# names autoconf.h, which holds all of them; in its place come the files below `config` of these alone: kconfig-conf touches
# one when its option changes (CONFIG_NET_BRIDGE: net/bridge.h). One that was never chosen has none yet.
# A file in which that is done is left alone: of two who link an object at the same time both may do it.
FNR == 1 {
	finish()
	name = FILENAME
	text = autoconf = files = ""
	ended = 0
}

{ text = text $0 "\n" }

!ended {
	for (i = 1; i <= NF; i++)
		if ($i ~ /autoconf[.]h$/)
			autoconf = $i
		else if ($i !~ /^\\$|:$/)
			files = files " " $i
	ended = !/\\$/
}

END { finish() }

# The options of a file as words; each file is read once, however many include it.
function mentions(file,   line, path) {
	if (file in mentioned)
		return mentioned[file]
	mentioned[file] = ""
	while ((getline line < file) > 0)
		for (; match(line, /CONFIG_[A-Z0-9_]+/); line = substr(line, RSTART + RLENGTH)) {
			path = tolower(substr(line, RSTART + 7, RLENGTH - 7))
			gsub(/_/, "/", path)
			mentioned[file] = mentioned[file] " " path
		}
	close(file)
	return mentioned[file]
}

function finish(   words, all, seen, list, at, i) {
	if (autoconf == "")
		return
	for (i = split(files, words, " "); i; i--)
		all = all mentions(words[i])
	for (i = split(all, words, " "); i; i--)
		if (!seen[words[i]]++)
			list = list " " config "/" words[i] ".h"
	at = index(text, autoconf)
	printf "%s$(wildcard%s)%s", substr(text, 1, at - 1), list, substr(text, at + length(autoconf)) >name
	close(name)
}
