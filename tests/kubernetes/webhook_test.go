package kubernetes

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// webhook is a running `virt-patch webhook` with its registration for one namespace.
type webhook struct {
	t       *testing.T
	address string
	pair    pair
	judged  string
	// What it is started with beside its address and its certificate.
	arguments []string
	daemon    *daemon
}

// startWebhook installs the account that an overlay of `deploy` gives the webhook, starts it as that account, and registers it
// for the namespace `judged`, as the chart would, but for its address.
func startWebhook(t *testing.T, overlay, judged string, arguments ...string) *webhook {
	t.Helper()
	installAccess(t, overlay)
	token := strings.TrimSpace(mustKubectl(t, "", "create", "token", "virt-patch", "--namespace=virt-patch"))
	config := filepath.Join(t.TempDir(), "kubeconfig")
	certificate := filepath.Join(cluster.folder, "certificates", "apiserver.crt")
	if err := os.WriteFile(config, []byte(kubeconfig(certificate, token)), 0o600); err != nil {
		t.Fatal(err)
	}
	address, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	pair, err := newPair(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &webhook{t: t, address: address, pair: pair, judged: namespace(t, judged),
		arguments: append([]string{"--kubeconfig", config}, arguments...)}
	w.start()
	w.register("Fail")
	t.Cleanup(func() {
		mustKubectl(t, "", "delete", "validatingwebhookconfiguration", "virt-patch")
		w.daemon.stop()
	})
	return w
}

// start starts the process and waits until it is ready.
func (w *webhook) start() {
	w.t.Helper()
	arguments := append([]string{"webhook", "--listen", w.address, "--cert", w.pair.certificate, "--key", w.pair.key, "--drain=0"},
		w.arguments...)
	d, err := start("webhook", exec.Command(program(w.t), arguments...))
	if err != nil {
		w.t.Fatal(err)
	}
	w.daemon = d
	client := &http.Client{Timeout: 30 * time.Second, Transport: trusting(w.pair.certificate)}
	err = d.waitFor(time.Minute, func() error {
		response, err := client.Get("https://" + w.address + "/readyz")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("/readyz says %s", response.Status)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// register creates the chart's ValidatingWebhookConfiguration, with the address of the process in the place of the Service's,
// and waits until the API server calls it.
func (w *webhook) register(failurePolicy string) {
	w.t.Helper()
	text := mustHelm(w.t, "template", "virt-patch", chart, "--namespace=virt-patch", "--set=webhook.failurePolicy="+failurePolicy,
		"--show-only=templates/webhook/registration.yaml")
	configuration := objects(w.t, text)["ValidatingWebhookConfiguration/virt-patch"]
	for _, registered := range configuration["webhooks"].([]any) {
		registered := registered.(object)
		registered["clientConfig"] = object{"url": "https://" + w.address + "/validate",
			"caBundle": base64.StdEncoding.EncodeToString(w.pair.pem)}
		registered["namespaceSelector"] = object{"matchLabels": object{"kubernetes.io/metadata.name": w.judged}}
	}
	manifest, err := yaml.Marshal(configuration)
	if err != nil {
		w.t.Fatal(err)
	}
	mustKubectl(w.t, string(manifest), "apply", "--server-side", "--force-conflicts", "--validate=strict", "--filename=-")
	w.inForce(func() error {
		if w.refusal("[{}]") == nil {
			return fmt.Errorf("the webhook is not called")
		}
		return nil
	})
}

// inForce waits for something that the API server or the webhook learn of by and by.
func (w *webhook) inForce(try func() error) {
	w.t.Helper()
	if err := w.daemon.waitFor(30*time.Second, try); err != nil {
		w.t.Fatal(err)
	}
}

// refusal is what is said of a VMI with these sidecars.
func (w *webhook) refusal(sidecars string) error {
	w.t.Helper()
	return refusal(w.t, instances(w.judged), instance("vm", sidecars))
}

// allowListFile writes a list to a file and returns the arguments that name it.
func allowListFile(t *testing.T, list string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "images.txt")
	if err := os.WriteFile(path, []byte(list), 0o644); err != nil {
		t.Fatal(err)
	}
	return []string{"--allow-list", path}
}

func TestTheWebhookJudgesTheTableThroughTheAPIServer(t *testing.T) {
	list, rows := annotations(t)
	w := startWebhook(t, "webhook", "judged-table", allowListFile(t, list)...)
	for _, row := range rows {
		refused := w.refusal(row.text())
		if (refused == nil) != row.Allowed {
			t.Errorf("%s: wanted allowed %v, the webhook says %v", row.Name, row.Allowed, refused)
		}
		if refused == nil {
			continue
		}
		for _, code := range row.Codes {
			if !strings.Contains(refused.Error(), "["+code+"]") {
				t.Errorf("%s: no %s in %v", row.Name, code, refused)
			}
		}
	}
}

func TestTheWebhookJudgesWhatKubectlCreatesAndChanges(t *testing.T) {
	w := startWebhook(t, "webhook", "judged-kubectl", allowListFile(t, "registry.example/virt-patch-sidecar")...)
	for _, kind := range []struct {
		collection string
		make       func(name, sidecars string) object
	}{
		{instances(w.judged), instance}, {virtualMachines(w.judged), virtualMachine}, {replicaSets(w.judged), replicaSet}, {pools(w.judged), pool},
	} {
		if err := refusal(t, kind.collection, kind.make("fine", allowed)); err != nil {
			t.Errorf("%s: %v", kind.collection, err)
		}
		if err := refusal(t, kind.collection, kind.make("evil", refused)); err == nil || !strings.Contains(err.Error(), "evil.example/miner") {
			t.Errorf("%s: %v", kind.collection, err)
		}
	}

	create := func(body object) error {
		manifest, err := yaml.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		_, err = kubectl(t, string(manifest), "create", "--namespace", w.judged, "--filename=-")
		return err
	}
	err := create(virtualMachine("evil", refused))
	if err == nil || !strings.Contains(err.Error(), "error[image-not-allowed]") || !strings.Contains(err.Error(), "hookSidecars:1:") {
		t.Errorf("the code and the place: %v", err)
	}
	if err := create(virtualMachine("fine", allowed)); err != nil {
		t.Fatal(err)
	}
	edit := func(sidecars string) error {
		patch, err := json.Marshal(object{"spec": object{"template": object{"metadata": object{"annotations": object{hookSidecars: sidecars}}}}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = kubectl(t, "", "patch", "--namespace", w.judged, "virtualmachine/fine", "--type=merge", "--patch", string(patch))
		return err
	}
	if err := edit(refused); err == nil || !strings.Contains(err.Error(), "image-not-allowed") {
		t.Errorf("an update: %v", err)
	}
	if err := edit("[]"); err != nil {
		t.Errorf("an update to nothing: %v", err)
	}

	wrong := object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": "rules", "labels": object{"virt-patch.dev/rules": "true"}},
		"data": object{"rules.yaml": "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: r}\nspec: {onDefineDomain: [{remove: '/domain['}]}\n"}}
	if err := create(wrong); err == nil || !strings.Contains(err.Error(), "error[xpath-syntax]") {
		t.Errorf("rules in a ConfigMap: %v", err)
	}
	delete(wrong["metadata"].(object), "labels")
	if err := create(wrong); err != nil {
		t.Errorf("a ConfigMap without the label: %v", err)
	}
}

func TestRulesInTheClusterAnswerToAPolicy(t *testing.T) {
	w := startWebhook(t, "webhook", "judged-by-rule-policy", append(allowListFile(t, ""), "--policy", "builtin:restricted")...)
	rules := func(source string) error {
		rules := "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: r}\nspec:\n  params:\n    p: {" + source +
			"}\n  onDefineDomain:\n    - set: {/domain/title: '${p}'}\n"
		return refusal(t, "/api/v1/namespaces/"+w.judged+"/configmaps", object{"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": object{"name": "rules", "labels": object{"virt-patch.dev/rules": "true"}}, "data": object{"rules.yaml": rules}})
	}
	if err := rules("annotation: vm.example/title"); err != nil {
		t.Errorf("a param from an annotation: %v", err)
	}
	if err := rules("env: HOME"); err == nil || !strings.Contains(err.Error(), "error[policy-rules]") {
		t.Errorf("a param from the environment: %v", err)
	}
}

func TestRulesOfAPluginPassTheWebhook(t *testing.T) {
	w := startWebhook(t, "webhook", "judged-plugin", allowListFile(t, "")...)
	installPlugin(t, "--name", "judged", "--namespace", w.judged, tourRules)
	kept := mustKubectl(t, "", "get", "configmap", "judged-rules", "--namespace", w.judged, "--output=jsonpath={.metadata.labels}")
	if !strings.Contains(kept, `"virt-patch.dev/rules":"true"`) {
		t.Errorf("the webhook was not asked: %s", kept)
	}
}

func TestTheWebhookFollowsHarvestersSetting(t *testing.T) {
	setSetting(t, "a.example/x:1,b.example/x:1", "")
	w := startWebhook(t, "harvester", "judged-setting", "--harvester-setting")
	allows := func(image string) bool { return w.refusal(`[{"image": "`+image+`"}]`) == nil }
	if !allows("b.example/x:1") || allows("c.example/x:1") {
		t.Error("without a value its default counts")
	}
	setSetting(t, "a.example/x:1,b.example/x:1", "c.example/x:1")
	w.inForce(func() error {
		if !allows("c.example/x:1") || allows("b.example/x:1") {
			return fmt.Errorf("the value does not count")
		}
		return nil
	})
	setSetting(t, "a.example/x:1,b.example/x:1", "")
	w.inForce(func() error {
		if !allows("b.example/x:1") || allows("c.example/x:1") {
			return fmt.Errorf("the default does not count again")
		}
		return nil
	})
}

func TestTheWebhookFollowsItsConfigMap(t *testing.T) {
	namespace(t, "virt-patch")
	list := func(images string) {
		body := object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": "virt-patch-allow-list", "namespace": "virt-patch"},
			"data": object{"images": images}}
		manifest, err := yaml.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		mustKubectl(t, string(manifest), "apply", "--server-side", "--force-conflicts", "--filename=-")
	}
	list("a.example/x:1\n")
	w := startWebhook(t, "webhook", "judged-config-map", "--allow-list-configmap", "virt-patch/virt-patch-allow-list")
	allows := func(image string) bool { return w.refusal(`[{"image": "`+image+`"}]`) == nil }
	if !allows("a.example/x:1") || allows("b.example/x:1") {
		t.Error("the list at the start")
	}
	list("b.example/x:1\n")
	w.inForce(func() error {
		if allows("a.example/x:1") || !allows("b.example/x:1") {
			return fmt.Errorf("the changed list does not count")
		}
		return nil
	})
}

func TestWhatTheAPIServerDoesWhileTheWebhookIsDown(t *testing.T) {
	w := startWebhook(t, "webhook", "judged-while-down", allowListFile(t, "registry.example/virt-patch-sidecar")...)
	if err := w.refusal(allowed); err != nil {
		t.Fatal(err)
	}
	w.daemon.stop()
	if err := w.refusal(allowed); err == nil || !strings.Contains(err.Error(), "failed calling webhook") {
		t.Errorf("failurePolicy Fail: %v", err)
	}
	w.start()
	if err := w.refusal(allowed); err != nil {
		t.Errorf("it is up again: %v", err)
	}
	w.register("Ignore")
	if err := w.refusal(refused); err == nil {
		t.Error("failurePolicy Ignore, and the webhook is up")
	}
	w.daemon.stop()
	// The API server may still have the policy of before.
	if err := waitFor(30*time.Second, func() error { return w.refusal(refused) }); err != nil {
		t.Errorf("failurePolicy Ignore: %v", err)
	}
}

func TestAWarningReachesTheUser(t *testing.T) {
	w := startWebhook(t, "webhook", "judged-kindly", allowListFile(t, "registry.example/virt-patch-sidecar")...)
	w.daemon.stop()
	w.arguments = append(w.arguments, "--mode=Warn")
	w.start()
	manifest, err := yaml.Marshal(virtualMachine("evil", refused))
	if err != nil {
		t.Fatal(err)
	}
	path, err := tool("kubectl")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path, "--kubeconfig", cluster.kubeconfig, "create", "--namespace", w.judged, "--filename=-")
	command.Stdin = strings.NewReader(string(manifest))
	said, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(said), "Warning: ") || !strings.Contains(string(said), "image-not-allowed") {
		t.Errorf("%v: %s", err, said)
	}
}
