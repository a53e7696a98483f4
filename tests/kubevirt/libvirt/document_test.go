package libvirt

import (
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// schema is libvirt's own grammar of domains.
const schema = "/usr/share/libvirt/schemas/domain.rng"

// What KubeVirt writes into every domain although libvirt's grammar does not have it; its parser does not mind.
var (
	emptyTables   = regexp.MustCompile(`\s*<(bios></bios|baseBoard></baseBoard|chassis></chassis)>`)
	sourceAddress = regexp.MustCompile(`(<source>\s*<address) type="pci"`)
)

// faultless is the domain without KubeVirt's own faults, so that any other shows.
func faultless(domain string) string {
	return sourceAddress.ReplaceAllString(emptyTables.ReplaceAllString(domain, ""), "$1")
}

// valid holds a domain against libvirt's grammar.
func valid(t *testing.T, domain string) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "domain.xml")
	write(t, path, domain)
	said, err := exec.Command("xmllint", "--noout", "--relaxng", schema, path).CombinedOutput()
	if err != nil {
		return errors.New(string(said))
	}
	return nil
}

// facts counts what a document says: attributes and texts, each with the names that lead to it, and elements
// that have neither.
func facts(t *testing.T, document string) map[string]int {
	t.Helper()
	type open struct {
		path  string
		text  strings.Builder
		holds bool
	}
	found := map[string]int{}
	stack := []*open{{}}
	for reader := xml.NewDecoder(strings.NewReader(document)); ; {
		token, err := reader.Token()
		if err == io.EOF {
			return found
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		top := stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			top.holds = true
			at := &open{path: top.path + "/" + token.Name.Local}
			for _, a := range token.Attr {
				if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
					found[at.path+"/@"+a.Name.Local+"="+a.Value]++
					at.holds = true
				}
			}
			stack = append(stack, at)
		case xml.CharData:
			top.text.Write(token)
		case xml.EndElement:
			if text := strings.TrimSpace(top.text.String()); text != "" {
				found[top.path+"="+text]++
			} else if !top.holds {
				found[top.path]++
			}
			stack = stack[:len(stack)-1]
		}
	}
}

// beyond is what `some` says more often than `others`, and how often more.
func beyond(some, others map[string]int) map[string]int {
	more := map[string]int{}
	for fact, times := range some {
		if lack := times - others[fact]; lack > 0 {
			more[fact] = lack
		}
	}
	return more
}

func listed(facts map[string]int) string {
	return strings.Join(slices.Sorted(maps.Keys(facts)), "\n")
}

// checks shows that a misspelt name would be found, which libvirt takes and drops.
func checks(t *testing.T, h *hypervisor) {
	right := faultless(h.sent(t, "q35"))
	wrong := strings.Replace(right, "<devices>", "<devices><hostdevs></hostdevs>", 1)
	if err := valid(t, right); err != nil {
		t.Errorf("the domain is not valid: %v", err)
	}
	if valid(t, wrong) == nil {
		t.Error("libvirt's grammar lets a misspelt name through")
	}
	kept, err := h.defined(t, wrong)
	if err != nil {
		t.Fatal(err)
	}
	written := beyond(facts(t, wrong), facts(t, right))
	if lost := beyond(written, facts(t, kept)); len(lost) != 1 {
		t.Errorf("of %v libvirt loses %v", written, lost)
	}
	if _, err := h.defined(t, wrong, "--validate"); err == nil {
		t.Error("define --validate lets a misspelt name through")
	}
}
