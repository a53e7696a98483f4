package libvirt

import (
	"os"
	"path/filepath"
	"testing"

	klog "kubevirt.io/client-go/log"
)

type silent struct{}

func (silent) Log(...any) error { return nil }

func TestMain(m *testing.M) {
	klog.Log = klog.MakeLogger(silent{})
	os.Exit(m.Run())
}

func TestLibvirt(t *testing.T) {
	setting(t, "VIRT_PATCH_SIDECAR")
	h := newHypervisor(t)
	if err := tap(t); err != nil {
		h.noNetwork = true
		t.Logf("SKIPPED: there are no tap devices (%v), so that no VM started with a network card", err)
	}
	t.Run("checks", func(t *testing.T) { checks(t, h) })
	t.Run("packs", func(t *testing.T) { packs(t, h) })
	t.Run("guests", func(t *testing.T) { guests(t, h) })
}

// setting is what a variable of the environment names; without it the test is skipped, in CI failed.
func setting(t *testing.T, variable string) string {
	t.Helper()
	value := os.Getenv(variable)
	if value == "" {
		lacking(t, variable+" is not set")
	}
	return value
}

// lacking skips a test for what the machine does not have. CI has everything.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s; CI must not skip this", what)
	}
	t.Skipf("SKIPPED: %s, so packs were not tried on libvirt (tests/kubevirt/libvirt/setup)", what)
}

// folder has a short name: the path of a socket has at most 107 bytes.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "vpl")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// program is a shell script.
func program(t *testing.T, path, script string) {
	t.Helper()
	write(t, path, "#!/bin/sh\n"+script+"\n")
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
}
