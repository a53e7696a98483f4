// Package launcher gives tests virt-launcher's side of the hooks: KubeVirt's own hook manager, on a folder of
// the test's choice.
package launcher

import (
	"reflect"
	"unsafe"

	"kubevirt.io/kubevirt/pkg/hooks"
)

// Manager is KubeVirt's hook manager over the sockets below `pod`, one sub-folder a container. Its constructor
// is unexported and the folder of the exported one fixed, so one of the same type is made and its folder set
// through reflection.
func Manager(pod string) hooks.Manager {
	m := reflect.New(reflect.TypeOf(hooks.GetManager()).Elem())
	f := m.Elem().FieldByName("hookSocketSharedDirectory")
	reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem().SetString(pod)
	return m.Interface().(hooks.Manager)
}
