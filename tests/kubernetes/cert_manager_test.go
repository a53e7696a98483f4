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
	"time"

	"sigs.k8s.io/yaml"
)

// installCertManager creates cert-manager's own definitions, as its release has them; they stay for all tests.
func installCertManager(t *testing.T) {
	t.Helper()
	download := exec.Command("go", "mod", "download", "-json", "github.com/cert-manager/cert-manager")
	download.Dir = "cert-manager"
	said, err := download.Output()
	var module struct{ Dir, Error string }
	if wrong := json.Unmarshal(said, &module); err != nil || wrong != nil || module.Dir == "" {
		t.Fatalf("cert-manager's release: %v %v %s", err, wrong, module.Error)
	}
	files, err := filepath.Glob(filepath.Join(module.Dir, "deploy/crds/*.yaml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d definitions in %s: %v", len(files), module.Dir, err)
	}
	for _, file := range files {
		mustKubectl(t, "", "apply", "--server-side", "--filename", file)
	}
	err = waitFor(time.Minute, func() error {
		for _, served := range []string{"certificates", "issuers"} {
			status, _, err := call(admin, http.MethodGet, "/apis/cert-manager.io/v1/"+served, nil)
			if err != nil || status != http.StatusOK {
				return fmt.Errorf("%s: %d %v", served, status, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What the chart and the overlay ask of cert-manager it understands, by its own definitions: the API server refuses a field that
// they do not have, and a value that they do not allow.
func TestCertManagerKnowsWhatItIsAskedFor(t *testing.T) {
	installCertManager(t)
	strict := func(manifest string) error {
		_, err := kubectl(t, manifest, "apply", "--server-side", "--force-conflicts", "--validate=strict", "--filename=-")
		return err
	}
	const at = "by-cert-manager"
	namespace(t, at)
	overlay := mustKubectl(t, "", "kustomize", filepath.Join(kustomize, "webhook"))
	template := []string{"template", "virt-patch", chart, "--namespace", at, "--set=webhook.certificate.from=CertManager"}
	issuer := []string{"--set=webhook.certificate.issuerRef.name=ours", "--set=webhook.certificate.issuerRef.kind=ClusterIssuer",
		"--set=webhook.certificate.issuerRef.group=cert-manager.io"}
	for what, rendered := range map[string]struct {
		text  string
		asked int
	}{
		"the overlay":                   {overlay, 4},
		"the chart":                     {mustHelm(t, template...), 4},
		"the chart with its own issuer": {mustHelm(t, append(template, issuer...)...), 1},
	} {
		asked := 0
		for _, made := range objects(t, rendered.text) {
			if made["apiVersion"] == "cert-manager.io/v1" {
				asked++
			}
		}
		if asked != rendered.asked {
			t.Errorf("%s asks for %d objects of cert-manager", what, asked)
		}
		if err := strict(rendered.text); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		// Nobody answers for the webhook, and the next tests create VMs.
		mustKubectl(t, "", "delete", "validatingwebhookconfiguration", "virt-patch")
	}

	// The control: definitions that refuse.
	text, err := os.ReadFile(filepath.Join(kustomize, "webhook/chart.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []struct {
		field string
		value any
		said  string
	}{
		{"dnsName", []string{"a"}, ".spec.dnsName: field not declared in schema"},
		{"privateKey", object{"rotationPolicy": "Sometimes"}, "Unsupported value"},
		{"duration", 10, ".spec.duration: expected string"},
	} {
		certificate := objects(t, string(text))["Certificate/virt-patch"]
		certificate["spec"].(object)[wrong.field] = wrong.value
		manifest, err := yaml.Marshal(certificate)
		if err != nil {
			t.Fatal(err)
		}
		if err := strict(string(manifest)); err == nil || !strings.Contains(err.Error(), wrong.said) {
			t.Errorf("%s: %v", wrong.field, err)
		}
	}
}
