"""type.py TEXT COMMAND...: runs it at a terminal, types Ctrl-C once it has said TEXT, and says what it said; with its status."""

import os
import pty
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
said = b""
typed = False
while True:
    try:
        said += os.read(terminal, 65536)
    except OSError:
        break
    if not typed and sys.argv[1].encode() in said:
        os.write(terminal, b"\3")
        typed = True
print(said.decode(errors="replace").replace("\r", ""))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
