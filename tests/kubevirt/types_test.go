package kubevirt

import (
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"

	"kubevirt.io/kubevirt/pkg/virt-launcher/virtwrap/api"
)

// What KubeVirt's types keep of <devices> is a table in the Rust code, made here from the types themselves.

const table = "../../src/second_call/types.rs"

const preamble = `//! What KubeVirt's types keep of a domain's devices. Made by reflection from the Go types of
//! kubevirt.io/kubevirt v1.9.0 (pkg/virt-launcher/virtwrap/api, Apache-2.0); do not edit:
//! in tests/kubevirt, BLESS=1 go test -run TestTheTableOfTypes writes it anew.

use super::shape::{Attribute, Element, Scalar, Type};
use super::shape::Written::{Always, UnlessEmpty, WhereRead};

`

// TestTheTableOfTypes compares the table with the types; BLESS=1 writes it anew.
func TestTheTableOfTypes(t *testing.T) {
	w := writer{done: map[reflect.Type]string{}}
	w.define(t, reflect.TypeOf(api.Devices{}))
	sort.Strings(w.lines)
	want := preamble + strings.Join(w.lines, "\n")
	if os.Getenv("BLESS") != "" {
		if err := os.WriteFile(table, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("rustfmt", "--edition", "2024", "--config-path", "../..", table).CombinedOutput(); err != nil {
			t.Fatalf("rustfmt: %v\n%s", err, out)
		}
	}
	got, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	if squeeze(string(got)) != squeeze(want) {
		t.Errorf("%s is not what KubeVirt's types say; BLESS=1 writes it anew", table)
	}
}

// squeeze takes out what rustfmt decides: white space, trailing commas, the order of imports.
func squeeze(text string) string {
	var code []string
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "use ") {
			code = append(code, strings.Join(strings.Fields(line), ""))
		}
	}
	text = strings.Join(code, "")
	return strings.NewReplacer(",]", "]", ",)", ")", ",}", "}").Replace(text)
}

type writer struct {
	done  map[reflect.Type]string
	lines []string
}

// constant is the name of a type's table: DiskSource is DISK_SOURCE.
func constant(name string) string {
	var b strings.Builder
	for i, r := range name {
		upper := r >= 'A' && r <= 'Z'
		if upper && i > 0 {
			before, after := name[i-1], byte('A')
			if i+1 < len(name) {
				after = name[i+1]
			}
			if before >= 'a' && before <= 'z' || before >= '0' && before <= '9' || after >= 'a' && after <= 'z' {
				b.WriteByte('_')
			}
		}
		b.WriteString(strings.ToUpper(string(r)))
	}
	return b.String()
}

var unmarshaler = reflect.TypeOf((*xml.Unmarshaler)(nil)).Elem()

// define writes the table of a struct, and of those that it holds.
func (w *writer) define(t *testing.T, ty reflect.Type) string {
	t.Helper()
	if name, ok := w.done[ty]; ok {
		return name
	}
	name := constant(ty.Name())
	w.done[ty] = name
	if reflect.PointerTo(ty).Implements(unmarshaler) {
		// It reads itself. There is one, which reads and writes a name.
		if ty != reflect.TypeOf(api.Alias{}) {
			t.Fatalf("%s has an UnmarshalXML of its own", ty)
		}
		w.line(ty, name, []string{`Attribute { name: "name", scalar: Scalar::Text, written: Always }`}, "None", nil)
		return name
	}
	var attributes, elements []string
	text := "None"
	for i := range ty.NumField() {
		field := ty.Field(i)
		tag, tagged := field.Tag.Lookup("xml")
		if tag == "-" || field.Name == "XMLName" {
			continue
		}
		if !tagged || field.Anonymous {
			t.Fatalf("%s.%s has no xml tag", ty, field.Name)
		}
		parts := strings.Split(tag, ",")
		options := map[string]bool{}
		for _, option := range parts[1:] {
			options[option] = true
		}
		if strings.ContainsAny(parts[0], " >:") || options["innerxml"] || options["any"] || options["comment"] || options["cdata"] {
			t.Fatalf("%s.%s: this test does not know the tag %q", ty, field.Name, tag)
		}
		of, many := field.Type, false
		written := "Always"
		if options["omitempty"] {
			written = "UnlessEmpty"
		}
		if of.Kind() == reflect.Slice && of.Elem().Kind() != reflect.Uint8 {
			of, many, written = of.Elem(), true, "WhereRead"
		}
		if of.Kind() == reflect.Pointer {
			of, written = of.Elem(), "WhereRead"
		}
		switch {
		case options["chardata"]:
			text = fmt.Sprintf("Some(%s)", scalar(t, of))
		case options["attr"]:
			attributes = append(attributes, fmt.Sprintf("Attribute { name: %q, scalar: %s, written: %s }", parts[0], scalar(t, of), written))
		case of.Kind() == reflect.Struct:
			// A struct is never empty in the eyes of encoding/xml.
			if written == "UnlessEmpty" {
				written = "Always"
			}
			elements = append(elements, fmt.Sprintf("Element::of_type(%q, &%s, %s, %v)", parts[0], w.define(t, of), written, many))
		default:
			elements = append(elements, fmt.Sprintf("Element::of_scalar(%q, %s, %s, %v)", parts[0], scalar(t, of), written, many))
		}
	}
	w.line(ty, name, attributes, text, elements)
	return name
}

func (w *writer) line(ty reflect.Type, name string, attributes []string, text string, elements []string) {
	w.lines = append(w.lines, fmt.Sprintf("/// `%s`\npub(super) static %s: Type = Type { attributes: &[%s], text: %s, elements: &[%s] };\n",
		ty.Name(), name, strings.Join(attributes, ", "), text, strings.Join(elements, ", ")))
}

func scalar(t *testing.T, ty reflect.Type) string {
	t.Helper()
	switch ty.Kind() {
	case reflect.String:
		return "Scalar::Text"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return fmt.Sprintf("Scalar::Signed(%d)", ty.Bits())
	case reflect.Uint, reflect.Uint32, reflect.Uint64:
		return fmt.Sprintf("Scalar::Unsigned(%d)", ty.Bits())
	default:
		t.Fatalf("a scalar of type %s", ty)
		return ""
	}
}

// TestTheSecondCallIsKubeVirts compares what `apply --second-call` sends a rule set that changes nothing with
// what KubeVirt's types make of the same domain.
//
//	VIRT_PATCH  the command line program
func TestTheSecondCallIsKubeVirts(t *testing.T) {
	program := program(t, "VIRT_PATCH")
	var domains []string
	shared := os.Getenv("VIRT_PATCH_SHARED")
	if shared == "" {
		shared = "../../../shared"
	}
	for _, pattern := range []string{
		"testdata/*.xml", "../../benches/measure/*.xml", "../../examples/tour/*.xml",
		filepath.Join(shared, "corpus/*/domain-before*.xml"), filepath.Join(shared, "libvirt/domains/*.xml"),
	} {
		found, _ := filepath.Glob(pattern)
		domains = append(domains, found...)
	}
	if len(domains) < 20 {
		if os.Getenv("CI") != "" {
			t.Fatalf("only %d domains", len(domains))
		}
		t.Logf("SKIPPED: the shared domains are not there; set VIRT_PATCH_SHARED")
	}
	same, refused := 0, 0
	for _, path := range domains {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(program, "apply", "testdata/nothing.yaml", "--domain", path, "--second-call").Output()
		spec := &api.DomainSpec{}
		if wrong := xml.Unmarshal(text, &struct {
			XMLName xml.Name     `xml:"domain"`
			Devices *api.Devices `xml:"devices"`
		}{Devices: &spec.Devices}); wrong != nil {
			if err == nil {
				t.Errorf("%s: KubeVirt's types refuse it (%v), the simulation does not", path, wrong)
			}
			refused++
			continue
		}
		if err != nil {
			message := ""
			if exit, ok := err.(*exec.ExitError); ok {
				message = string(exit.Stderr)
			}
			// A domain without devices, or one that virt-patch itself refuses (a DOCTYPE, an encoding), says nothing about types.
			if !strings.Contains(message, "kubevirt-types") || !strings.Contains(string(text), "<devices") {
				continue
			}
			t.Errorf("%s: %s", path, message)
			continue
		}
		answer := &struct {
			Devices struct {
				Inner string `xml:",innerxml"`
			} `xml:"devices"`
		}{}
		if err := xml.Unmarshal(out, answer); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		want, err := xml.Marshal(spec.Devices)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := tokens(t, "<Devices>"+answer.Devices.Inner+"</Devices>"), tokens(t, string(want)); got != want {
			t.Errorf("%s:\n got %s\nwant %s", path, got, want)
			continue
		}
		same++
	}
	t.Logf("%d domains like KubeVirt's types, %d refused like them, of %d", same, refused, len(domains))
	if same < 4 {
		t.Errorf("only %d domains were compared", same)
	}
}

// tokens writes a document so that only its meaning counts: no layout, no prefixes, one way to escape.
func tokens(t *testing.T, text string) string {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(text))
	var out strings.Builder
	for {
		token, err := decoder.Token()
		if token == nil {
			return out.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			fmt.Fprintf(&out, "\n<%s", token.Name.Local)
			for _, attribute := range token.Attr {
				if attribute.Name.Local != "xmlns" && attribute.Name.Space != "xmlns" {
					fmt.Fprintf(&out, " %s=%q", attribute.Name.Local, attribute.Value)
				}
			}
			out.WriteString(">")
		case xml.EndElement:
			out.WriteString("</>")
		case xml.CharData:
			if strings.TrimSpace(string(token)) != "" {
				fmt.Fprintf(&out, "%q", string(token))
			}
		}
	}
}
