package kubevirt

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The server without rules: what is true of every sidecar.

func TestInfoOffersEveryVersionWhateverTheManifestSays(t *testing.T) {
	s := start(t, program(t, "VIRT_PATCH_ECHO"), launcher(t), "hook-sidecar-0")
	r := info(t, s.socket())
	if got := r.GetVersions(); !reflect.DeepEqual(got, []string{"v1alpha3", "v1alpha2", "v1alpha1"}) {
		t.Errorf("versions: %v", got)
	}
	if got := points(r); got != "OnDefineDomain PreCloudInitIso Shutdown" {
		t.Errorf("hook points: %s", got)
	}
}

func TestEchoGivesBackWhatVirtLauncherSends(t *testing.T) {
	pod := launcher(t)
	start(t, program(t, "VIRT_PATCH_ECHO"), pod, "hook-sidecar-0")
	m := collected(t, pod, 1)
	sent, _ := xml.MarshalIndent(domain(t), "", "\t")
	got, err := m.OnDefineDomain(domain(t), vmi(t))
	if err != nil || got != string(sent) {
		t.Errorf("%v\n%s", err, got)
	}
	ci, err := m.PreCloudInitIso(vmi(t), cloudInit(t))
	if err != nil || !reflect.DeepEqual(ci, cloudInit(t)) {
		t.Errorf("%v\n%+v", err, ci)
	}
}

func TestShutdownEndsTheProcessAndRemovesItsSocket(t *testing.T) {
	pod := launcher(t)
	s := start(t, program(t, "VIRT_PATCH_ECHO"), pod, "hook-sidecar-0")
	m := collected(t, pod, 1)
	if err := m.Shutdown(); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if code := s.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if left, _ := os.ReadDir(s.dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestASidecarThatWasKilledIsFoundAgain(t *testing.T) {
	echo, pod := program(t, "VIRT_PATCH_ECHO"), launcher(t)
	first := start(t, echo, pod, "hook-sidecar-0")
	stale := first.socket()
	first.kill()
	if _, err := os.Stat(stale); err != nil {
		t.Fatalf("a killed process cannot remove its socket: %v", err)
	}
	second := start(t, echo, pod, "hook-sidecar-0")
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(stale); os.IsNotExist(err) {
			break
		}
	}
	if fresh := second.socket(); fresh == stale {
		t.Errorf("the dead socket is still there, and KubeVirt would dial it: %s", stale)
	}
	m := collected(t, pod, 1)
	if _, err := m.OnDefineDomain(domain(t), vmi(t)); err != nil {
		t.Error(err)
	}
}

func TestTwoSidecarsOfOnePodAreBothFound(t *testing.T) {
	echo, pod := program(t, "VIRT_PATCH_ECHO"), launcher(t)
	names := map[string]bool{}
	for _, name := range []string{"hook-sidecar-0", "hook-sidecar-1"} {
		names[filepath.Base(start(t, echo, pod, name).socket())] = true
	}
	if len(names) != 2 {
		t.Fatalf("virt-launcher tells sockets apart by name alone: %v", names)
	}
	collected(t, pod, 2)
}

func TestArgumentsThatAreWrongAreToldByTheHook(t *testing.T) {
	pod := launcher(t)
	s := start(t, program(t, "VIRT_PATCH_SIDECAR"), pod, "hook-sidecar-0", "--moed", "Audit")
	if got := points(info(t, s.socket())); !strings.Contains(got, "OnDefineDomain") {
		t.Fatalf("hook points: %s", got)
	}
	_, err := collected(t, pod, 1).OnDefineDomain(domain(t), vmi(t))
	if status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), "--moed") || !strings.Contains(err.Error(), "--mode") {
		t.Errorf("%v", err)
	}
}
