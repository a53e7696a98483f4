// Package libvirt shows what becomes of the packs on a real libvirt, a real QEMU and in a real guest.
//
// A domain in KubeVirt's form goes the way of a VM's start: KubeVirt's hook manager calls the sidecar, libvirt
// defines the answer, KubeVirt's types read the devices back, and the sidecar is called a second time. What
// libvirt must make of that last answer stands in packs/, one file a pack; what guests must see of it in guests/.
// Each is held against a control, the same way without what the VM asks of the pack.
//
//	VIRT_PATCH_SIDECAR  the sidecar to be tested (needed)
//	VIRT_PATCH          the command line, which knows the packs (needed)
//	VIRT_PATCH_GUEST    the folder where guest/build put a kernel and an initrd (guests need it)
//
// `setup` installs what else is needed on Debian, as root. Nothing needs KVM, systemd or D-Bus.
package libvirt
