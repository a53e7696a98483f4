package kubernetes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// injector is a webhook that judges nothing and puts sidecars into pods, by the files in a folder.
type injector struct {
	*webhook
	folder string
}

// startInjector starts one without any injection.
func startInjector(t *testing.T) *injector {
	t.Helper()
	address, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	pair, err := newPair(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	w := &webhook{t: t, address: address, pair: pair, arguments: append(allowListFile(t, ""), "--injections", folder, "--poll=1")}
	w.start()
	t.Cleanup(func() { w.daemon.stop() })
	return &injector{webhook: w, folder: folder}
}

// install applies a bundle in which this webhook injects: at its address in the place of the Service's, and the ConfigMap of its
// injection mounted as the chart does it. It returns what takes the bundle away again, which happens at the test's end too.
func (i *injector) install(arguments ...string) func() {
	i.t.Helper()
	namespace(i.t, "virt-patch")
	where := []string{"plugin", "--image", sidecarImage, "--webhook", "virt-patch/virt-patch", "--webhook-authority", i.pair.certificate}
	bundle, err := virtPatch(i.t, "", append(where, arguments...)...)
	if err != nil {
		i.t.Fatal(err)
	}
	var texts []string
	for name, made := range objects(i.t, bundle) {
		kind, name, _ := strings.Cut(name, "/")
		if kind == "MutatingWebhookConfiguration" {
			for _, registered := range made["webhooks"].([]any) {
				client := registered.(object)["clientConfig"].(object)
				service := client["service"].(object)
				client["url"] = "https://" + i.address + service["path"].(string)
				delete(client, "service")
			}
		}
		if injected, is := strings.CutSuffix(name, "-injection"); is && kind == "ConfigMap" {
			text := made["data"].(object)["injection.yaml"].(string)
			if err := os.WriteFile(filepath.Join(i.folder, injected+".yaml"), []byte(text), 0o644); err != nil {
				i.t.Fatal(err)
			}
		}
		text, err := yaml.Marshal(made)
		if err != nil {
			i.t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return applied(i.t, strings.Join(texts, "---\n"))
}

// applied applies a bundle strictly, and returns what deletes it.
func applied(t *testing.T, bundle string) func() {
	t.Helper()
	mustKubectl(t, bundle, "apply", "--server-side", "--validate=strict", "--filename=-")
	gone := false
	remove := func() {
		if !gone {
			// Two bundles of one name have objects in common.
			mustKubectl(t, bundle, "delete", "--ignore-not-found", "--filename=-")
			gone = true
		}
	}
	t.Cleanup(remove)
	return remove
}

// spec is that of a pod as the API server would keep it.
func spec(t *testing.T, namespace string, body object) (object, error) {
	t.Helper()
	status, answer, err := call(admin, http.MethodPost, "/api/v1/namespaces/"+namespace+"/pods?dryRun=All", body)
	if err != nil {
		t.Fatal(err)
	}
	if status != http.StatusCreated {
		return nil, fmt.Errorf("%d: %s", status, tail(answer))
	}
	var kept object
	if err := json.Unmarshal([]byte(answer), &kept); err != nil {
		t.Fatal(err)
	}
	return kept["spec"].(object), nil
}

// comesTo waits until pods come in with so many init containers, and returns such a pod's spec.
func comesTo(t *testing.T, namespace string, body object, containers int) object {
	t.Helper()
	var kept object
	err := waitFor(time.Minute, func() error {
		var err error
		if kept, err = spec(t, namespace, body); err != nil {
			return err
		}
		if has, _ := kept["initContainers"].([]any); len(has) != containers {
			return fmt.Errorf("%d init containers, wanted %d", len(has), containers)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestTheWebhookPutsIntoPodsWhatThePolicyDoes(t *testing.T) {
	vms, other := namespace(t, "injected"), namespace(t, "not-injected")
	arguments := []string{"--name", "either", "--namespace", vms, "--vm-label", "vm.example/tier=gold", "--cpu", "1500m",
		"--pack", "smbios", "--param", `smbios.manufacturer=A "quoted" maker`, "--policy", "builtin:baseline", tourRules}
	gold := object{"vm.example/tier": "gold"}
	bodies := map[string]object{"without init containers": launcherPod(gold), "with one": injected(gold, "another")}
	before := map[string]object{}
	for what, body := range bodies {
		kept, err := spec(t, vms, body)
		if err != nil {
			t.Fatal(err)
		}
		before[what] = kept
	}

	bundle, err := virtPatch(t, "", append([]string{"plugin", "--image", sidecarImage}, arguments...)...)
	if err != nil {
		t.Fatal(err)
	}
	remove := applied(t, bundle)
	byPolicy := map[string]object{}
	comesTo(t, vms, bodies["without init containers"], 1)
	for what, body := range bodies {
		has, _ := before[what]["initContainers"].([]any)
		byPolicy[what] = comesTo(t, vms, body, len(has)+1)
	}
	remove()
	comesTo(t, vms, bodies["without init containers"], 0)

	webhook := startInjector(t)
	removeWebhook := webhook.install(append(arguments, "--kubernetes", "1.33")...)
	comesTo(t, vms, bodies["without init containers"], 1)
	for what, body := range bodies {
		byWebhook, err := spec(t, vms, body)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(byPolicy[what], byWebhook) {
			t.Errorf("%s:\nby the policy  %v\nby the webhook %v", what, byPolicy[what], byWebhook)
		}
		if reflect.DeepEqual(before[what], byWebhook) {
			t.Errorf("%s: the pod is as it was", what)
		}
	}

	// The plugin names what brings its sidecar, which KubeVirt warns of otherwise.
	kept := mustKubectl(t, "", "get", "plugins.plugin.kubevirt.io", "either", "--output=jsonpath={.spec.mutatingAdmissionWebhooks}")
	if kept != `[{"name":"either"}]` {
		t.Error(kept)
	}

	untouched := func(what, namespace string, body object) {
		t.Helper()
		kept, err := spec(t, namespace, body)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		has, _ := kept["initContainers"].([]any)
		had, _ := body["spec"].(object)["initContainers"].([]object)
		if volumes := kept["volumes"].([]any); len(has) != len(had) || len(volumes) != 1 {
			t.Errorf("%s: %v %v", what, has, volumes)
		}
	}
	foreign := launcherPod(gold)
	foreign["metadata"].(object)["labels"].(object)["kubevirt.io"] = "virt-handler"
	without := launcherPod(gold)
	without["spec"].(object)["containers"].([]object)[0]["volumeMounts"] = []object{{"name": "x", "mountPath": "/x"}}
	without["spec"].(object)["volumes"] = []object{{"name": "x", "emptyDir": object{}}}
	untouched("a VM without the label", vms, launcherPod(nil))
	untouched("a VM in another namespace", other, launcherPod(gold))
	untouched("a pod of no VM", vms, foreign)
	untouched("a pod without sockets", vms, without)
	untouched("a pod that has the sidecar", vms, injected(gold, "either"))

	// Both at once, each asked again after the other: still one container.
	removeWebhook()
	comesTo(t, vms, launcherPod(gold), 0)
	applied(t, bundle)
	comesTo(t, vms, launcherPod(gold), 1)
	webhook.install(append(arguments, "--kubernetes", "1.33")...)
	webhook.daemon.stop()
	err = waitFor(time.Minute, func() error {
		_, err := spec(t, vms, launcherPod(gold))
		if err == nil || !strings.Contains(err.Error(), "failed calling webhook") {
			return fmt.Errorf("failurePolicy Fail, and the webhook is down: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	untouched("the webhook is down, and the pod is none of its", vms, launcherPod(nil))
	webhook.start()
	if kept := comesTo(t, vms, launcherPod(gold), 1); !reflect.DeepEqual(byPolicy["without init containers"], kept) {
		t.Errorf("both at once: %v", kept)
	}
}

// A ConfigMap reaches the webhook's pod later than the API server learns of the registration: until then no VM starts without its
// sidecar, and with Ignore it does.
func TestAnInjectionThatIsStillToCome(t *testing.T) {
	vms := namespace(t, "injected-later")
	webhook := startInjector(t)
	for _, strategy := range []string{"Fail", "Ignore"} {
		remove := webhook.install("--name", "later", "--namespace", vms, "--pack", "smbios", "--failure-strategy", strategy)
		comesTo(t, vms, launcherPod(nil), 1)
		file := filepath.Join(webhook.folder, "later.yaml")
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		err := waitFor(time.Minute, func() error {
			kept, err := spec(t, vms, launcherPod(nil))
			switch {
			case strategy == "Fail" && (err == nil || !strings.Contains(err.Error(), "unable to handle the request")):
				return fmt.Errorf("%v", err)
			case strategy == "Ignore" && err != nil:
				return err
			case strategy == "Ignore" && kept["initContainers"] != nil:
				return fmt.Errorf("still injected")
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", strategy, err)
		}
		remove()
	}
}

// What a bundle's ConfigMap is called and what stands in it is what the chart mounts into the webhook's pods.
func TestTheChartMountsWhatABundleRenders(t *testing.T) {
	deployment := func(plugins string) (arguments []any, sources []any) {
		t.Helper()
		text := mustHelm(t, "template", "virt-patch", chart, "--set-json=webhook.plugins="+plugins)
		made := objects(t, text)["Deployment/virt-patch"]["spec"].(object)["template"].(object)["spec"].(object)
		for _, volume := range made["volumes"].([]any) {
			if volume.(object)["name"] == "injections" {
				sources = volume.(object)["projected"].(object)["sources"].([]any)
			}
		}
		return made["containers"].([]any)[0].(object)["args"].([]any), sources
	}
	const argument = "--injections=/run/virt-patch/injections"
	arguments, sources := deployment(`["tuning", "virt-patch"]`)
	if !strings.Contains(fmt.Sprint(arguments), argument) || len(sources) != 2 {
		t.Fatalf("%v %v", arguments, sources)
	}
	for i, name := range []string{"tuning", "virt-patch"} {
		bundle, err := virtPatch(t, "", "plugin", "--image", sidecarImage, "--pack", "smbios", "--name", name,
			"--webhook", "virt-patch/virt-patch", "--webhook-authority", "OpenShift")
		if err != nil {
			t.Fatal(err)
		}
		mounted := sources[i].(object)["configMap"].(object)
		item := mounted["items"].([]any)[0].(object)
		made := objects(t, bundle)["ConfigMap/"+mounted["name"].(string)]
		data, _ := made["data"].(object)
		if text, _ := data[item["key"].(string)].(string); !strings.Contains(text, "kind: SidecarInjection") || len(data) != 1 {
			t.Errorf("%v is not in %s", mounted, bundle)
		}
		// One that is still to come does not keep the webhook from starting, and each is a file that is read.
		if mounted["optional"] != true || item["path"] != name+".yaml" {
			t.Errorf("%v", mounted)
		}
	}
	if arguments, sources := deployment("[]"); strings.Contains(fmt.Sprint(arguments), "--injections") || sources != nil {
		t.Errorf("without plugins: %v %v", arguments, sources)
	}
}
