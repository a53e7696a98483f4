package kubernetes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The image of the plugins' sidecar.
const sidecarImage = "registry.example/virt-patch-sidecar:1.0"

// A rule file that becomes a ConfigMap of the bundle.
const tourRules = "../../examples/tour/rules.yaml"

// launcherPod is what virt-controller makes of a VM where the feature gate Plugins is on, as far as the policies look.
// KubeVirt's policy on sub-paths wants every container to have mounts.
func launcherPod(labels object) object {
	mounts := []object{{"name": "kubevirt-plugin-sockets", "mountPath": "/var/run/kubevirt-plugin"}}
	all := object{"kubevirt.io": "virt-launcher"}
	for key, value := range labels {
		all[key] = value
	}
	return object{"apiVersion": "v1", "kind": "Pod", "metadata": object{"name": "virt-launcher-vm", "labels": all}, "spec": object{
		"containers": []object{{"name": "compute", "image": "quay.io/kubevirt/virt-launcher:v1.9.0", "volumeMounts": mounts,
			"resources": object{"requests": object{"cpu": "2", "memory": "1Gi"}, "limits": object{"cpu": "2", "memory": "1Gi"}}}},
		"volumes": []object{{"name": "kubevirt-plugin-sockets", "emptyDir": object{}}},
	}}
}

// pod is what a pod looks like once it is admitted.
type pod struct {
	Spec struct {
		InitContainers []struct {
			Name, Image, RestartPolicy string
			Args                       []string
			Resources                  struct{ Requests, Limits map[string]string }
			VolumeMounts               []struct{ Name, MountPath, SubPath string }
			SecurityContext            map[string]any
		}
		Volumes []struct {
			Name      string
			ConfigMap *struct{ Name string }
		}
	}
	Status struct{ QosClass string }
}

// admitted creates a pod in a dry run and returns it as the API server would keep it.
func admitted(t *testing.T, namespace string, body object) pod {
	t.Helper()
	status, answer, err := call(admin, http.MethodPost, "/api/v1/namespaces/"+namespace+"/pods?dryRun=All", body)
	if err != nil || status != http.StatusCreated {
		t.Fatalf("%d %v: %s", status, err, tail(answer))
	}
	var kept pod
	if err := json.Unmarshal([]byte(answer), &kept); err != nil {
		t.Fatal(err)
	}
	return kept
}

// installPlugin renders a bundle and applies it; it is gone after the test.
func installPlugin(t *testing.T, arguments ...string) {
	t.Helper()
	bundle, err := virtPatch(t, "", append([]string{"plugin", "--image", sidecarImage}, arguments...)...)
	if err != nil {
		t.Fatal(err)
	}
	// Strict: the API server refuses a field that it does not know.
	mustKubectl(t, bundle, "apply", "--server-side", "--validate=strict", "--filename=-")
	t.Cleanup(func() { mustKubectl(t, bundle, "delete", "--filename=-") })
}

func TestThePluginPutsANativeSidecarIntoThePodsOfVMs(t *testing.T) {
	for _, release := range []string{"1.36", "1.34"} {
		t.Run(release, func(t *testing.T) {
			vms := namespace(t, "plugin-"+strings.ReplaceAll(release, ".", "-"))
			other := namespace(t, "no-plugin")
			name := "patch-" + strings.ReplaceAll(release, ".", "-")
			installPlugin(t, "--kubernetes", release, "--name", name, "--namespace", vms, "--vm-label", "vm.example/tier=gold",
				"--pack", "smbios", "--param", `smbios.manufacturer=A "quoted" maker`, tourRules)
			gold := object{"vm.example/tier": "gold"}
			var kept pod
			err := waitFor(time.Minute, func() error {
				if kept = admitted(t, vms, launcherPod(gold)); len(kept.Spec.InitContainers) != 1 {
					return fmt.Errorf("%d init containers", len(kept.Spec.InitContainers))
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			c := kept.Spec.InitContainers[0]
			socket := "/var/run/kubevirt-plugin/" + name
			args := []string{"--plugin-socket", socket + "/virt-patch.sock", "--pack", "smbios", "--param", `smbios.manufacturer=A "quoted" maker`}
			if c.Name != name || c.Image != sidecarImage || c.RestartPolicy != "Always" || fmt.Sprint(c.Args) != fmt.Sprint(args) {
				t.Errorf("%+v", c)
			}
			if fmt.Sprint(c.Resources.Requests) != fmt.Sprint(c.Resources.Limits) || c.Resources.Limits["cpu"] != "200m" {
				t.Errorf("%+v", c.Resources)
			}
			if kept.Status.QosClass != "Guaranteed" {
				t.Errorf("the pod's class is %q", kept.Status.QosClass)
			}
			mounts := fmt.Sprint(c.VolumeMounts)
			if mounts != fmt.Sprintf("[{kubevirt-plugin-sockets %s %s} {%s-rules /etc/virt-patch/rules }]", socket, name, name) {
				t.Error(mounts)
			}
			last := kept.Spec.Volumes[len(kept.Spec.Volumes)-1]
			if last.ConfigMap == nil || last.ConfigMap.Name != name+"-rules" {
				t.Errorf("%+v", kept.Spec.Volumes)
			}

			for what, kept := range map[string]pod{
				"a VM without the label":     admitted(t, vms, launcherPod(nil)),
				"a VM in another namespace":  admitted(t, other, launcherPod(gold)),
				"a pod that has the sidecar": admitted(t, vms, injected(gold, name)),
			} {
				want := 0
				if what == "a pod that has the sidecar" {
					want = 1
				}
				if len(kept.Spec.InitContainers) != want {
					t.Errorf("%s: %+v", what, kept.Spec.InitContainers)
				}
			}
			without := launcherPod(gold)
			without["spec"].(object)["containers"].([]object)[0]["volumeMounts"] = []object{{"name": "x", "mountPath": "/x"}}
			without["spec"].(object)["volumes"] = []object{{"name": "x", "emptyDir": object{}}}
			if kept := admitted(t, vms, without); len(kept.Spec.InitContainers) != 0 {
				t.Errorf("the feature gate is off: %+v", kept.Spec.InitContainers)
			}
		})
	}
}

// injected is a pod with an init container of this name.
func injected(labels object, name string) object {
	body := launcherPod(labels)
	body["spec"].(object)["initContainers"] = []object{{"name": name, "image": sidecarImage, "volumeMounts": []object{
		{"name": "kubevirt-plugin-sockets", "mountPath": "/s", "subPath": "s"}}}}
	return body
}

// What KubeVirt's policies say of a socket elsewhere they must not say of ours: the control of the test above.
func TestKubeVirtsPoliciesAreInForce(t *testing.T) {
	body := object{"apiVersion": "plugin.kubevirt.io/v1alpha1", "kind": "Plugin", "metadata": object{"name": "elsewhere"},
		"spec": object{"domainHooks": []object{{"sidecar": object{"socketPath": "/var/run/kubevirt-plugin/other/x.sock"}}}}}
	err := waitFor(time.Minute, func() error {
		refused := refusal(t, "/apis/plugin.kubevirt.io/v1alpha1/plugins", body)
		if refused == nil || !strings.Contains(refused.Error(), "must start with /var/run/kubevirt-plugin/") {
			return fmt.Errorf("a socket elsewhere: %v", refused)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	vms := namespace(t, "no-plugin")
	whole := launcherPod(nil)
	whole["spec"].(object)["initContainers"] = []object{{"name": "nosy", "image": "x", "volumeMounts": []object{
		{"name": "kubevirt-plugin-sockets", "mountPath": "/s"}}}}
	if err := refusal(t, "/api/v1/namespaces/"+vms+"/pods", whole); err == nil || !strings.Contains(err.Error(), "subPath") {
		t.Errorf("the whole volume: %v", err)
	}
	// A trap of KubeVirt 1.9.0 that docs/cluster.md tells of; once this fails, it is gone.
	bare := launcherPod(nil)
	bare["spec"].(object)["containers"] = append(bare["spec"].(object)["containers"].([]object), object{"name": "bare", "image": "x"})
	if err := refusal(t, "/api/v1/namespaces/"+vms+"/pods", bare); err == nil || !strings.Contains(err.Error(), "no such key: volumeMounts") {
		t.Errorf("a container without mounts: %v", err)
	}
}
