# Of what test programs print, what someone has to know: what ran, what was skipped, and all that a failing test said.
# A test that passes says nothing here. Reads `cargo test -- --show-output` and `go test -v`, one after the other.
# Usage: awk -f scripts/told.awk [-v only=failures]

BEGIN { building = 1 }
function tell(line) { print line; fflush() }
function note(line) { if (!only) tell(line) }

# A Rust program's failures, with what each said, stand between this line and its result.
/^failures:$/ { failing = 1 }
/^test result: / { if (failing) tell($0); else note($0); failing = 0; next }
failing { tell($0); next }
/^ +Running |^ +Doc-tests / { building = 0; note($0); next }

# What a Go test says comes before its verdict.
/^=== RUN +[^\/ ]+$/ { building = 0; said = $0; next }
/^--- (PASS|SKIP): / { said = ""; note($0); next }
# A program that ends within a test has no verdict of that test: all that follows is the reason.
/^panic: |^fatal error: |^SIG[A-Z]+: / && said != "" { tell(said); said = ""; dying = 1 }
/^(--- FAIL: |FAIL[ \t])/ {
  if (said != "") tell(said)
  said = ""
  dying = 0
  tell($0)
  next
}
dying || /^ +--- FAIL: / { tell($0); next }
said != "" { said = said "\n" $0; if (/SKIPPED: /) note($0); next }
/^ok[ \t]/ { note($0); next }

/FAILED/ { tell($0); next }
/SKIPPED: / || building { note($0) }
