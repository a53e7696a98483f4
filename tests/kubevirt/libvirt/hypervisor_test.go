package libvirt

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// hypervisor is libvirt's QEMU driver inside one virsh: no daemon, all its files under one folder.
type hypervisor struct {
	root string
	// places stand for what differs from run to run in domains and in what is expected of them.
	places   *strings.Replacer
	controls map[string]string
	// noNetwork is where the machine has no tap devices: guests have no card then.
	noNetwork bool
	virsh     *virsh
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

// wrapper is QEMU by another name. Its guest sees that it was called by this one; where there is a file beside it to
// write the arguments of a guest to, it does that alone.
const wrapper = `case "$*" in
*guest=*)
  if [ -e "${0%/*}/arguments" ]; then
    echo "$@" >"${0%/*}/arguments"
    exit 1
  fi
  set -- "$@" -fw_cfg "name=opt/org.example/wrapper,string=was here"
  ;;
esac
exec qemu-system-x86_64 "$@"`

// path is a file's among those of the VM.
func (h *hypervisor) path(name string) string {
	return filepath.Join(h.root, "vm", name)
}

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
	h := &hypervisor{root: root, controls: map[string]string{},
		places: strings.NewReplacer("@DIR@", filepath.Join(root, "vm"), "@RUN@", run())}
	// libvirt leaves memory that VMs share to the next one.
	t.Cleanup(func() { os.Remove("/dev/shm/" + run()) })
	program(t, h.path("wrapper"), wrapper)
	for _, file := range []string{"vmlinuz", "initrd.gz", "rootdisk.img", "data.img", "noCloud.iso"} {
		write(t, h.path(file), "")
		if err := os.Truncate(h.path(file), 8<<20); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(h.root, "etc", "qemu.conf"), settings)
	h.virsh = newVirsh(t, h.root)
	t.Log(h.must(t, "version"))
	return h
}

func (h *hypervisor) must(t *testing.T, command string) string {
	t.Helper()
	out, err := h.virsh.run(command)
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
	if _, err := h.virsh.run(strings.Join(append([]string{"define", path}, flags...), " ")); err != nil {
		return "", err
	}
	kept := h.must(t, "dumpxml --inactive "+name)
	h.must(t, "undefine --keep-nvram "+name)
	return kept, nil
}

// hostDevice is how a passed-through device begins. Which driver it gets libvirt decides by what the node has: none
// here, and VFIO wherever KubeVirt passes devices through.
const hostDevice = `<hostdev type="pci" managed="no" mode="subsystem">`

// arguments is QEMU's command line for the domain, its words with a blank between them and without quotes. What
// libvirt tells of a domain that it does not start leaves out what it does for interfaces; where it shall `begin`
// to start it, the line is what it calls QEMU with.
func (h *hypervisor) arguments(t *testing.T, domain string, begin bool) (string, error) {
	t.Helper()
	path := filepath.Join(h.root, "domain.xml")
	if begin {
		return h.startArguments(t, path, domain)
	}
	write(t, path, strings.ReplaceAll(domain, hostDevice, hostDevice+`<driver name="vfio"/>`))
	line, err := h.virsh.run("domxml-to-native qemu-argv " + path)
	return strings.ReplaceAll(strings.TrimSpace(line), "'", ""), err
}

// emulator is where libvirt has written by the second call which QEMU it takes.
var emulator = regexp.MustCompile(`<emulator>.*</emulator>`)

// startArguments has the wrapper called in QEMU's place.
func (h *hypervisor) startArguments(t *testing.T, path, domain string) (string, error) {
	t.Helper()
	arguments := h.path("arguments")
	write(t, path, emulator.ReplaceAllString(domain, "<emulator>"+h.path("wrapper")+"</emulator>"))
	write(t, arguments, "")
	defer os.Remove(arguments)
	_, err := h.virsh.run("create " + path)
	line := contents(t, arguments)
	if line == "" {
		return "", fmt.Errorf("QEMU was not called: %w", err)
	}
	return line, nil
}

// between is what stands in a text between two others, where they first occur.
func between(text, begin, end string) string {
	_, rest, _ := strings.Cut(text, begin)
	inner, _, _ := strings.Cut(rest, end)
	return inner
}
