package libvirt

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// hypervisor is libvirt's QEMU driver inside one virsh: no daemon, all its files under one folder.
type hypervisor struct {
	root string
	// places stand for what differs from run to run in domains and in what is expected of them.
	places   *strings.Replacer
	controls map[string]control
	// noNetwork is where the machine has no tap devices: guests have no card then.
	noNetwork bool
	stdin     io.Writer
	stdout    *bufio.Reader
	sent      int
}

// settings are those under which libvirt runs QEMU without a system around it.
const settings = `user = "root"
group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
remember_owner = 0
clear_emulator_capabilities = 0
stdio_handler = "file"
hugetlbfs_mount = []
`

// newHypervisor takes some seconds, in which libvirt asks each QEMU what it can do.
func newHypervisor(t *testing.T) *hypervisor {
	t.Helper()
	for _, tool := range []string{"virsh", "xmllint", "qemu-system-x86_64", "xorrisofs"} {
		if _, err := exec.LookPath(tool); err != nil {
			lacking(t, "there is no "+tool)
		}
	}
	if os.Getuid() != 0 {
		lacking(t, "libvirt's QEMU driver without a daemon needs root")
	}
	root := folder(t)
	h := &hypervisor{root: root, controls: map[string]control{},
		places: strings.NewReplacer("@DIR@", filepath.Join(root, "vm"), "@TAP@", tapName())}
	// Another emulator for whoever asks for one: QEMU, and its guest sees that it was called by this name.
	program(t, filepath.Join(root, "vm", "wrapper"), `case "$*" in
*guest=*) set -- "$@" -fw_cfg "name=opt/org.example/wrapper,string=was here" ;;
esac
exec qemu-system-x86_64 "$@"`)
	write(t, filepath.Join(h.root, "etc", "qemu.conf"), settings)
	command := exec.Command("virsh", "-q", "-c", "qemu:///embed?root="+h.root)
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = command.Stdout
	h.stdin, h.stdout = stdin, bufio.NewReader(stdout)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	patience := time.AfterFunc(10*time.Minute, func() { command.Process.Kill() })
	t.Cleanup(func() {
		stdin.Close()
		command.Wait()
		patience.Stop()
	})
	t.Log(h.must(t, "version"))
	return h
}

// chatter is what libvirt's library says beside what is asked.
var chatter = regexp.MustCompile(`^\S+ \S+ \d+: (info|warning|error) : `)

// virsh runs a command and gives what it prints; an error is what it complains of.
func (h *hypervisor) virsh(command string) (string, error) {
	// virsh shows each line that it reads behind its prompt, and prints nothing before it has done the last.
	h.sent++
	end := fmt.Sprintf("echo %d", h.sent)
	if _, err := fmt.Fprintf(h.stdin, "%s\n%s\n", command, end); err != nil {
		return "", err
	}
	var out strings.Builder
	var complaints []string
	for begun := false; ; {
		line, err := h.stdout.ReadString('\n')
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

func (h *hypervisor) must(t *testing.T, command string) string {
	t.Helper()
	out, err := h.virsh(command)
	if err != nil {
		t.Fatalf("virsh %s: %v", command, err)
	}
	return out
}

// defined is the domain as libvirt has kept it, which it forgets again.
func (h *hypervisor) defined(t *testing.T, domain string, flags ...string) (string, error) {
	t.Helper()
	path := filepath.Join(h.root, "domain.xml")
	write(t, path, domain)
	name := between(domain, "<name>", "</name>")
	if _, err := h.virsh(strings.Join(append([]string{"define", path}, flags...), " ")); err != nil {
		return "", err
	}
	kept := h.must(t, "dumpxml --inactive "+name)
	h.must(t, "undefine --keep-nvram "+name)
	return kept, nil
}

// hostDevice is how a passed-through device begins. Which driver it gets libvirt decides by what the node has: none
// here, and VFIO wherever KubeVirt passes devices through.
const hostDevice = `<hostdev type="pci" managed="no" mode="subsystem">`

// arguments is QEMU's command line for the domain, its words with a blank between them and without quotes.
func (h *hypervisor) arguments(t *testing.T, domain string) (string, error) {
	t.Helper()
	path := filepath.Join(h.root, "domain.xml")
	write(t, path, strings.ReplaceAll(domain, hostDevice, hostDevice+`<driver name="vfio"/>`))
	line, err := h.virsh("domxml-to-native qemu-argv " + path)
	return strings.ReplaceAll(strings.TrimSpace(line), "'", ""), err
}

// between is what stands in a text between two others, where they first occur.
func between(text, begin, end string) string {
	_, rest, _ := strings.Cut(text, begin)
	inner, _, _ := strings.Cut(rest, end)
	return inner
}
