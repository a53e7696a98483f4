package kubernetes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const (
	chart     = "../../deploy/helm/virt-patch"
	kustomize = "../../deploy/kustomize"
)

// helm runs it as the administrator.
func helm(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	return run(t, "helm", "", append([]string{"--kubeconfig", cluster.kubeconfig}, arguments...)...)
}

func mustHelm(t *testing.T, arguments ...string) string {
	t.Helper()
	said, err := helm(t, arguments...)
	if err != nil {
		t.Fatalf("helm %s: %v", strings.Join(arguments, " "), err)
	}
	return said
}

// objects are those of a text of several YAML documents, by kind and name.
func objects(t *testing.T, text string) map[string]object {
	t.Helper()
	found := map[string]object{}
	for _, document := range strings.Split("\n"+text, "\n---") {
		var read struct {
			Kind     string
			Metadata struct{ Name string }
		}
		var whole object
		if err := yaml.Unmarshal([]byte(document), &read); err != nil {
			t.Fatalf("%v:\n%s", err, document)
		}
		if err := yaml.Unmarshal([]byte(document), &whole); err != nil {
			t.Fatal(err)
		}
		if read.Kind != "" {
			found[read.Kind+"/"+read.Metadata.Name] = whole
		}
	}
	return found
}

// The folders of kustomize that hold what Helm renders, with the values of each.
var rendered = map[string][]string{
	"webhook":   {"--set=webhook.certificate.from=CertManager"},
	"openshift": {"--set=webhook.certificate.from=OpenShift", "--set=webhook.runAsUser=null"},
	"harvester": {"--set=webhook.certificate.from=CertManager", "--set=allowList.source=HarvesterSetting"},
}

const renderedHead = "# Made of deploy/helm/virt-patch; do not edit: in tests/kubernetes, BLESS=1 go test -run TestKustomizeHolds makes it anew.\n"

func TestKustomizeHoldsWhatTheChartRenders(t *testing.T) {
	for folder, values := range rendered {
		arguments := append([]string{"template", "virt-patch", chart, "--namespace", "virt-patch"}, values...)
		want := renderedHead + mustHelm(t, arguments...)
		path := filepath.Join(kustomize, folder, "chart.yaml")
		if os.Getenv("BLESS") != "" {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("%s is not what the chart renders; BLESS=1 writes it anew (%v)", path, err)
		}
	}
}

func TestTheChartInstallsKeepsItsCertificateAndGoes(t *testing.T) {
	const release, at = "patch", "chart-installed"
	install := []string{"upgrade", "--install", release, chart, "--namespace", at, "--create-namespace",
		"--set", "admissionPolicy.enabled=true", "--set-file", "webhook.policies.restricted\\.yaml=testdata/policy.yaml"}
	// The chart's policy goes at the end, and must not be the last of its kind: see installedPolicy.
	policed(t)
	t.Cleanup(func() { mustHelm(t, "uninstall", release, "--namespace", at) })
	mustHelm(t, append(install, "--dry-run=server")...)
	mustHelm(t, install...)
	authority := func() string {
		return mustKubectl(t, "", "get", "validatingwebhookconfiguration", release, "--output=jsonpath={.webhooks[*].clientConfig.caBundle}") +
			mustKubectl(t, "", "get", "secret", release+"-certificate", "--namespace", at, "--output=jsonpath={.data}")
	}
	before := authority()
	if strings.Contains(before, "PRIVATE KEY") || len(before) < 2000 {
		t.Errorf("%d bytes of certificates", len(before))
	}
	mustHelm(t, append(install, "--set", "webhook.replicas=3")...)
	if authority() != before {
		t.Error("an upgrade made another certificate")
	}
	// Nobody answers for the webhook, and its failurePolicy is Fail.
	err := refusal(t, instances(at), instance("vm", allowed))
	if err == nil || !strings.Contains(err.Error(), "sidecars.virt-patch.dev") {
		t.Errorf("the webhook is registered, and down: %v", err)
	}
}

func TestTheChartRefusesWrongValues(t *testing.T) {
	for values, said := range map[string]string{
		"webhook.mode=enforce":         "webhook/mode",
		"webhook.replica=3":            "replica",
		"webhook.timeoutSeconds=60":    "timeoutSeconds",
		"allowList.images={a\\,b}":     "allowList/images",
		"admissionPolicy.actions={no}": "actions",
		// What the webhook would not start with.
		"webhook.builtinPolicies={strict}":                      "builtinPolicies",
		"webhook.policies.tenants=x":                            "webhook/policies",
		"webhook.policies.\\.a\\.yaml=x":                        "webhook/policies",
		"webhook.plugins={a/b}":                                 "webhook/plugins",
		"webhook.networkPolicy.reviewsFrom[0].cidr=10.0.0.0/24": "reviewsFrom",
		// Without a port a rule is for all of them.
		"webhook.networkPolicy.apiServerPorts={}":   "apiServerPorts",
		"webhook.networkPolicy.apiServerPorts=null": "apiServerPorts",
	} {
		_, err := helm(t, "template", "virt-patch", chart, "--set", values)
		if err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("%s: %v", values, err)
		}
	}
}

// At the webhook's port anyone may take all connections that there are; a probe that waits there would end the webhook.
func TestProbesAreNotAtThePortOfReviews(t *testing.T) {
	text := mustHelm(t, "template", "virt-patch", chart, "--set=webhook.networkPolicy.apiServerPorts={8443}",
		"--set=webhook.networkPolicy.reviewsFrom[0].ipBlock.cidr=10.0.0.0/24")
	made := objects(t, text)
	pod := made["Deployment/virt-patch"]["spec"].(object)["template"].(object)["spec"].(object)
	container := pod["containers"].([]any)[0].(object)
	for probe, path := range map[string]string{"livenessProbe": "/healthz", "readinessProbe": "/readyz"} {
		get, _ := container[probe].(object)["httpGet"].(object)
		if get["port"] != "metrics" || get["path"] != path || get["scheme"] != nil {
			t.Errorf("%s: %v", probe, get)
		}
	}
	egress := fmt.Sprint(made["NetworkPolicy/virt-patch"]["spec"].(object)["egress"])
	if egress != "[map[ports:[map[port:8443]]]]" {
		t.Errorf("the API server's port: %s", egress)
	}
	ingress := fmt.Sprint(made["NetworkPolicy/virt-patch"]["spec"].(object)["ingress"])
	if ingress != "[map[from:[map[ipBlock:map[cidr:10.0.0.0/24]]] ports:[map[port:webhook]]]]" {
		t.Errorf("where reviews come from: %s", ingress)
	}
}

// The pods that the Deployment makes are within the strictest of Kubernetes' standards.
func TestTheWebhooksPodsAreRestricted(t *testing.T) {
	restricted := "restricted-pods"
	body := object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": restricted,
		"labels": object{"pod-security.kubernetes.io/enforce": "restricted"}}}
	if status, answer, err := call(admin, http.MethodPost, "/api/v1/namespaces", body); err != nil || status != http.StatusCreated {
		t.Fatalf("%d %v: %s", status, err, tail(answer))
	}
	for folder := range rendered {
		text, err := os.ReadFile(filepath.Join(kustomize, folder, "chart.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		deployment := objects(t, string(text))["Deployment/virt-patch"]
		made := deployment["spec"].(object)["template"].(object)
		made["apiVersion"], made["kind"] = "v1", "Pod"
		made["metadata"].(object)["name"] = folder
		// The class is of the cluster's own namespaces, and only named here.
		delete(made["spec"].(object), "priorityClassName")
		if err := refusal(t, "/api/v1/namespaces/"+restricted+"/pods", made); err != nil {
			t.Errorf("%s: %v", folder, err)
		}
	}
	loose := object{"apiVersion": "v1", "kind": "Pod", "metadata": object{"name": "loose"},
		"spec": object{"containers": []object{{"name": "c", "image": "x"}}}}
	if err := refusal(t, "/api/v1/namespaces/"+restricted+"/pods", loose); err == nil || !strings.Contains(err.Error(), "restricted") {
		t.Errorf("a pod that is not: %v", err)
	}
}

func TestTheOverlaysInstall(t *testing.T) {
	// The certificate is made beside the overlay, so the overlays are copied.
	folder := filepath.Join(t.TempDir(), "deploy")
	if err := os.CopyFS(folder, os.DirFS("../../deploy")); err != nil {
		t.Fatal(err)
	}
	made, err := exec.Command(filepath.Join(folder, "kustomize/own-certificate/make-pair")).CombinedOutput()
	if err != nil {
		t.Fatalf("make-pair: %v\n%s", err, made)
	}
	for _, overlay := range []string{"webhook-own-certificate", "harvester", "openshift"} {
		built := mustKubectl(t, "", "kustomize", filepath.Join(folder, "kustomize", overlay))
		objects := objects(t, built)
		webhooks := objects["ValidatingWebhookConfiguration/virt-patch"]
		text, err := json.Marshal(webhooks)
		if err != nil {
			t.Fatal(err)
		}
		if own := overlay != "openshift"; strings.Contains(string(text), "caBundle") != own || strings.Contains(built, "cert-manager") {
			t.Errorf("%s: %s", overlay, text)
		}
		if harvester := overlay == "harvester"; strings.Contains(built, "--harvester-setting") != harvester {
			t.Errorf("%s: the wrong allow list", overlay)
		}
		mustKubectl(t, built, "apply", "--server-side", "--force-conflicts", "--validate=strict", "--filename=-")
		// Not the namespace: no controller empties it, so it would never be gone.
		mustKubectl(t, "", "delete", "validatingwebhookconfiguration", "virt-patch")
	}
}

// A certificate that is its own authority is no longer trusted as soon as it is renewed, and the replicas get the new one later.
func TestTheCertificateOfCertManagerHasAnAuthorityThatStays(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(kustomize, "webhook/chart.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	made := objects(t, string(text))
	at := func(name string, path ...string) any {
		var found any = made[name]
		for _, key := range append([]string{"spec"}, path...) {
			inner, _ := found.(object)
			found = inner[key]
		}
		return found
	}
	issuer := fmt.Sprint("Issuer/", at("Certificate/virt-patch", "issuerRef", "name"))
	authority := "Certificate/virt-patch-authority"
	if secret := at(issuer, "ca", "secretName"); secret == nil || secret != at(authority, "secretName") {
		t.Errorf("%s signs with the secret %v", issuer, secret)
	}
	if at(authority, "isCA") != true || at(authority, "duration") != "87600h" || at(authority, "privateKey", "rotationPolicy") != "Never" {
		t.Errorf("the authority is %v", at(authority))
	}
	// Of nobody else's: what is injected into the registration is the authority of the webhook's own certificate.
	injected := made["ValidatingWebhookConfiguration/virt-patch"]["metadata"].(object)["annotations"].(object)["cert-manager.io/inject-ca-from"]
	if injected != "virt-patch/virt-patch" {
		t.Errorf("injected is the authority of %v", injected)
	}
}

// What the schema lets in as an entry of the allow list is what the program reads; what it refuses the program refuses.
func TestTheSchemaReadsTheAllowListAsTheProgramDoes(t *testing.T) {
	const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	right := []string{"a", "a/b:1", "a-b--c.d_e__f", "a.b/c", "localhost/a", "a:5000/b:5000", "a.b:1/c:1", "[::1]/a", "a:1_.-", "a_b/c",
		"a/b:*", "a/*", "a.b/c_d/*", "a:1/*", "[fd00::1]:5000/*", "a/b" + digest, "a.example/b:1" + digest,
		"a/b:1 command", "a/* hookPath", "a/b:*\tpvc", "a/b:1  command field=downwardAPI pvc ",
		"a/b:* policy=builtin:restricted", "a/* policy=/etc/policies/tenants.yaml  policy=builtin:baseline "}
	wrong := []string{"A/b:1", "a/B:1", "a.B/c", "a/b:1 comand", "a/b:1 field=", "a/b:1 c/d:1", "*", "/*", "a/*/b", "a/b/**", "a/b*", "a/b:1:*",
		"a/b:1/*", "a/b:*" + digest, "a/b:1*", "-a", "a-", "a..b", "a___b", "a._b", "a_b.c/d", "a.b-/c", "a.b:/c", "[::1/a", "[::1]5000/a",
		"[g::1]/a", "a@sha256:0", "a/b:", "a/b:-1", "a//b", "/a", "a/", "é", "é/*",
		"a policy=", "a policy=builtin:none", "a policy=p.yaml", "a policy=/p/", "a policy=/p/../q", "a policy=/p//q", "a policy=/$(A)",
		"a policy=/etc/virt-patch/rules/p.yaml", "a policy=/run/kubevirt-hooks/p", "a policy=/usr/bin/onDefineDomain",
		"a policy=builtin:baseline pvc", "a command policy=builtin:baseline"}
	values, list := filepath.Join(t.TempDir(), "values.json"), filepath.Join(t.TempDir(), "images.txt")
	judge := func(entry string) (schema, program error) {
		text, err := json.Marshal(object{"allowList": object{"images": []string{entry}}})
		for path, written := range map[string][]byte{values: text, list: []byte(entry)} {
			if err == nil {
				err = os.WriteFile(path, written, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		_, schema = helm(t, "template", "virt-patch", chart, "--values", values)
		_, program = virtPatch(t, `{"apiVersion": "v1", "kind": "List", "items": []}`, "audit", "--allow-list", list, "-")
		return schema, program
	}
	for _, entry := range right {
		if schema, program := judge(entry); schema != nil || program != nil {
			t.Errorf("%q: %v; %v", entry, schema, program)
		}
	}
	for _, entry := range wrong {
		schema, program := judge(entry)
		if schema == nil || !strings.Contains(schema.Error(), "allowList/images") || program == nil || !strings.Contains(program.Error(), "images.txt:1:") {
			t.Errorf("%q: %v; %v", entry, schema, program)
		}
	}
}

// installAccess installs the webhook's account and what it may read, as one of the overlays has it.
func installAccess(t *testing.T, overlay string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(kustomize, overlay, "chart.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	namespace(t, "virt-patch")
	for name, body := range objects(t, string(text)) {
		switch kind, _, _ := strings.Cut(name, "/"); kind {
		case "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding":
			manifest, err := yaml.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			mustKubectl(t, string(manifest), "apply", "--server-side", "--force-conflicts", "--filename=-")
		}
	}
}

// What the webhook's account may do is what it needs, by the API server's own answer.
func TestTheWebhookMayReadItsAllowListAndNothingElse(t *testing.T) {
	installAccess(t, "webhook")
	may := func(arguments ...string) bool {
		said, _ := kubectl(t, "", append([]string{"auth", "can-i", "--as=system:serviceaccount:virt-patch:virt-patch"}, arguments...)...)
		return strings.TrimSpace(said) == "yes"
	}
	for _, verb := range []string{"get", "list", "watch"} {
		if !may(verb, "configmap/virt-patch-allow-list", "--namespace=virt-patch") {
			t.Errorf("it may not %s its list", verb)
		}
	}
	for _, no := range []string{"get configmap/other --namespace=virt-patch", "update configmap/virt-patch-allow-list --namespace=virt-patch",
		"get secrets --namespace=virt-patch", "list configmaps --namespace=default", "list virtualmachines --namespace=default"} {
		if may(strings.Fields(no)...) {
			t.Errorf("it may %s", no)
		}
	}
}

// The examples are VMs by KubeVirt's own schema, and what the allow list says before anyone changes it.
func TestTheExamplesAreAllowed(t *testing.T) {
	judged := policed(t)
	files, err := filepath.Glob("../../examples/manifests/*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d examples: %v", len(files), err)
	}
	for _, file := range files {
		_, err := kubectl(t, "", "apply", "--server-side", "--dry-run=server", "--validate=strict", "--namespace", judged, "--filename", file)
		if err != nil {
			t.Error(fmt.Errorf("%s: %w", file, err))
		}
	}
}

// A pod that is given an argument which its program does not know never starts.
func TestTheWebhookKnowsTheArgumentsOfTheChart(t *testing.T) {
	values := []string{"--set=webhook.exemptNamespaces={a}", "--set=webhook.exemptUsers={b}", "--set=webhook.mode=Warn",
		"--set=webhook.builtinPolicies={restricted}", "--set=webhook.clientAuthorities=callers",
		"--set-file=webhook.policies.restricted\\.yaml=testdata/policy.yaml"}
	for _, source := range []string{"ConfigMap", "HarvesterSetting"} {
		text := mustHelm(t, append([]string{"template", "virt-patch", chart, "--set=allowList.source=" + source}, values...)...)
		made := objects(t, text)["Deployment/virt-patch"]["spec"].(object)["template"].(object)["spec"].(object)
		arguments := []string{}
		for _, argument := range made["containers"].([]any)[0].(object)["args"].([]any) {
			arguments = append(arguments, argument.(string))
		}
		if said, err := virtPatch(t, "", append(arguments, "--help")...); err != nil || !strings.Contains(said, "--allow-list-configmap") {
			t.Errorf("%v: %v", arguments, err)
		}
	}
}
