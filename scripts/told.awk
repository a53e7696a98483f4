# Of what test programs print, what someone has to know: what ran, what was skipped, and all that a failing test said.
# What a test says is held until its verdict; without one, because its program died, it is told too.
# Reads `cargo test -- --show-output` and `go test -v`, one after the other.
# Usage: awk -f scripts/told.awk [-v only=failures]

BEGIN { building = 1 }
function tell(line) { print line; fflush() }
function note(line) { if (!only) tell(line) }
function drop() { held = "" }
function tell_held() { if (held ~ /[^\n]/) tell(substr(held, 2)); drop() }

# Rust: a program's tests end with its result, and where some fail their list stands before it.
/^ +Running .*\(.*\)$|^ +Doc-tests / {
  if (building) drop()
  tell_held()
  building = failing = 0
  rust = 1
  note($0)
  next
}
rust && !failing && /^failures:$/ { drop(); failing = 1 }
rust && /^test result: ok\. [0-9]+ passed;/ && !failing { drop(); rust = 0; note($0); next }
rust && /^test result: FAILED\. [0-9]+ passed;/ { tell_held(); failing = rust = 0; tell($0); next }
# Cargo's own: a compiler's, or of a program that died, whose reason was said before.
/^error(\[E[0-9]+\])?: / { tell_held(); rust = failing = 0; erring = 1 }
erring && !/^(=== RUN|ok |FAIL|go: )/ { tell($0); next }
{ erring = 0 }

# Go: what a test says comes before its verdict; what a program says that has none, before `FAIL`.
/^=== RUN +[^\/ ]+$/ { building = 0; go = 1; drop(); held = "\n" $0; next }
go && /^--- (PASS|SKIP): / { drop(); note($0); next }
go && /^ok[ \t]/ { drop(); note($0); next }
/^(--- FAIL: |FAIL[ \t])/ { tell_held(); tell($0); next }
/^ +--- FAIL: / { tell($0); next }

/SKIPPED: / { note($0) }
building { note($0); if (only) held = held "\n" $0; next }
{ held = held "\n" $0 }
END { if (rust) tell_held() }
