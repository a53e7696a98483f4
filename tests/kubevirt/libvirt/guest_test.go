package libvirt

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	cloudinit "kubevirt.io/kubevirt/pkg/cloud-init"
	diskutils "kubevirt.io/kubevirt/pkg/ephemeral-disk-utils"

	v1 "kubevirt.io/api/core/v1"
	"kubevirt.io/kubevirt/pkg/hooks"
)

// A guestFile is guests/NAME.yaml: a VM with several packs at once, or rules of its own, and what its guest must print then.
type guestFile struct {
	Domain string   `json:"domain"`
	Packs  []string `json:"packs"`
	Args   []string `json:"args"`
	Rules  string   `json:"rules"`
	// Files are texts by name, beside the VM's own: what is mounted into the sidecar's container.
	Files       map[string]string `json:"files"`
	Annotations map[string]string `json:"annotations"`
	UserData    string            `json:"userData"`
	Proofs      []proof           `json:"proofs"`
}

// A proof is a pattern for lines of what the guest prints, or of a file that a pack has the VM write. Without
// the annotations of the VM it must not match.
type proof struct {
	Name string `json:"name"`
	// Pack is the one that it is of; none where the VM has rules of its own.
	Pack  string `json:"pack"`
	Shows string `json:"shows"`
	In    string `json:"in"`
	// Gone turns it around: only the guest of the control shows it.
	Gone bool `json:"gone"`
}

func guests(t *testing.T, h *hypervisor) {
	machine := setting(t, "VIRT_PATCH_GUEST")
	for _, name := range []string{"vmlinuz", "initrd.gz"} {
		write(t, h.path(name), contents(t, filepath.Join(machine, name)))
	}
	files, _ := filepath.Glob("guests/*.yaml")
	if len(files) == 0 {
		t.Fatal("there are no guests")
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		t.Run(name, func(t *testing.T) {
			var g guestFile
			load(t, path, &g)
			g.prove(t, h, name)
		})
	}
}

// prove boots the VM twice, without its annotations and with them.
func (g guestFile) prove(t *testing.T, h *hypervisor, name string) {
	t.Helper()
	args := []string{}
	for _, pack := range g.Packs {
		args = append(args, "--pack", pack)
	}
	for _, a := range g.Args {
		args = append(args, h.places.Replace(a))
	}
	for name, text := range g.Files {
		write(t, h.path(name), text)
	}
	if g.Rules != "" {
		rules := filepath.Join(t.TempDir(), "rules.yaml")
		write(t, rules, h.places.Replace(g.Rules))
		args = append(args, "--rules", rules)
	}
	// One sidecar for both: what differs is what the VM asks for.
	manager := sidecar(t, args...)
	machine := vmi()
	control := g.boot(t, h, manager, machine)
	machine.Annotations = map[string]string{}
	for key, value := range g.Annotations {
		machine.Annotations[key] = h.places.Replace(value)
	}
	seen := g.boot(t, h, manager, machine)

	shown, refuted := 0, 0
	for _, p := range g.Proofs {
		if h.noNetwork && p.Pack == "network" {
			continue
		}
		pattern := regexp.MustCompile("(?m)" + p.Shows)
		with, without := pattern.MatchString(seen[p.In]), pattern.MatchString(control[p.In])
		if p.Gone {
			with, without = without, with
		}
		if with {
			shown++
		} else {
			t.Errorf("%s (%s): no line like %q", p.Name, p.Pack, p.Shows)
		}
		if !without {
			refuted++
		} else {
			t.Errorf("%s (%s): the control shows it too, %q", p.Name, p.Pack, p.Shows)
		}
	}
	with := fmt.Sprintf("%d packs", len(g.Packs))
	if g.Rules != "" {
		with = "rules of its own"
	}
	fmt.Printf("In the guest %s, with %s: %d of %d proofs; in its control %d of %d fail.\n",
		name, with, shown, len(g.Proofs), refuted, len(g.Proofs))
	if t.Failed() {
		t.Logf("the guest:\n%s\nits control:\n%s", seen[""], control[""])
	}
}

// boot takes the VM through a start up to the guest's end and gives what was written, by file; the guest's own
// lines under no name.
func (g guestFile) boot(t *testing.T, h *hypervisor, m hooks.Manager, machine *v1.VirtualMachineInstance) map[string]string {
	t.Helper()
	g.iso(t, h.path("noCloud.iso"), m, machine)
	spec := h.domain(t, g.Domain)
	if h.noNetwork {
		spec.Devices.Interfaces = nil
	}
	s, err := h.started(t, m, spec, machine)
	if err != nil {
		t.Fatalf("libvirt refuses the domain: %v\n%s", err, s.answers[0])
	}
	log := h.path("virt-serial0-log")
	for _, p := range g.Proofs {
		if p.In != "" {
			os.Remove(h.path(p.In))
		}
	}
	os.Remove(log)

	path := filepath.Join(h.root, "domain.xml")
	write(t, path, s.answers[1])
	name := between(s.answers[1], "<name>", "</name>")
	if _, err := h.virsh.run("create " + path); err != nil {
		t.Fatalf("libvirt does not start the domain: %v\n%s", err, s.answers[1])
	}
	begun := time.Now()
	for ; time.Since(begun) < 2*time.Minute; time.Sleep(100 * time.Millisecond) {
		if _, err := h.virsh.run("domstate " + name); err != nil {
			break
		}
	}
	h.virsh.run("destroy " + name)
	seen := map[string]string{"": contents(t, log)}
	for _, p := range g.Proofs {
		if p.In != "" {
			seen[p.In] = contents(t, h.path(p.In))
		}
	}
	if !strings.Contains(seen[""], "=== end") {
		t.Fatalf("the guest did not come to its end in %v:\n%s", time.Since(begun), seen[""])
	}
	t.Logf("booted and ended in %.1f s", time.Since(begun).Seconds())
	return seen
}

// iso has KubeVirt write what the sidecar makes of the cloud-init data.
func (g guestFile) iso(t *testing.T, path string, m hooks.Manager, machine *v1.VirtualMachineInstance) {
	t.Helper()
	data, err := m.PreCloudInitIso(machine, &cloudinit.CloudInitData{
		DataSource:      cloudinit.DataSourceNoCloud,
		NoCloudMetaData: &cloudinit.NoCloudMetadata{InstanceID: "testvm.default", LocalHostname: "testvm"},
		UserData:        g.UserData,
		VolumeName:      "cloudinitdisk",
	})
	if err != nil {
		t.Fatalf("the hook fails: %v", err)
	}
	folder := t.TempDir()
	if err := cloudinit.SetLocalDirectory(folder); err != nil {
		t.Fatal(err)
	}
	diskutils.MockDefaultOwnershipManager()
	if err := cloudinit.GenerateLocalData(machine, "", data); err != nil {
		t.Fatal(err)
	}
	made := cloudinit.GetIsoFilePath(cloudinit.DataSourceNoCloud, machine.Name, machine.Namespace)
	write(t, path, contents(t, made))
}

// contents are a file's; nothing where there is none.
func contents(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}
