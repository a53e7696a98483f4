package libvirt

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// run names what this run makes outside its folder, for several may be under way.
func run() string {
	return fmt.Sprintf("vp%d", os.Getpid())
}

// tap makes the interface that KubeVirt has ready before libvirt starts a VM.
func tap(t *testing.T) error {
	t.Helper()
	device, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer device.Close()
	request, err := unix.NewIfreq(run())
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(int(device.Fd()), unix.TUNSETIFF, request); err != nil {
		return fmt.Errorf("TUNSETIFF: %w", err)
	}
	// It outlives this descriptor, until the last one that is opened for it says otherwise.
	if err := unix.IoctlSetInt(int(device.Fd()), unix.TUNSETPERSIST, 1); err != nil {
		return fmt.Errorf("TUNSETPERSIST: %w", err)
	}
	t.Cleanup(func() {
		device, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
		if err != nil {
			return
		}
		defer device.Close()
		if unix.IoctlIfreq(int(device.Fd()), unix.TUNSETIFF, request) == nil {
			unix.IoctlSetInt(int(device.Fd()), unix.TUNSETPERSIST, 0)
		}
	})
	return nil
}
