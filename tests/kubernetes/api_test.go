package kubernetes

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// object is any object of the API.
type object = map[string]any

// call sends a request and reads the whole answer.
func call(token, method, path string, body any) (int, string, error) {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, "", err
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, cluster.address+path, sent)
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := cluster.http.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	return response.StatusCode, string(read), err
}

// refusal asks the API server to create an object without keeping it: nil where it would, else what it says.
func refusal(t *testing.T, path string, body object) error {
	t.Helper()
	status, answer, err := call(admin, http.MethodPost, path+"?dryRun=All", body)
	if err != nil {
		t.Fatal(err)
	}
	if status == http.StatusCreated {
		return nil
	}
	var said struct{ Message string }
	if err := json.Unmarshal([]byte(answer), &said); err != nil || said.Message == "" {
		t.Fatalf("%s: %d: %s", path, status, tail(answer))
	}
	return errors.New(said.Message)
}

// kubectl runs it as the administrator, with a text on standard input.
func kubectl(t *testing.T, input string, arguments ...string) (string, error) {
	t.Helper()
	return run(t, "kubectl", input, append([]string{"--kubeconfig", cluster.kubeconfig}, arguments...)...)
}

// mustKubectl is kubectl where it has to succeed.
func mustKubectl(t *testing.T, input string, arguments ...string) string {
	t.Helper()
	said, err := kubectl(t, input, arguments...)
	if err != nil {
		t.Fatalf("kubectl %s: %v", strings.Join(arguments, " "), err)
	}
	return said
}

// run runs a program that build-tools made; an error holds what it wrote to standard error.
func run(t *testing.T, name, input string, arguments ...string) (string, error) {
	t.Helper()
	path, err := tool(name)
	if err != nil {
		t.Fatal(err)
	}
	return output(exec.Command(path, arguments...), input)
}

// virtPatch runs the command line under test.
func virtPatch(t *testing.T, input string, arguments ...string) (string, error) {
	t.Helper()
	return output(exec.Command(program(t), arguments...), input)
}

func program(t *testing.T) string {
	t.Helper()
	path := os.Getenv("VIRT_PATCH")
	if path == "" {
		t.Fatal("VIRT_PATCH does not name the command line")
	}
	return path
}

func output(command *exec.Cmd, input string) (string, error) {
	var out, problems bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input), &out, &problems
	// Programs keep what they learn of a cluster in the home folder.
	command.Env = append(os.Environ(), "HOME="+cluster.folder)
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("%w: %s", err, strings.TrimSpace(problems.String()))
	}
	return out.String(), nil
}

// namespace makes one of this name. Nothing empties namespaces here, so each test has its own.
func namespace(t *testing.T, name string) string {
	t.Helper()
	body := object{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": name}}
	status, answer, err := call(admin, http.MethodPost, "/api/v1/namespaces", body)
	if err != nil || status != http.StatusCreated && status != http.StatusConflict {
		t.Fatalf("namespace %s: %d %v: %s", name, status, err, tail(answer))
	}
	return name
}

// installDefinitions creates what KubeVirt's operator would, and Harvester's Setting.
func installDefinitions() error {
	path := os.Getenv("VIRT_PATCH_DEFINITIONS")
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("VIRT_PATCH_DEFINITIONS: %w", err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	definitions := []object{settingDefinition}
	for lines.Scan() {
		var definition object
		if err := json.Unmarshal(lines.Bytes(), &definition); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		definitions = append(definitions, definition)
	}
	if err := lines.Err(); err != nil {
		return err
	}
	for _, definition := range definitions {
		kind, _ := definition["kind"].(string)
		collection := collections[kind]
		status, answer, err := call(admin, http.MethodPost, collection, definition)
		if err != nil || status != http.StatusCreated {
			return fmt.Errorf("%s: %d %v: %s", kind, status, err, tail(answer))
		}
	}
	return waitFor(time.Minute, func() error {
		for _, served := range []string{"/apis/kubevirt.io/v1/virtualmachineinstances", "/apis/plugin.kubevirt.io/v1alpha1/plugins",
			"/apis/pool.kubevirt.io/v1beta1/virtualmachinepools", "/apis/harvesterhci.io/v1beta1/settings"} {
			if status, _, err := call(admin, http.MethodGet, served, nil); err != nil || status != http.StatusOK {
				return fmt.Errorf("%s: %d %v", served, status, err)
			}
		}
		return nil
	})
}

// collections are the paths of the kinds that definitions are of.
var collections = map[string]string{
	"CustomResourceDefinition":         "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
	"ValidatingAdmissionPolicy":        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
	"ValidatingAdmissionPolicyBinding": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
}

// settingDefinition is Harvester's Setting, cut down to the two fields that hold its value.
var settingDefinition = object{
	"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
	"metadata": object{"name": "settings.harvesterhci.io"},
	"spec": object{
		"group": "harvesterhci.io", "scope": "Cluster",
		"names": object{"plural": "settings", "singular": "setting", "kind": "Setting", "listKind": "SettingList"},
		"versions": []object{{"name": "v1beta1", "served": true, "storage": true, "schema": object{
			"openAPIV3Schema": object{"type": "object", "properties": object{
				"default": object{"type": "string"}, "value": object{"type": "string"},
			}},
		}}},
	},
}
