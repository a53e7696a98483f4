// Package kubevirt drives a sidecar with KubeVirt's own, unmodified client code, the hook manager of
// virt-launcher and its plugin pipeline: where this project's idea of the wire and KubeVirt's differ,
// these tests are right.
//
//	VIRT_PATCH_SIDECAR  the sidecar to be tested (needed)
//	VIRT_PATCH          the command line (for what the simulated second call sends)
//	VIRT_PATCH_ECHO     the `echo` example, which serves without rules (for the server's own tests)
package kubevirt
