package kubernetes

import (
	"testing"

	"sigs.k8s.io/yaml"
)

// The annotation that names sidecars.
const hookSidecars = "hooks.kubevirt.io/hookSidecars"

// machine is the least that KubeVirt's schema takes for a VMI's spec.
func machine() object {
	return object{"domain": object{"devices": object{}}}
}

// instance is a VMI with an annotation.
func instance(name, sidecars string) object {
	return object{"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstance",
		"metadata": object{"name": name, "annotations": object{hookSidecars: sidecars}}, "spec": machine()}
}

// template is what a VM, a ReplicaSet and a pool make VMIs of.
func template(sidecars string) object {
	return object{"metadata": object{"labels": object{"app": "vm"}, "annotations": object{hookSidecars: sidecars}}, "spec": machine()}
}

// virtualMachine is a VM whose VMI has the annotation.
func virtualMachine(name, sidecars string) object {
	return object{"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": object{"name": name},
		"spec": object{"runStrategy": "Halted", "template": template(sidecars)}}
}

// replicaSet is a ReplicaSet of VMIs with the annotation.
func replicaSet(name, sidecars string) object {
	return object{"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstanceReplicaSet", "metadata": object{"name": name},
		"spec": object{"replicas": 1, "selector": object{"matchLabels": object{"app": "vm"}}, "template": template(sidecars)}}
}

// pool is a pool of VMs whose VMIs have the annotation.
func pool(name, sidecars string) object {
	return object{"apiVersion": "pool.kubevirt.io/v1beta1", "kind": "VirtualMachinePool", "metadata": object{"name": name},
		"spec": object{"replicas": 1, "selector": object{"matchLabels": object{"app": "vm"}}, "virtualMachineTemplate": object{
			"metadata": object{"labels": object{"app": "vm"}},
			"spec":     object{"runStrategy": "Halted", "template": template(sidecars)}}}}
}

// Collections of a namespace.
func instances(namespace string) string {
	return "/apis/kubevirt.io/v1/namespaces/" + namespace + "/virtualmachineinstances"
}

func virtualMachines(namespace string) string {
	return "/apis/kubevirt.io/v1/namespaces/" + namespace + "/virtualmachines"
}

func replicaSets(namespace string) string {
	return "/apis/kubevirt.io/v1/namespaces/" + namespace + "/virtualmachineinstancereplicasets"
}

func pools(namespace string) string {
	return "/apis/pool.kubevirt.io/v1beta1/namespaces/" + namespace + "/virtualmachinepools"
}

// setSetting writes Harvester's setting `whitelisted-sidecars`.
func setSetting(t *testing.T, fallback, value string) {
	t.Helper()
	manifest, err := yaml.Marshal(object{"apiVersion": "harvesterhci.io/v1beta1", "kind": "Setting",
		"metadata": object{"name": "whitelisted-sidecars"}, "default": fallback, "value": value})
	if err != nil {
		t.Fatal(err)
	}
	mustKubectl(t, string(manifest), "apply", "--server-side", "--filename=-")
}
