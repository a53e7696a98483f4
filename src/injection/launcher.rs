//! What virt-controller calls things in the pods of VMs.

/// Its label on these pods.
pub const LABEL: (&str, &str) = ("kubevirt.io", "virt-launcher");
/// Its volume for the sockets of plugins, where the feature gate `Plugins` is on. KubeVirt's own policy wants each
/// container to mount a sub-path of it.
pub const SOCKETS_VOLUME: &str = "kubevirt-plugin-sockets";
/// Where virt-launcher looks for the sockets, each in a folder of the plugin's name.
pub const SOCKETS_FOLDER: &str = "/var/run/kubevirt-plugin";
/// The user of these pods: the socket is this user's, and virt-launcher must be able to write to it.
pub const USER: u32 = 107;
