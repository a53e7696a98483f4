package kubevirt

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	pluginapi "kubevirt.io/api/plugin/v1alpha1"

	plugin "kubevirt.io/kubevirt/pkg/hooks/plugins/v1alpha1"
	grpcutil "kubevirt.io/kubevirt/pkg/util/net/grpc"
	"kubevirt.io/kubevirt/pkg/virt-launcher/virtwrap/plugins"
)

func mutate(t *testing.T, socket string, request *plugin.MutateDomainRequest) (*plugin.MutateDomainResponse, error) {
	t.Helper()
	conn, err := grpcutil.DialSocketWithTimeout(socket, 5)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return plugin.NewDomainHookServiceClient(conn).MutateDomain(ctx, request)
}

// request asks for a domain's change at boot.
func request(t *testing.T, domain string) *plugin.MutateDomainRequest {
	t.Helper()
	vmiJSON, err := json.Marshal(vmi(t))
	if err != nil {
		t.Fatal(err)
	}
	return &plugin.MutateDomainRequest{DomainType: "libvirt", Domain: []byte(domain), Vmi: vmiJSON,
		SidecarContext: &plugin.SidecarContext{InvocationContext: "Boot"}}
}

// listening waits for the plugin's socket.
func listening(t *testing.T, socket string) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(socket); err == nil {
			return
		}
	}
	t.Fatalf("%s never appeared", socket)
}

func TestThePluginSocketAnswersAndShowsWholeErrors(t *testing.T) {
	pod := launcher(t)
	socket := filepath.Join(pod, "plugin.sock")
	// What an earlier run left is replaced.
	// What a process that was killed leaves behind.
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	s := start(t, program(t, "VIRT_PATCH_ECHO"), pod, "c", "--plugin-socket", socket)
	s.socket()
	sent := request(t, string(load(t, "domain.xml")))
	r, err := mutate(t, socket, sent)
	if err != nil || string(r.GetDomain()) != string(sent.Domain) {
		t.Fatalf("%v", err)
	}

	_, err = mutate(t, socket, request(t, "<fail>5000</fail>"))
	text := status.Convert(err).Message()
	if status.Code(err) != codes.FailedPrecondition || !strings.HasPrefix(text, "echo.yaml:1:1: error[rule-failed]: line 1\necho.yaml:2:1") || !strings.Contains(text, "more problems; see the sidecar's log") {
		t.Errorf("%v: %.300s", status.Code(err), text)
	}

	sent.DomainType = "cloud-hypervisor"
	if _, err = mutate(t, socket, sent); status.Code(err) != codes.InvalidArgument {
		t.Errorf("%v", err)
	}
}

// KubeVirt's whole pipeline wants the socket under /var/run/kubevirt-plugin/PLUGIN/.
func TestThePluginPipelineKeepsTheAnswer(t *testing.T) {
	echo := program(t, "VIRT_PATCH_ECHO")
	dir := "/var/run/kubevirt-plugin/virt-patch-test"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "virt-patch.sock")
	start(t, echo, launcher(t), "c", "--plugin-socket", socket)
	listening(t, socket)
	p := []pluginapi.Plugin{{ObjectMeta: metav1.ObjectMeta{Name: "virt-patch-test"}, Spec: pluginapi.PluginSpec{
		DomainHooks: []pluginapi.DomainHook{{Sidecar: &pluginapi.SidecarDomainHook{SocketPath: socket}}}}}}
	spec, xml, err := plugins.ApplyDomainHooks(p, vmi(t), domain(t), pluginapi.InvocationContextBoot)
	if err != nil || spec.Name != "default_testvm" || !strings.Contains(xml, "ua-rootdisk") {
		t.Errorf("%v\n%s", err, xml)
	}
}
