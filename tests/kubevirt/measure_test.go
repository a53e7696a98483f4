package kubevirt

import (
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	v1 "kubevirt.io/api/core/v1"
	"kubevirt.io/kubevirt/pkg/hooks"
	"kubevirt.io/kubevirt/pkg/virt-launcher/virtwrap/api"
)

// measured is the domain of the benchmarks: 8 KB, as virt-launcher sends them.
const measured = "../../../benches/measure/domain.xml"

// TestMeasure compares a sidecar with the floor (the package `echo-floor`), called by KubeVirt's client in
// turns, so that whatever else the machine does hurts both alike. `benches/hook.sh` runs it.
//
//	VIRT_PATCH_MEASURE  the sidecar to be measured
//	VIRT_PATCH_FLOOR    the floor
//	VIRT_PATCH_ARGS     further arguments of the sidecar, apart from --socket-dir
//	VIRT_PATCH_CALLS    how many calls (2000)
func TestMeasure(t *testing.T) {
	subject, floor := os.Getenv("VIRT_PATCH_MEASURE"), os.Getenv("VIRT_PATCH_FLOOR")
	if subject == "" || floor == "" {
		t.Skip("SKIPPED: VIRT_PATCH_MEASURE and VIRT_PATCH_FLOOR do not name programs")
	}
	args := strings.Fields(os.Getenv("VIRT_PATCH_ARGS"))
	calls := 2000
	if n, err := strconv.Atoi(os.Getenv("VIRT_PATCH_CALLS")); err == nil {
		calls = n
	}

	var ready [2][]time.Duration
	for range 200 {
		ready[0] = append(ready[0], execToInfo(t, subject, args))
		ready[1] = append(ready[1], execToInfo(t, floor, nil))
	}

	var running [2]*sidecar
	var managers [2]hooks.Manager
	for i, p := range [2]string{subject, floor} {
		pod := launcher(t)
		a := args
		if i == 1 {
			a = nil
		}
		running[i] = start(t, p, pod, "c", a...)
		managers[i] = collected(t, pod, 1)
	}
	time.Sleep(200 * time.Millisecond)
	var rest, peak, faults [2]int
	for i, s := range running {
		rest[i] = memory(t, s, "VmRSS")
	}

	for i, s := range running {
		faults[i] = pageFaults(t, s)
	}

	v := vmi(t)
	small := domainOf(t, measured)
	took := turns(t, managers, small, v, calls)
	large := grown(t, small, 1<<20)
	tookLarge := turns(t, managers, large, v, max(calls/20, 20))
	crowd, turnedAway := crowds(managers, small, v, 1000)
	for i, s := range running {
		peak[i] = memory(t, s, "VmHWM")
	}

	fmt.Printf("\n%d calls each, in turns; a domain of %d bytes\n\n", calls, len(load(t, measured)))
	fmt.Printf("%-30s %12s %12s %8s %8s\n", "", "sidecar", "floor", "ratio", "bar")
	row("hook call, p50 (µs)", micros(took[0], .5), micros(took[1], .5), "1.10")
	row("hook call, p99 (µs)", micros(took[0], .99), micros(took[1], .99), "")
	row("call of 1 MiB, p50 (µs)", micros(tookLarge[0], .5), micros(tookLarge[1], .5), "")
	row("call of 1 MiB, p99 (µs)", micros(tookLarge[0], .99), micros(tookLarge[1], .99), "")
	row("1,000 calls at once (µs)", micros(crowd[0], .5), micros(crowd[1], .5), "")
	row("of 3,000, not answered", float64(turnedAway[0]), float64(turnedAway[1]), "")
	row("resident at rest (KiB)", float64(rest[0]), float64(rest[1]), "1.50")
	row("resident, peak (KiB)", float64(peak[0]), float64(peak[1]), "")
	row("page faults at rest", float64(faults[0]), float64(faults[1]), "")
	row("exec to Info, p50 (µs)", micros(ready[0], .5), micros(ready[1], .5), "1.30")
	row("binary (KiB)", size(t, subject), size(t, floor), "4.5 MB")
}

// turns calls each manager in turn, so often, and says how long that took.
func turns(t *testing.T, managers [2]hooks.Manager, spec *api.DomainSpec, v *v1.VirtualMachineInstance, calls int) (took [2][]time.Duration) {
	t.Helper()
	warm := max(calls/20, 5)
	for n := range calls + warm {
		for i, m := range managers {
			begun := time.Now()
			answer, err := m.OnDefineDomain(spec, v)
			d := time.Since(begun)
			if err != nil || kept(t, answer).Name != spec.Name {
				t.Fatalf("%v\n%.2000s", err, answer)
			}
			if n >= warm {
				took[i] = append(took[i], d)
			}
		}
	}
	return took
}

// crowds calls each manager from so many goroutines at once, in three rounds, and says how long a round took, and how many
// calls had no answer: KubeVirt's client gives up on a socket that has no place for it within a second or two, and the floor
// alone has places without end.
func crowds(managers [2]hooks.Manager, spec *api.DomainSpec, v *v1.VirtualMachineInstance, calls int) (took [2][]time.Duration, unanswered [2]int) {
	for range 3 {
		for i, m := range managers {
			done := make(chan error, calls)
			begun := time.Now()
			for range calls {
				go func() {
					_, err := m.OnDefineDomain(spec.DeepCopy(), v.DeepCopy())
					done <- err
				}()
			}
			for range calls {
				if <-done != nil {
					unanswered[i]++
				}
			}
			took[i] = append(took[i], time.Since(begun))
		}
	}
	return took, unanswered
}

// grown is the domain with its first disk repeated until its XML has so many bytes.
func grown(t *testing.T, spec *api.DomainSpec, bytes int) *api.DomainSpec {
	t.Helper()
	spec = spec.DeepCopy()
	text, err := xml.Marshal(spec)
	if err != nil || len(spec.Devices.Disks) == 0 {
		t.Fatalf("the domain needs a disk: %v", err)
	}
	disk, err := xml.Marshal(spec.Devices.Disks[0])
	if err != nil {
		t.Fatal(err)
	}
	for range (bytes - len(text)) / len(disk) {
		spec.Devices.Disks = append(spec.Devices.Disks, spec.Devices.Disks[0])
	}
	return spec
}

// pageFaults counts the minor and major faults of a process (proc_pid_stat(5)).
func pageFaults(t *testing.T, s *sidecar) int {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	minor, _ := strconv.Atoi(fields[7])
	major, _ := strconv.Atoi(fields[9])
	return minor + major
}

func row(what string, sidecar, floor float64, bar string) {
	fmt.Printf("%-30s %12.0f %12.0f %8.2f %8s\n", what, sidecar, floor, sidecar/max(floor, 1), bar)
}

// execToInfo is the time from starting the process to its answer to Info.
func execToInfo(t *testing.T, binary string, args []string) time.Duration {
	t.Helper()
	begun := time.Now()
	s := start(t, binary, launcher(t), "c", args...)
	for {
		if found, _ := filepath.Glob(filepath.Join(s.dir, "*.sock")); len(found) > 0 {
			info(t, found[0])
			took := time.Since(begun)
			s.kill()
			return took
		}
		if time.Since(begun) > patience {
			t.Fatalf("%s never listened", binary)
		}
	}
}

// memory gives a field of /proc/PID/status, in KiB.
func memory(t *testing.T, s *sidecar, field string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			if n, err := strconv.Atoi(strings.Fields(rest)[0]); err == nil {
				return n
			}
		}
	}
	t.Fatalf("no %s", field)
	return 0
}

func micros(ds []time.Duration, quantile float64) float64 {
	slices.Sort(ds)
	return float64(ds[int(quantile*float64(len(ds)-1))].Nanoseconds()) / 1000
}

func size(t *testing.T, path string) float64 {
	t.Helper()
	found, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return float64(found.Size()) / 1024
}
