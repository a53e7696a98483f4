// Package kubernetes runs a real API server of Kubernetes, with KubeVirt's own definitions in it, and installs what
// `deploy/` holds and `virt-patch plugin` renders: what the API server refuses there, a cluster refuses too.
//
// Nothing is mocked, and nothing else of a cluster runs: no controller, no kubelet, so no pod ever starts.
//
//	VIRT_PATCH             the command line, for the webhook and for plugins
//	VIRT_PATCH_KUBERNETES  a folder with kube-apiserver, kubectl and helm (`build-tools` makes it and prints its name)
//	VIRT_PATCH_DEFINITIONS KubeVirt's definitions, as tests/kubevirt/definitions prints them
//
// etcd and openssl are looked for in PATH; cert-manager's definitions are those of the release in cert-manager/go.mod, which comes by
// the Go proxy. scripts/test sets all of this; by hand, from the repository's root:
//
//	(cd tests/kubevirt && go run ./definitions) >definitions.jsonl
//	export VIRT_PATCH=$PWD/target/debug/virt-patch VIRT_PATCH_DEFINITIONS=$PWD/definitions.jsonl
//	export VIRT_PATCH_KUBERNETES=$(tests/kubernetes/build-tools)
//	cd tests/kubernetes && go test ./...
//
// With BLESS=1 the test TestKustomizeHoldsWhatTheChartRenders writes kustomize's files anew.
package kubernetes
