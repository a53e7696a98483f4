package kubernetes

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The users of the API server, by the tokens that they send.
const (
	admin = "admin-token"
	owner = "vm-owner-token"
)

// cluster is what all tests share: an API server with KubeVirt's definitions.
var cluster struct {
	address    string
	folder     string
	kubeconfig string
	http       *http.Client
}

func TestMain(m *testing.M) {
	code, err := withControlPlane(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "control plane:", err)
		code = 1
	}
	os.Exit(code)
}

// withControlPlane runs etcd and the API server around `run`, on ports of the loopback interface, and ends both.
func withControlPlane(run func() int) (int, error) {
	folder, err := os.MkdirTemp("", "virt-patch-kubernetes-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	cluster.folder = folder

	etcd, err := freeAddress()
	if err != nil {
		return 0, err
	}
	peers, err := freeAddress()
	if err != nil {
		return 0, err
	}
	store, err := start("etcd", exec.Command("etcd", "--data-dir", filepath.Join(folder, "etcd"),
		"--listen-client-urls", "http://"+etcd, "--advertise-client-urls", "http://"+etcd,
		"--listen-peer-urls", "http://"+peers))
	if err != nil {
		return 0, err
	}
	defer store.stop()

	server, err := startAPIServer(etcd)
	if err != nil {
		return 0, err
	}
	defer server.stop()
	if err := server.waitFor(2*time.Minute, ready); err != nil {
		return 0, err
	}
	if err := installDefinitions(); err != nil {
		return 0, err
	}
	return run(), nil
}

func startAPIServer(etcd string) (*daemon, error) {
	folder := cluster.folder
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(address)
	cluster.address = "https://" + address
	tokens := filepath.Join(folder, "tokens.csv")
	// token, user, uid, groups
	users := fmt.Sprintf("%s,admin,1,system:masters\n%s,vm-owner,2,vm-owners\n", admin, owner)
	if err := os.WriteFile(tokens, []byte(users), 0o600); err != nil {
		return nil, err
	}
	key := filepath.Join(folder, "service-accounts.key")
	if _, err := writeKey(key); err != nil {
		return nil, err
	}
	certificates := filepath.Join(folder, "certificates")
	admission, err := writeAdmissionConfiguration()
	if err != nil {
		return nil, err
	}
	server, err := tool("kube-apiserver")
	if err != nil {
		return nil, err
	}
	started, err := start("kube-apiserver", exec.Command(server,
		"--etcd-servers=http://"+etcd,
		"--bind-address=127.0.0.1", "--secure-port="+port, "--cert-dir="+certificates,
		"--token-auth-file="+tokens, "--authorization-mode=RBAC",
		"--service-cluster-ip-range=10.0.0.0/24", "--admission-control-config-file="+admission,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+key, "--service-account-signing-key-file="+key,
		// No controller makes the service accounts that this plugin wants in every namespace.
		"--disable-admission-plugins=ServiceAccount",
		// Where releases before 1.36 have MutatingAdmissionPolicy.
		"--runtime-config=admissionregistration.k8s.io/v1beta1=true"))
	if err != nil {
		return nil, err
	}
	certificate := filepath.Join(certificates, "apiserver.crt")
	cluster.kubeconfig = filepath.Join(folder, "kubeconfig")
	if err := os.WriteFile(cluster.kubeconfig, []byte(kubeconfig(certificate, admin)), 0o600); err != nil {
		started.stop()
		return nil, err
	}
	cluster.http = &http.Client{Timeout: time.Minute, Transport: trusting(certificate)}
	return started, nil
}

// kubeconfig is the file that kubectl, helm and the webhook read.
func kubeconfig(certificate, token string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: %q, certificate-authority: %q}}]
users: [{name: test, user: {token: %q}}]
contexts: [{name: test, context: {cluster: test, user: test}}]
current-context: test
`, cluster.address, certificate, token)
}

// trusting reads the certificate when it first dials: the API server makes it as it starts.
func trusting(certificate string) *http.Transport {
	return &http.Transport{DialTLS: func(network, address string) (net.Conn, error) {
		pem, err := os.ReadFile(certificate)
		if err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, errors.New("no certificate yet")
		}
		mine, err := caller()
		if err != nil {
			return nil, err
		}
		return tls.Dial(network, address, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", Certificates: []tls.Certificate{mine}})
	}}
}

func ready() error {
	status, body, err := call(admin, http.MethodGet, "/readyz", nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("/readyz says %d: %s", status, tail(body))
	}
	return err
}

// daemon is a program that runs beside the tests, with its output in a file.
type daemon struct {
	command *exec.Cmd
	log     string
	ended   chan struct{}
}

// start starts a program. Its output goes to a file of this name.
func start(name string, command *exec.Cmd) (*daemon, error) {
	d := &daemon{command: command, log: filepath.Join(cluster.folder, name+".log"), ended: make(chan struct{})}
	output, err := os.Create(d.log)
	if err != nil {
		return nil, err
	}
	command.Stdout, command.Stderr = output, output
	command.Dir = cluster.folder
	if err := command.Start(); err != nil {
		output.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() {
		command.Wait()
		output.Close()
		close(d.ended)
	}()
	return d, nil
}

// stop asks the program to end, and ends it where it does not.
func (d *daemon) stop() {
	d.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-d.ended:
	case <-time.After(20 * time.Second):
		d.command.Process.Kill()
		<-d.ended
	}
}

// waitFor tries until it succeeds or the program ends; then the end of its output is told.
func (d *daemon) waitFor(limit time.Duration, try func() error) error {
	begun := time.Now()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-d.ended:
		case <-time.After(100 * time.Millisecond):
			if time.Since(begun) < limit {
				continue
			}
		}
		log, _ := os.ReadFile(d.log)
		return fmt.Errorf("%s: %w\n%s", d.command.Path, err, tail(string(log)))
	}
}

// tool is the path of a program that build-tools made.
func tool(name string) (string, error) {
	folder := os.Getenv("VIRT_PATCH_KUBERNETES")
	if folder == "" {
		return "", errors.New("VIRT_PATCH_KUBERNETES names no folder: tests/kubernetes/build-tools makes one")
	}
	return filepath.Join(folder, name), nil
}

// freeAddress is one that nobody listened to a moment ago.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// waitFor tries until it succeeds; its last error is what is told.
func waitFor(limit time.Duration, try func() error) error {
	begun := time.Now()
	for {
		err := try()
		if err == nil || time.Since(begun) > limit {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// tail is the end of a text, which is where programs say why they end.
func tail(text string) string {
	const most = 3000
	if len(text) > most {
		text = "…" + text[len(text)-most:]
	}
	return strings.TrimSpace(text)
}
