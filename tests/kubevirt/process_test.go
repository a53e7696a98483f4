package kubevirt

import (
	"os"
	"syscall"
	"testing"
)

func TestSignalsEndTheProcessAndRemoveItsSocket(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		s := start(t, program(t, "VIRT_PATCH_ECHO"), launcher(t), "hook-sidecar-0")
		s.socket()
		if err := s.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if code := s.exit(); code != 0 {
			t.Errorf("%v: exit code %d", signal, code)
		}
		if left, _ := os.ReadDir(s.dir); len(left) != 0 {
			t.Errorf("%v: left behind: %v", signal, left)
		}
	}
}

func TestAPanicIsOneCallsErrorAndTheProcessLives(t *testing.T) {
	pod := launcher(t)
	s := start(t, program(t, "VIRT_PATCH_ECHO"), pod, "c", "--plugin-socket", pod+"/p.sock")
	s.socket()
	for range 3 {
		if _, err := mutate(t, pod+"/p.sock", request(t, "<panic/>")); err == nil {
			t.Fatal("a panic must be an error")
		}
	}
	if r, err := mutate(t, pod+"/p.sock", request(t, "<domain/>")); err != nil || string(r.GetDomain()) != "<domain/>" {
		t.Errorf("%v", err)
	}
}
