// Command definitions prints what KubeVirt's operator installs into an API server, one JSON object a line: the
// definitions of the resources that virt-patch looks at, with KubeVirt's own schemas, and the admission policies that
// KubeVirt lays on plugins and on the pods of VMs.
//
// The schemas are read from the source of the module kubevirt.io/kubevirt: the package that they stand in compiles only
// with the whole operator.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kubevirt "kubevirt.io/api/core/v1"
	"kubevirt.io/api/plugin"
	"sigs.k8s.io/yaml"

	policies "kubevirt.io/kubevirt/pkg/virt-operator/resource/generate/components/validatingadmissionpolicies"
)

// resource is what crds.go of the operator says of a kind; `status` that it has the sub-resource.
type resource struct {
	kind, group string
	versions    []apiextensions.CustomResourceDefinitionVersion
	scope       apiextensions.ResourceScope
	status      bool
}

func version(name string, storage bool) apiextensions.CustomResourceDefinitionVersion {
	return apiextensions.CustomResourceDefinitionVersion{Name: name, Served: true, Storage: storage}
}

var resources = []resource{
	{"VirtualMachine", "kubevirt.io", kubevirt.ApiSupportedVersions, apiextensions.NamespaceScoped, true},
	{"VirtualMachineInstance", "kubevirt.io", kubevirt.ApiSupportedVersions, apiextensions.NamespaceScoped, false},
	{"VirtualMachineInstanceReplicaSet", "kubevirt.io", kubevirt.ApiSupportedVersions, apiextensions.NamespaceScoped, true},
	{"VirtualMachinePool", "pool.kubevirt.io",
		[]apiextensions.CustomResourceDefinitionVersion{version("v1alpha1", false), version("v1beta1", true)},
		apiextensions.NamespaceScoped, true},
	{"Plugin", plugin.GroupName,
		[]apiextensions.CustomResourceDefinitionVersion{version("v1alpha1", true)}, apiextensions.ClusterScoped, false},
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "definitions:", err)
		os.Exit(1)
	}
}

func run() error {
	schemas, err := schemas()
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	for _, r := range resources {
		definition, err := r.definition(schemas)
		if err != nil {
			return err
		}
		if err := out.Encode(definition); err != nil {
			return err
		}
	}
	for kind, objects := range map[string][]runtime.Object{
		"ValidatingAdmissionPolicy": {
			policies.NewPluginValidatingAdmissionPolicy(),
			policies.NewPluginWarningAdmissionPolicy(),
			policies.NewPluginSocketPathValidatingAdmissionPolicy(),
			policies.NewSidecarSubPathValidatingAdmissionPolicy(),
		},
		"ValidatingAdmissionPolicyBinding": {
			policies.NewPluginValidatingAdmissionPolicyBinding(),
			policies.NewPluginWarningAdmissionPolicyBinding(),
			policies.NewPluginSocketPathValidatingAdmissionPolicyBinding(),
			policies.NewSidecarSubPathValidatingAdmissionPolicyBinding(),
		},
	} {
		for _, object := range objects {
			// The operator's objects say `v1`, which its client never sends.
			object.GetObjectKind().SetGroupVersionKind(
				schema.GroupVersionKind{Group: "admissionregistration.k8s.io", Version: "v1", Kind: kind})
			if err := out.Encode(object); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r resource) definition(schemas map[string]string) (*apiextensions.CustomResourceDefinition, error) {
	singular := strings.ToLower(r.kind)
	var validation apiextensions.CustomResourceValidation
	if err := yaml.Unmarshal([]byte(schemas[singular]), &validation); err != nil || validation.OpenAPIV3Schema == nil {
		return nil, fmt.Errorf("the schema of %s: %q, %v", r.kind, schemas[singular], err)
	}
	definition := &apiextensions.CustomResourceDefinition{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apiextensions.k8s.io/v1", Kind: "CustomResourceDefinition"},
		ObjectMeta: metav1.ObjectMeta{Name: singular + "s." + r.group},
		Spec: apiextensions.CustomResourceDefinitionSpec{
			Group: r.group, Scope: r.scope,
			Names: apiextensions.CustomResourceDefinitionNames{
				Plural: singular + "s", Singular: singular, Kind: r.kind, ListKind: r.kind + "List",
			},
		},
	}
	for _, version := range r.versions {
		version.Schema = &validation
		if r.status {
			version.Subresources = &apiextensions.CustomResourceSubresources{
				Status: &apiextensions.CustomResourceSubresourceStatus{},
			}
		}
		definition.Spec.Versions = append(definition.Spec.Versions, version)
	}
	return definition, nil
}

// schemas are the entries of the operator's table CRDsValidation: YAML, by the resource's name in the singular.
func schemas() (map[string]string, error) {
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "kubevirt.io/kubevirt").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	path := filepath.Join(strings.TrimSpace(string(module)),
		"pkg/virt-operator/resource/generate/components/validations_generated.go")
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return nil, err
	}
	table := map[string]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		entry, ok := node.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		key, keyed := text(entry.Key)
		value, valued := text(entry.Value)
		if keyed && valued {
			table[key] = value
		}
		return false
	})
	return table, nil
}

// text is a string literal's value. The schemas are raw strings, joined where they hold a backquote.
func text(expression ast.Expr) (string, bool) {
	switch e := expression.(type) {
	case *ast.BasicLit:
		value, err := strconv.Unquote(e.Value)
		return value, err == nil
	case *ast.BinaryExpr:
		left, whole := text(e.X)
		right, both := text(e.Y)
		return left + right, whole && both
	}
	return "", false
}
