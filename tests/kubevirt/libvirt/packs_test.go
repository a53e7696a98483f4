package libvirt

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	v1 "kubevirt.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// A packFile is packs/NAME.yaml: what libvirt must make of the pack NAME. docs/packs.md is made of it too.
type packFile struct {
	// Cases are none for a pack that leaves the domain alone; then Reason says what proves it.
	Cases  []packCase `json:"cases"`
	Reason string     `json:"reason"`
}

type packCase struct {
	Name string `json:"name"`
	// Domain is a file of domains/; without it, q35.
	Domain string `json:"domain"`
	// Args are the sidecar's, beside `--pack`.
	Args        []string                      `json:"args"`
	Annotations map[string]string             `json:"annotations"`
	Spec        v1.VirtualMachineInstanceSpec `json:"spec"`
	// Arguments stand in QEMU's command line, words with a blank between, and not in the control's; those of
	// Gone in the control's alone.
	Arguments []string `json:"arguments"`
	Gone      []string `json:"gone"`
	// Start has libvirt begin to start the domain for its arguments, where the others do not show.
	Start bool `json:"start"`
	// Kept says in which form libvirt keeps a fact, where that is another; an empty one is left out by it.
	Kept map[string]string `json:"kept"`
	// Refused matches what this libvirt says of the domain, which then is no fault of the pack, for Reason.
	Refused string `json:"refused"`
	Reason  string `json:"reason"`
}

type tally struct{ packs, cases, facts, arguments, refused int }

func (n tally) String() string {
	return fmt.Sprintf("On libvirt: %d packs in %d cases; 0 new faults against its grammar, %d facts kept as written, "+
		"%d QEMU arguments that no control run has; %d cases that this libvirt refuses, as said.",
		n.packs, n.cases, n.facts, n.arguments, n.refused)
}

func packs(t *testing.T, h *hypervisor) {
	cli := setting(t, "VIRT_PATCH")
	list, err := exec.Command(cli, "packs").Output()
	if err != nil {
		t.Fatal(err)
	}
	var done tally
	for line := range strings.Lines(string(list)) {
		pack := strings.Fields(line)[0]
		done.packs++
		t.Run(pack, func(t *testing.T) {
			var file packFile
			load(t, filepath.Join("packs", pack+".yaml"), &file)
			if (len(file.Cases) == 0) != (file.Reason != "") {
				t.Fatalf("packs/%s.yaml wants cases, or a reason why there are none", pack)
			}
			for _, c := range file.Cases {
				t.Run(c.Name, func(t *testing.T) { c.try(t, h, pack, &done) })
			}
		})
	}
	if files, _ := filepath.Glob("packs/*.yaml"); len(files) != done.packs {
		t.Errorf("there are %d files in packs/ for %d packs", len(files), done.packs)
	}
	if !t.Failed() {
		fmt.Println(done)
	}
}

func load(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// control gives QEMU's command line of a start without what a VM asks of packs, which none of them changes. It is
// made once for each domain; `begin` as in [packCase.Start].
func (h *hypervisor) control(t *testing.T, domain string, begin bool) string {
	t.Helper()
	key := fmt.Sprint(domain, begin)
	if line, is := h.controls[key]; is {
		return line
	}
	s, err := h.started(t, sidecar(t, "--pack", "smbios"), h.domain(t, domain), vmi())
	if err != nil {
		t.Fatalf("libvirt refuses the control: %v", err)
	}
	if s.requests != s.answers {
		t.Fatalf("the control is changed:\n%s", s.answers[1])
	}
	if err := valid(t, faultless(s.answers[1])); err != nil {
		t.Fatalf("the control is not valid, so that no new fault would show: %v", err)
	}
	line, err := h.arguments(t, s.answers[1], begin)
	if err != nil {
		t.Fatalf("libvirt refuses the control: %v", err)
	}
	h.controls[key] = line
	return line
}

func vmi() *v1.VirtualMachineInstance {
	return &v1.VirtualMachineInstance{ObjectMeta: metav1.ObjectMeta{Name: "testvm", Namespace: "default"}}
}

// try brings the domain to libvirt with what the case asks of the pack.
func (c packCase) try(t *testing.T, h *hypervisor, pack string, done *tally) {
	done.cases++
	domain := cmp.Or(c.Domain, "q35")
	begin := c.Start && !h.noNetwork
	control := h.control(t, domain, begin)
	args := []string{"--pack", pack}
	for _, a := range c.Args {
		args = append(args, h.places.Replace(a))
	}
	machine := vmi()
	machine.Spec, machine.Annotations = c.Spec, map[string]string{}
	for key, value := range c.Annotations {
		machine.Annotations[key] = h.places.Replace(value)
	}
	s, err := h.started(t, sidecar(t, args...), h.domain(t, domain), machine)
	if c.refuses(t, err, done) {
		return
	}
	c.keeps(t, h, s, done)
	line, err := h.arguments(t, s.answers[1], begin)
	if c.refuses(t, err, done) {
		return
	}
	if c.Refused != "" {
		t.Errorf("this libvirt refuses nothing; it should say %q", c.Refused)
	}
	if (len(c.Arguments)+len(c.Gone) == 0) != (c.Reason != "") {
		t.Error("the case wants arguments, or a reason why there are none")
	}
	if begin == c.Start {
		c.differ(t, h, control, line, done)
	}
}

// refuses is whether libvirt has said what the case says it would.
func (c packCase) refuses(t *testing.T, err error, done *tally) bool {
	t.Helper()
	if err == nil {
		return false
	}
	if c.Refused == "" || !regexp.MustCompile(c.Refused).MatchString(err.Error()) {
		t.Fatalf("libvirt refuses the domain: %v", err)
	}
	if c.Reason == "" {
		t.Error("the case gives no reason for what libvirt refuses")
	}
	done.refused++
	return true
}

// keeps holds what the pack wrote against libvirt's grammar, and against what libvirt keeps of it.
func (c packCase) keeps(t *testing.T, h *hypervisor, s start, done *tally) {
	t.Helper()
	answer := faultless(s.answers[1])
	if err := valid(t, answer); err != nil {
		t.Errorf("against libvirt's grammar: %v\n%s", err, answer)
	}
	dump, err := h.defined(t, answer, "--validate")
	if err != nil {
		t.Fatalf("libvirt refuses the domain: %v", err)
	}
	kept := facts(t, dump)
	written, removed := s.written(t)
	if len(written)+len(removed) == 0 {
		t.Error("the pack changes nothing")
	}
	for fact, form := range c.Kept {
		if written[fact] == 0 || kept[fact] >= written[fact] {
			t.Errorf("the pack does not write %q, or libvirt keeps it as it is", fact)
		}
		delete(written, fact)
		if form != "" {
			written[form]++
		}
	}
	if lost := beyond(written, kept); len(lost) > 0 {
		t.Errorf("libvirt does not keep:\n%s", listed(lost))
	}
	after := facts(t, answer)
	for fact := range removed {
		if kept[fact] > after[fact] {
			t.Errorf("the pack removes %q, and libvirt has it again", fact)
		}
	}
	done.facts += len(written)
}

// differ holds the arguments of the case against both command lines.
func (c packCase) differ(t *testing.T, h *hypervisor, control, line string, done *tally) {
	t.Helper()
	expect := func(arguments []string, here, there string) {
		for _, argument := range arguments {
			argument = h.places.Replace(argument)
			if !strings.Contains(here, argument) {
				t.Errorf("QEMU's command line lacks %s:\n%s", argument, here)
			}
			if strings.Contains(there, argument) {
				t.Errorf("QEMU's command line has %s with the pack and without", argument)
			}
			done.arguments++
		}
	}
	expect(c.Arguments, line, control)
	expect(c.Gone, control, line)
}
