package libvirt

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// virsh is one that runs, with libvirt inside: to begin another for each command costs more than most commands.
type virsh struct {
	stdin  io.Writer
	stdout *bufio.Reader
	sent   int
}

// patience is how long all of a test's commands may take, should virsh come to wait for ever.
const patience = 10 * time.Minute

// newVirsh begins one whose libvirt has all its files below `root`.
func newVirsh(t *testing.T, root string) *virsh {
	t.Helper()
	command := exec.Command("virsh", "-q", "-c", "qemu:///embed?root="+root)
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	end := time.AfterFunc(patience, func() { command.Process.Kill() })
	t.Cleanup(func() {
		stdin.Close()
		command.Wait()
		end.Stop()
	})
	return &virsh{stdin: stdin, stdout: bufio.NewReader(stdout)}
}

// chatter is what libvirt's library says beside what is asked.
var chatter = regexp.MustCompile(`^\S+ \S+ \d+: (info|warning|error) : `)

// run gives what a command prints; an error is what virsh complains of.
func (v *virsh) run(command string) (string, error) {
	// virsh shows each line that it reads behind its prompt, and reads the next when it has done the one before.
	v.sent++
	end := fmt.Sprintf("echo %d", v.sent)
	if _, err := fmt.Fprintf(v.stdin, "%s\n%s\n", command, end); err != nil {
		return "", err
	}
	var out strings.Builder
	var complaints []string
	for begun := false; ; {
		line, err := v.stdout.ReadString('\n')
		if err != nil {
			return "", fmt.Errorf("virsh ended in `%s`: %w", command, err)
		}
		before, typed, prompted := strings.Cut(line, "virsh # ")
		switch {
		case prompted && typed == end+"\n":
			out.WriteString(before)
			if complaints != nil {
				return "", errors.New(strings.Join(complaints, ""))
			}
			return out.String(), nil
		case prompted && typed == command+"\n":
			begun = true
		case !begun || chatter.MatchString(line):
		case strings.HasPrefix(line, "error: "):
			complaints = append(complaints, line)
		default:
			out.WriteString(line)
		}
	}
}
