package kubevirt

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	pluginapi "kubevirt.io/api/plugin/v1alpha1"
	"sigs.k8s.io/yaml"

	"kubevirt.io/kubevirt/pkg/virt-launcher/virtwrap/plugins"
)

// rendered is the Plugin of what `virt-patch plugin` prints, read as KubeVirt reads it.
func rendered(t *testing.T, arguments ...string) pluginapi.Plugin {
	t.Helper()
	arguments = append([]string{"plugin", "--image", "registry.example/virt-patch-sidecar:1.0", "--pack", "smbios"}, arguments...)
	bundle, err := exec.Command(program(t, "VIRT_PATCH"), arguments...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range strings.Split(string(bundle), "---\n") {
		if strings.Contains(document, "\nkind: Plugin\n") {
			var plugin pluginapi.Plugin
			if err := yaml.UnmarshalStrict([]byte(document), &plugin); err != nil {
				t.Fatal(err)
			}
			return plugin
		}
	}
	t.Fatalf("no Plugin in\n%s", bundle)
	return pluginapi.Plugin{}
}

// Where the condition is not met virt-launcher must not wait for a socket: it would, for half a minute, and then fail.
func TestAPluginOfOursIsForTheVMsThatItNames(t *testing.T) {
	p := rendered(t, "--name", "virt-patch-bundle", "--namespace", "default", "--vm-label", "vm.example/tier=gold")
	socket := p.Spec.DomainHooks[0].Sidecar.SocketPath
	if err := os.MkdirAll(filepath.Dir(socket), 0o755); err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(filepath.Dir(socket)) })

	called := func(namespace string, labels map[string]string) bool {
		machine := vmi(t)
		machine.Namespace, machine.Labels = namespace, labels
		_, xml, err := plugins.ApplyDomainHooks([]pluginapi.Plugin{p}, machine, domain(t), pluginapi.InvocationContextBoot)
		if err != nil {
			t.Fatalf("%s %v: %v", namespace, labels, err)
		}
		return strings.Contains(xml, "A maker of ours")
	}
	gold := map[string]string{"vm.example/tier": "gold"}
	for _, other := range []struct {
		namespace string
		labels    map[string]string
	}{{"default", nil}, {"default", map[string]string{"vm.example/tier": "lead"}}, {"other", gold}} {
		if called(other.namespace, other.labels) {
			t.Errorf("%s %v: it was called", other.namespace, other.labels)
		}
	}
	start(t, program(t, "VIRT_PATCH_SIDECAR"), launcher(t), "c", "--plugin-socket", socket, "--pack", "smbios",
		"--param", "smbios.manufacturer=A maker of ours")
	listening(t, socket)
	if !called("default", gold) {
		t.Error("a VM that it names: it was not called")
	}
}

// Whoever puts the sidecar into pods, KubeVirt waits for the same socket in the same VMs.
func TestAPluginOfTheWebhookIsThePluginOfThePolicy(t *testing.T) {
	arguments := []string{"--name", "tuning", "--namespace", "default", "--vm-label", "vm.example/tier=gold"}
	byPolicy := rendered(t, arguments...).Spec
	byWebhook := rendered(t, append(arguments, "--kubernetes", "1.33", "--webhook", "virt-patch/virt-patch", "--webhook-authority", "OpenShift")...).Spec
	want := []pluginapi.AdmissionReference{{Name: "tuning"}}
	if !reflect.DeepEqual(byPolicy.MutatingAdmissionPolicies, want) || !reflect.DeepEqual(byWebhook.MutatingAdmissionWebhooks, want) {
		t.Errorf("%v %v", byPolicy.MutatingAdmissionPolicies, byWebhook.MutatingAdmissionWebhooks)
	}
	byPolicy.MutatingAdmissionPolicies, byWebhook.MutatingAdmissionWebhooks = nil, nil
	if !reflect.DeepEqual(byPolicy, byWebhook) {
		t.Errorf("%+v\n%+v", byPolicy, byWebhook)
	}
}
