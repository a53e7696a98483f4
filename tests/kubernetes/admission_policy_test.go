package kubernetes

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// The folder with the policy in CEL, its binding and an allow list.
const policyFolder = "../../deploy/kustomize/policy"

// annotationTable is the table of annotations that every judge of them is held to.
const annotationTable = "../admission/annotations.yaml"

// row is an annotation and the webhook's verdict on it.
type row struct {
	Name       string
	AllowList  *string
	Annotation string
	Repeat     *struct {
		Before, Text, After string
		Times               int
	}
	Allowed bool
	Codes   []string
	// Refused: this policy is stricter. Cannot: what is wrong is out of its sight.
	Cel string
}

func (r row) text() string {
	if r.Repeat == nil {
		return r.Annotation
	}
	return r.Repeat.Before + strings.Repeat(r.Repeat.Text, r.Repeat.Times) + r.Repeat.After
}

func annotations(t *testing.T) (string, []row) {
	t.Helper()
	text, err := os.ReadFile(annotationTable)
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		AllowList string
		Rows      []row
	}
	if err := yaml.UnmarshalStrict(text, &table); err != nil {
		t.Fatalf("%s: %v", annotationTable, err)
	}
	if len(table.Rows) < 100 {
		t.Fatalf("%s has %d rows", annotationTable, len(table.Rows))
	}
	return table.AllowList, table.Rows
}

// installedPolicy is the policy's installation, one for all tests: an API server that loses its last policy with ConfigMaps for
// params sees no change of a ConfigMap once there is such a policy again (Kubernetes' policy_source.go starts a shared
// informer, and those start once).
var installedPolicy sync.Once

// policed is the namespace where the policy holds, with a list that allows `allowed` alone.
func policed(t *testing.T) string {
	t.Helper()
	judged := namespace(t, "judged-by-policy")
	installedPolicy.Do(func() {
		mustKubectl(t, "", "apply", "--server-side", "--kustomize", policyFolder)
		mustKubectl(t, "", "patch", "validatingadmissionpolicybinding", "virt-patch-hook-sidecars", "--type=merge", "--patch",
			`{"spec": {"matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "judged-by-policy"}}}}}`)
	})
	setAllowList(t, judged, "registry.example/virt-patch-sidecar:latest")
	return judged
}

// setAllowList writes it to the ConfigMap and waits until an image that was not there is allowed.
func setAllowList(t *testing.T, judged, list string) {
	t.Helper()
	image := fmt.Sprintf("allow-list.example/marker:%d", time.Now().UnixNano())
	patch, err := json.Marshal(object{"data": object{"images": list + "\n" + image + "\n"}})
	if err != nil {
		t.Fatal(err)
	}
	mustKubectl(t, "", "apply", "--server-side", "--force-conflicts", "--filename", policyFolder+"/allow-list.yaml")
	mustKubectl(t, string(patch), "patch", "configmap", "virt-patch-allow-list", "--namespace=virt-patch", "--type=merge",
		"--patch-file=/dev/stdin")
	// The API server learns of policies and params after a moment.
	err = waitFor(time.Minute, func() error {
		if refusal(t, instances(judged), instance("probe", "[{}]")) == nil {
			return fmt.Errorf("the policy is not in force")
		}
		return refusal(t, instances(judged), instance("probe", `[{"image": "`+image+`"}]`))
	})
	if err != nil {
		t.Fatalf("the changed list is not in force: %v", err)
	}
}

func TestThePolicyJudgesTheTableAsTheWebhookDoes(t *testing.T) {
	judged := policed(t)
	list, rows := annotations(t)
	setAllowList(t, judged, list)
	counts := map[string]int{}
	for _, row := range rows {
		if row.AllowList != nil {
			t.Errorf("%s: a list of its own is not tried here", row.Name)
		}
		refused := refusal(t, instances(judged), instance("row", row.text()))
		if refused != nil && strings.Contains(refused.Error(), "cost limit") {
			t.Errorf("%s: %v", row.Name, refused)
		}
		// What the webhook refuses is never allowed here, but for what is out of sight.
		want := row.Allowed
		verdict := "the same"
		switch row.Cel {
		case "Refused":
			want, verdict = false, "stricter"
		case "Cannot":
			want, verdict = true, "out of sight"
		}
		counts[verdict]++
		if (refused == nil) != want {
			t.Errorf("%s: wanted allowed %v, the policy says %v\n    %.300s", row.Name, want, refused, row.text())
		}
	}
	t.Logf("%d annotations: %v", len(rows), counts)
}

// What a list of ours allows, and what it does not.
const (
	allowed = `[{"args": ["--version", "v1alpha2"], "image": "registry.example/virt-patch-sidecar:latest"}]`
	refused = `[{"image": "evil.example/miner:latest"}]`
)

func TestThePolicyLooksIntoEveryTemplate(t *testing.T) {
	judged := policed(t)
	for _, kind := range []struct {
		collection string
		make       func(name, sidecars string) object
	}{
		{instances(judged), instance}, {virtualMachines(judged), virtualMachine}, {replicaSets(judged), replicaSet}, {pools(judged), pool},
	} {
		if err := refusal(t, kind.collection, kind.make("fine", allowed)); err != nil {
			t.Errorf("%s: %v", kind.collection, err)
		}
		err := refusal(t, kind.collection, kind.make("evil", refused))
		if err == nil || !strings.Contains(err.Error(), "is not on the allow list: evil.example/miner:latest") {
			t.Errorf("%s: %v", kind.collection, err)
		}
	}
}

func TestThePolicyLetsOldAnnotationsBe(t *testing.T) {
	judged := policed(t)
	const vm = "virtualmachine/before-the-policy"
	setAllowList(t, judged, "evil.example/miner")
	manifest, err := yaml.Marshal(virtualMachine("before-the-policy", refused))
	if err != nil {
		t.Fatal(err)
	}
	mustKubectl(t, string(manifest), "create", "--namespace", judged, "--filename=-")
	setAllowList(t, judged, "registry.example/virt-patch-sidecar")

	mustKubectl(t, "", "label", "--namespace", judged, vm, "tier=gold")
	edit := func(sidecars string) error {
		patch, err := json.Marshal(object{"spec": object{"template": object{"metadata": object{"annotations": object{hookSidecars: sidecars}}}}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = kubectl(t, "", "patch", "--namespace", judged, vm, "--type=merge", "--patch", string(patch))
		return err
	}
	if err := edit(refused + " "); err == nil || !strings.Contains(err.Error(), "not on the allow list") {
		t.Errorf("a changed annotation: %v", err)
	}
	if err := edit(allowed); err != nil {
		t.Errorf("an allowed one in its place: %v", err)
	}
	if err := edit(refused); err == nil {
		t.Error("the old one is back")
	}
}

func TestThePolicyRefusesWhereItHasNoList(t *testing.T) {
	judged := policed(t)
	mustKubectl(t, "", "delete", "configmap", "virt-patch-allow-list", "--namespace=virt-patch")
	err := waitFor(time.Minute, func() error {
		if refusal(t, instances(judged), instance("probe", allowed)) == nil {
			return fmt.Errorf("it is allowed without a list")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestThePolicyForbidsRulesOfAVMWhereItIsTold(t *testing.T) {
	judged := policed(t)
	with := instance("with-rules", allowed)
	with["metadata"].(object)["annotations"].(object)["virt-patch.dev/rules"] = "kind: RuleSet"
	if err := refusal(t, instances(judged), with); err != nil {
		t.Errorf("as installed: %v", err)
	}
	mustKubectl(t, "", "patch", "configmap", "virt-patch-allow-list", "--namespace=virt-patch", "--type=merge",
		"--patch", `{"data": {"annotation-rules": "Deny"}}`)
	err := waitFor(time.Minute, func() error {
		if err := refusal(t, instances(judged), with); err == nil || !strings.Contains(err.Error(), "virt-patch.dev/rules") {
			return fmt.Errorf("told to forbid: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := refusal(t, instances(judged), instance("without-rules", allowed)); err != nil {
		t.Errorf("without rules: %v", err)
	}
}

func TestThePolicyReadsHarvestersSetting(t *testing.T) {
	judged := namespace(t, "judged-by-harvester")
	setSetting(t, "a.example/x:1,b.example/x:1", "")
	// Beside the other policy, and for a namespace of its own.
	built := mustKubectl(t, "", "kustomize", kustomize+"/policy-harvester")
	built = strings.ReplaceAll(built, "virt-patch-hook-sidecars", "harvester-hook-sidecars")
	built = strings.Replace(built, "  validationActions:", "  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "+judged+"}}}\n  validationActions:", 1)
	mustKubectl(t, built, "apply", "--server-side", "--force-conflicts", "--validate=strict", "--filename=-")
	t.Cleanup(func() {
		mustKubectl(t, "", "delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", "harvester-hook-sidecars")
	})
	for _, step := range []struct{ value, allowed, refused string }{
		{"", "b.example/x:1", "c.example/x:1"},
		{"c.example/x:1", "c.example/x:1", "b.example/x:1"},
		{"", "a.example/x:1", "c.example/x:1"},
	} {
		setSetting(t, "a.example/x:1,b.example/x:1", step.value)
		err := waitFor(30*time.Second, func() error {
			if err := refusal(t, instances(judged), instance("vm", `[{"image": "`+step.allowed+`"}]`)); err != nil {
				return err
			}
			if refusal(t, instances(judged), instance("vm", `[{"image": "`+step.refused+`"}]`)) == nil {
				return fmt.Errorf("%s is allowed", step.refused)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%q: %v", step.value, err)
		}
	}
}

// The API server bounds what an expression may cost.
func TestThePolicyBearsALongList(t *testing.T) {
	judged := policed(t)
	var list strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&list, "registry.example/team/some-image-%d:v1.2.3", i)
		if i%50 == 49 {
			list.WriteString(" policy=builtin:restricted")
		}
		list.WriteString("\n")
	}
	setAllowList(t, judged, list.String())
	last := `{"image": "registry.example/team/some-image-4999:v1.2.3", "args": ["--policy", "builtin:restricted"]}`
	sidecars := "[" + strings.Repeat(last+", ", 3) + last + "]"
	if err := refusal(t, instances(judged), instance("vm", sidecars)); err != nil {
		t.Error(err)
	}
}
