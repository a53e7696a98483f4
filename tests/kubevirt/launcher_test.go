package kubevirt

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "kubevirt.io/api/core/v1"
	klog "kubevirt.io/client-go/log"

	cloudinit "kubevirt.io/kubevirt/pkg/cloud-init"
	"kubevirt.io/kubevirt/pkg/hooks"
	hooksInfo "kubevirt.io/kubevirt/pkg/hooks/info"
	grpcutil "kubevirt.io/kubevirt/pkg/util/net/grpc"
	"kubevirt.io/kubevirt/pkg/virt-launcher/virtwrap/api"

	launching "virt-patch.dev/tests/kubevirt/launcher"
)

// patience is how long a test waits for what takes milliseconds, where the machine has other things to do.
const patience = time.Minute

type silent struct{}

func (silent) Log(...interface{}) error { return nil }

func TestMain(m *testing.M) {
	klog.Log = klog.MakeLogger(silent{})
	os.Exit(m.Run())
}

// program gives the path that the environment names, or skips the test; in CI that is a failure.
func program(t testing.TB, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s must be set in CI", variable)
		}
		t.Skipf("SKIPPED: %s does not name a program", variable)
	}
	return path
}

// A sidecar's process and the container's part of the socket folder.
type sidecar struct {
	t      testing.TB
	dir    string
	name   string
	cmd    *exec.Cmd
	stderr bytes.Buffer
	ended  chan error
}

// launcher is the folder that virt-launcher scans, one sub-folder a container.
func launcher(t testing.TB) string {
	t.Helper()
	// Short, for a socket's path has at most 107 bytes.
	dir, err := os.MkdirTemp("", "vp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// start runs a sidecar as the container `name` of the pod.
func start(t testing.TB, binary, pod, name string, args ...string) *sidecar {
	t.Helper()
	s := &sidecar{t: t, dir: filepath.Join(pod, name), name: name, ended: make(chan error, 1)}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s.cmd = exec.Command(binary, append([]string{"--version", "v1alpha2", "--socket-dir", s.dir}, args...)...)
	s.cmd.Env = append(os.Environ(), "CONTAINER_NAME="+name)
	s.cmd.Stderr = &s.stderr
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.ended <- s.cmd.Wait() }()
	t.Cleanup(func() {
		s.cmd.Process.Kill()
		if t.Failed() {
			t.Logf("%s:\n%s", name, s.stderr.String())
		}
	})
	return s
}

// socket waits until the sidecar listens.
func (s *sidecar) socket() string {
	s.t.Helper()
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(time.Millisecond) {
		if found, _ := filepath.Glob(filepath.Join(s.dir, "*.sock")); len(found) > 0 {
			return found[0]
		}
	}
	s.t.Fatalf("%s never listened:\n%s", s.name, s.stderr.String())
	return ""
}

// exit waits for the process and gives its exit code.
func (s *sidecar) exit() int {
	s.t.Helper()
	select {
	case <-s.ended:
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		s.t.Fatalf("%s did not end:\n%s", s.name, s.stderr.String())
		return -1
	}
}

func (s *sidecar) kill() {
	s.cmd.Process.Signal(syscall.SIGKILL)
	<-s.ended
}

// collected is the manager once it has found `count` sidecars.
func collected(t testing.TB, pod string, count uint) hooks.Manager {
	t.Helper()
	m := launching.Manager(pod)
	if err := m.Collect(count, patience); err != nil {
		t.Fatalf("Collect: %v", err)
	}
	return m
}

func info(t testing.TB, socket string) *hooksInfo.InfoResult {
	t.Helper()
	conn, err := grpcutil.DialSocketWithTimeout(socket, 1)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := hooksInfo.NewInfoClient(conn).Info(ctx, &hooksInfo.InfoParams{})
	if err != nil {
		t.Fatalf("Info: %v", err)
	}
	return r
}

func points(r *hooksInfo.InfoResult) string {
	var names []string
	for _, p := range r.GetHookPoints() {
		names = append(names, p.GetName())
	}
	return strings.Join(names, " ")
}

func load(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func domain(t testing.TB) *api.DomainSpec {
	t.Helper()
	return domainOf(t, "domain.xml")
}

func domainOf(t testing.TB, name string) *api.DomainSpec {
	t.Helper()
	spec := &api.DomainSpec{}
	if err := xml.Unmarshal(load(t, name), spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

func vmi(t testing.TB) *v1.VirtualMachineInstance {
	t.Helper()
	r := &v1.VirtualMachineInstance{}
	if err := json.Unmarshal(load(t, "vmi.json"), r); err != nil {
		t.Fatal(err)
	}
	return r
}

func cloudInit(t testing.TB) *cloudinit.CloudInitData {
	t.Helper()
	r := &cloudinit.CloudInitData{}
	if err := json.Unmarshal(load(t, "cloud-init.json"), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// kept is what virt-launcher keeps of an answer (ApplySidecarHooks): the domain through its own types.
func kept(t testing.TB, answer string) *api.DomainSpec {
	t.Helper()
	spec := &api.DomainSpec{}
	if err := xml.Unmarshal([]byte(answer), spec); err != nil {
		t.Fatalf("virt-launcher could not read the answer: %v\n%s", err, answer)
	}
	return spec
}

// baseBoard gives an entry of the SMBIOS base board as KubeVirt reads it.
func baseBoard(spec *api.DomainSpec, name string) string {
	if spec.SysInfo != nil {
		for _, e := range spec.SysInfo.BaseBoard {
			if e.Name == name {
				return e.Value
			}
		}
	}
	return ""
}
