package libvirt

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "kubevirt.io/api/core/v1"
	"kubevirt.io/kubevirt/pkg/hooks"
	"kubevirt.io/kubevirt/pkg/virt-launcher/virtwrap/api"

	"virt-patch.dev/tests/kubevirt/launcher"
)

// sidecar starts the real one in a pod of its own and gives KubeVirt's manager that calls it.
func sidecar(t *testing.T, args ...string) hooks.Manager {
	t.Helper()
	pod := folder(t)
	dir := filepath.Join(pod, "hook-sidecar-0")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(setting(t, "VIRT_PATCH_SIDECAR"), append([]string{"--version", "v1alpha2", "--socket-dir", dir}, args...)...)
	command.Env = append(os.Environ(), "CONTAINER_NAME=hook-sidecar-0")
	var log strings.Builder
	command.Stderr = &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
	})
	// KubeVirt looks at once, and then three times a second.
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(time.Millisecond) {
		if found, _ := filepath.Glob(filepath.Join(dir, "*.sock")); len(found) > 0 {
			break
		}
	}
	manager := launcher.Manager(pod)
	if err := manager.Collect(1, time.Minute); err != nil {
		command.Process.Kill()
		command.Wait()
		t.Fatalf("%v\n%s", err, log.String())
	}
	return manager
}

// domain reads a file of domains/ as virt-launcher's converter would have made it.
func (h *hypervisor) domain(t *testing.T, name string) *api.DomainSpec {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("domains", name+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	return read(t, h.places.Replace(string(text)))
}

// sent is the domain as virt-launcher writes it.
func (h *hypervisor) sent(t *testing.T, name string) string {
	t.Helper()
	text, err := xml.MarshalIndent(h.domain(t, name), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func read(t *testing.T, domain string) *api.DomainSpec {
	t.Helper()
	spec := &api.DomainSpec{}
	if err := xml.Unmarshal([]byte(domain), spec); err != nil {
		t.Fatalf("KubeVirt cannot read the domain: %v\n%s", err, domain)
	}
	spec.XmlNS = "http://libvirt.org/schemas/domain/qemu/1.0"
	return spec
}

// placeholder is the interface of the first call that KubeVirt keeps a place for.
const placeholder = "placeholder-0"

// A start is what the two calls of one boot sent and got. libvirt has the second answer in the end.
type start struct {
	requests, answers [2]string
}

// started takes a domain through the calls of a boot. As in KubeVirt's WithNetworkIfacesResources there is a first
// one, with a placeholder for an interface that is plugged later: libvirt defines its answer, and the devices that
// KubeVirt reads back are sent again, beside all else as before. An error is libvirt's about the first answer.
func (h *hypervisor) started(t *testing.T, m hooks.Manager, spec *api.DomainSpec, vmi *v1.VirtualMachineInstance) (start, error) {
	t.Helper()
	var s start
	first := spec.DeepCopy()
	first.Devices.Interfaces = append(first.Devices.Interfaces, api.Interface{
		Type:   "ethernet",
		Model:  &api.Model{Type: "virtio-non-transitional"},
		Alias:  api.NewNonUserDefinedAlias(placeholder),
		Target: &api.InterfaceTarget{Device: placeholder, Managed: "no"},
	})
	s.requests[0], s.answers[0] = call(t, m, first, vmi)
	kept, err := h.defined(t, s.answers[0])
	if err != nil {
		return s, err
	}
	second := spec.DeepCopy()
	read(t, kept).Devices.DeepCopyInto(&second.Devices)
	second.Devices.Interfaces = spec.DeepCopy().Devices.Interfaces
	s.requests[1], s.answers[1] = call(t, m, second, vmi)
	return s, nil
}

// call gives what KubeVirt's manager sends, and the answer.
func call(t *testing.T, m hooks.Manager, spec *api.DomainSpec, vmi *v1.VirtualMachineInstance) (string, string) {
	t.Helper()
	request, err := xml.MarshalIndent(spec, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := m.OnDefineDomain(spec, vmi)
	if err != nil {
		t.Fatalf("the hook fails: %v", err)
	}
	return string(request), answer
}

// written is what the sidecar added in either call, and removed what it took out; the placeholder aside.
func (s start) written(t *testing.T) (written, removed map[string]int) {
	t.Helper()
	written, removed = map[string]int{}, map[string]int{}
	for i := range s.requests {
		request, answer := facts(t, withoutPlaceholder(s.requests[i])), facts(t, withoutPlaceholder(s.answers[i]))
		for fact, times := range beyond(answer, request) {
			written[fact] = max(written[fact], times)
		}
		for fact, times := range beyond(request, answer) {
			removed[fact] = max(removed[fact], times)
		}
	}
	return written, removed
}

func withoutPlaceholder(domain string) string {
	at := strings.Index(domain, placeholder)
	if at < 0 {
		return domain
	}
	begin, end := strings.LastIndex(domain[:at], "<interface"), at+strings.Index(domain[at:], "</interface>")
	return domain[:begin] + domain[end+len("</interface>"):]
}
