# The layout of what passes through an execution in place, as a number: of all that its headers declare, as the compiler sees
# it. The names, types and order of fields, the names, values and order of enumerators, lists of .def files among them, and
# constants; no comment, no blank, no function, and no order of headers.
#
# cc -E -dD -include HEADER... -x c /dev/null | awk -v name=LAYOUT_OF_STATE -v machine=x86_64 -v text=FILE -f services/layout.awk
#
# prints `#define LAYOUT_OF_STATE 0x...`, and writes what the number is of to FILE. A comment of these headers that names an
# enum or a struct which none of them declares is an error: a field would have its meaning from somewhere else.

# What only a running minit has, and is in no file.
BEGIN {
	split("struct buf,struct supervisor,struct table_source,struct sock_filter", list, ",")
	for (i in list)
		apart[list[i]] = 1
}

# `# 12 "services/state.h" 2`: of the machine are those with a path from the root, and what the compiler has by itself.
/^# [0-9]+ "/ {
	split($0, part, "\"")
	sub(/^[.]\//, "", part[2])
	ours = part[2] !~ /^[\/<]/ && part[2] !~ /autoconf[.]h$/
	if (ours)
		files[part[2]] = 1
	next
}
!ours { next }

function plain(s) {
	gsub(/[ \t]+/, " ", s)
	while (match(s, /[^A-Za-z0-9_] | [^A-Za-z0-9_]/)) {
		at = RSTART + (substr(s, RSTART, 1) != " ")
		s = substr(s, 1, at - 1) substr(s, at + 1)
	}
	gsub(/^ | $/, "", s)
	return s
}

# With a value, and of no function's: neither guards nor macros with arguments.
/^#define [A-Za-z0-9_]+ +[^ ]/ {
	if (!/__attribute__/)
		found[plain(substr($0, 2))] = 1
}
/^#/ { next }

function take(s) {
	s = plain(s)
	if (s !~ /^(struct|enum|union)[^(=;]*[{]/)
		return
	match(s, /^[^{]*/)
	tag = substr(s, 1, RLENGTH)
	declared[tag] = 1
	if (!(tag in apart))
		found[s] = 1
}

# A declaration ends with a semicolon outside of braces, a function with its brace.
{
	for (i = 1; i <= length($0); i++) {
		c = substr($0, i, 1)
		held = held c
		depth += (c == "{") - (c == "}")
		if (depth || (c != ";" && (c != "}" || plain(held) ~ /^(struct|enum|union)[^(=;]*[{]/)))
			continue
		take(held)
		held = ""
	}
	held = held " "
}

function mentions(file, line) {
	if (!sub(/^.*\/\*/, "", line) && line !~ /^[ \t]+[*] /)
		return
	while (match(line, /(enum|struct) [a-z_0-9]+/)) {
		tag = substr(line, RSTART, RLENGTH)
		line = substr(line, RSTART + RLENGTH)
		if (tag in declared || tag in apart)
			continue
		print file ": " tag ": is declared in no header of the layout: see services/layout.awk" >"/dev/stderr"
		failed = 1
	}
}

END {
	for (file in files)
		while ((getline line <file) > 0)
			mentions(file, line)
	if (failed || !("struct table" in declared))
		exit 1
	sort = "sort >" text
	print "machine " machine | sort
	for (s in found)
		print s | sort
	close(sort)
	sum = "sha256sum <" text
	sum | getline line
	print "#define " name " 0x" substr(line, 1, 8) "u"
}
