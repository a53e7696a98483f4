// cert-manager's release whose definitions what `deploy/` holds is tried against. Nothing of its code is built, so it is a module of
// its own: the programs that build-tools makes do not depend on it.
module virt-patch.dev/tests/kubernetes/cert-manager

go 1.26.0

require github.com/cert-manager/cert-manager v1.21.2
