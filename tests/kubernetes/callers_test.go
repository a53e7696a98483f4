package kubernetes

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// callers is the folder in which the API server's certificate for webhooks lies: `ca.crt`, `client.crt`, `client.key`.
func callers() string {
	return filepath.Join(cluster.folder, "callers")
}

// writeCaller writes an authority, and a certificate that it signed for a client.
func writeCaller(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	template := func(name string) x509.Certificate {
		return x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true}
	}
	authority := template("callers of webhooks")
	authority.IsCA, authority.KeyUsage = true, x509.KeyUsageCertSign
	caller := template("kube-apiserver")
	caller.KeyUsage, caller.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	signer, err := writeKey(filepath.Join(folder, "ca.key"))
	if err != nil {
		return err
	}
	key, err := writeKey(filepath.Join(folder, "client.key"))
	if err != nil {
		return err
	}
	for name, made := range map[string]struct {
		template *x509.Certificate
		public   any
	}{"ca.crt": {&authority, &signer.PublicKey}, "client.crt": {&caller, &key.PublicKey}} {
		der, err := x509.CreateCertificate(rand.Reader, made.template, &authority, made.public, signer)
		if err != nil {
			return err
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// writeAdmissionConfiguration writes what tells the API server to show that certificate to webhooks, as docs/webhook.md has it,
// and returns the file's path. A webhook that asks for none is shown none.
func writeAdmissionConfiguration() (string, error) {
	folder := callers()
	if err := writeCaller(folder); err != nil {
		return "", err
	}
	config, kubeconfig := filepath.Join(folder, "admission.yaml"), filepath.Join(folder, "webhooks.kubeconfig")
	plugin := fmt.Sprintf(`apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
  - name: ValidatingAdmissionWebhook
    configuration:
      apiVersion: apiserver.config.k8s.io/v1
      kind: WebhookAdmissionConfiguration
      kubeConfigFile: %q
`, kubeconfig)
	users := fmt.Sprintf(`apiVersion: v1
kind: Config
users: [{name: "*", user: {client-certificate: %q, client-key: %q}}]
`, filepath.Join(folder, "client.crt"), filepath.Join(folder, "client.key"))
	if err := os.WriteFile(kubeconfig, []byte(users), 0o600); err != nil {
		return "", err
	}
	return config, os.WriteFile(config, []byte(plugin), 0o600)
}

// caller is the API server's certificate for webhooks.
func caller() (tls.Certificate, error) {
	return tls.LoadX509KeyPair(filepath.Join(callers(), "client.crt"), filepath.Join(callers(), "client.key"))
}

func TestTheAPIServerIsAnsweredByItsCertificate(t *testing.T) {
	w := startWebhook(t, "webhook", "judged-for-callers", append(allowListFile(t, "registry.example/virt-patch-sidecar"),
		"--client-ca", filepath.Join(callers(), "ca.crt"))...)
	if err := w.refusal(allowed); err != nil {
		t.Errorf("the API server's question: %v", err)
	}
	if err := w.refusal(refused); err == nil || !strings.Contains(err.Error(), "image-not-allowed") {
		t.Errorf("its verdict: %v", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.pair.pem)
	connection, err := tls.Dial("tcp", w.address, &tls.Config{RootCAs: roots})
	if err == nil {
		// A client of TLS 1.3 learns of it when it reads.
		_, err = connection.Read(make([]byte, 1))
	}
	if err == nil || !strings.Contains(err.Error(), "certificate required") {
		t.Errorf("somebody without a certificate: %v", err)
	}
}
