//! What KubeVirt's types keep of a domain's devices. Made by reflection from the Go types of
//! kubevirt.io/kubevirt v1.9.0 (pkg/virt-launcher/virtwrap/api, Apache-2.0); do not edit:
//! in tests/kubevirt, BLESS=1 go test -run TestTheTableOfTypes writes it anew.

use super::shape::Written::{Always, UnlessEmpty, WhereRead};
use super::shape::{Attribute, Element, Scalar, Type};

/// `ACPIHostDev`
pub(super) static ACPI_HOST_DEV: Type = Type {
    attributes: &[Attribute { name: "nodeset", scalar: Scalar::Text, written: UnlessEmpty }],
    text: None,
    elements: &[],
};

/// `ACPI`
pub(super) static ACPI: Type = Type {
    attributes: &[Attribute { name: "index", scalar: Scalar::Unsigned(64), written: Always }],
    text: None,
    elements: &[],
};

/// `Address`
pub(super) static ADDRESS: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "domain", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "bus", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "slot", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "function", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "controller", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "target", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "unit", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "uuid", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "device", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "cssid", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "ssid", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "devno", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `Alias`
pub(super) static ALIAS: Type = Type {
    attributes: &[Attribute { name: "name", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[],
};

/// `BackingStoreFormat`
pub(super) static BACKING_STORE_FORMAT: Type = Type {
    attributes: &[Attribute { name: "type", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[],
};

/// `BackingStore`
pub(super) static BACKING_STORE: Type = Type {
    attributes: &[Attribute { name: "type", scalar: Scalar::Text, written: UnlessEmpty }],
    text: None,
    elements: &[
        Element::of_type("format", &BACKING_STORE_FORMAT, WhereRead, false),
        Element::of_type("source", &DISK_SOURCE, WhereRead, false),
    ],
};

/// `BandWidth`
pub(super) static BAND_WIDTH: Type = Type { attributes: &[], text: None, elements: &[] };

/// `BlockIO`
pub(super) static BLOCK_IO: Type = Type {
    attributes: &[
        Attribute { name: "logical_block_size", scalar: Scalar::Unsigned(64), written: UnlessEmpty },
        Attribute { name: "physical_block_size", scalar: Scalar::Unsigned(64), written: UnlessEmpty },
        Attribute { name: "discard_granularity", scalar: Scalar::Unsigned(64), written: WhereRead },
    ],
    text: None,
    elements: &[],
};

/// `BootOrder`
pub(super) static BOOT_ORDER: Type = Type {
    attributes: &[Attribute { name: "order", scalar: Scalar::Unsigned(64), written: Always }],
    text: None,
    elements: &[],
};

/// `CID`
pub(super) static CID: Type = Type {
    attributes: &[
        Attribute { name: "auto", scalar: Scalar::Text, written: Always },
        Attribute { name: "address", scalar: Scalar::Unsigned(32), written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `ChannelSource`
pub(super) static CHANNEL_SOURCE: Type = Type {
    attributes: &[
        Attribute { name: "mode", scalar: Scalar::Text, written: Always },
        Attribute { name: "path", scalar: Scalar::Text, written: Always },
    ],
    text: None,
    elements: &[],
};

/// `ChannelTarget`
pub(super) static CHANNEL_TARGET: Type = Type {
    attributes: &[
        Attribute { name: "name", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "address", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "port", scalar: Scalar::Unsigned(64), written: UnlessEmpty },
        Attribute { name: "state", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `Channel`
pub(super) static CHANNEL: Type = Type {
    attributes: &[Attribute { name: "type", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[
        Element::of_type("source", &CHANNEL_SOURCE, WhereRead, false),
        Element::of_type("target", &CHANNEL_TARGET, WhereRead, false),
    ],
};

/// `ConsoleSource`
pub(super) static CONSOLE_SOURCE: Type = Type {
    attributes: &[
        Attribute { name: "mode", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "path", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `ConsoleTarget`
pub(super) static CONSOLE_TARGET: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: WhereRead },
        Attribute { name: "port", scalar: Scalar::Unsigned(64), written: WhereRead },
    ],
    text: None,
    elements: &[],
};

/// `Console`
pub(super) static CONSOLE: Type = Type {
    attributes: &[Attribute { name: "type", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[
        Element::of_type("target", &CONSOLE_TARGET, WhereRead, false),
        Element::of_type("source", &CONSOLE_SOURCE, WhereRead, false),
        Element::of_type("alias", &ALIAS, WhereRead, false),
    ],
};

/// `ControllerDriver`
pub(super) static CONTROLLER_DRIVER: Type = Type {
    attributes: &[
        Attribute { name: "iothread", scalar: Scalar::Unsigned(64), written: WhereRead },
        Attribute { name: "queues", scalar: Scalar::Unsigned(64), written: WhereRead },
        Attribute { name: "iommu", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `ControllerTarget`
pub(super) static CONTROLLER_TARGET: Type = Type {
    attributes: &[Attribute { name: "busNr", scalar: Scalar::Unsigned(32), written: WhereRead }],
    text: None,
    elements: &[Element::of_scalar("node", Scalar::Unsigned(32), WhereRead, false)],
};

/// `Controller`
pub(super) static CONTROLLER: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "index", scalar: Scalar::Text, written: Always },
        Attribute { name: "model", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[
        Element::of_type("driver", &CONTROLLER_DRIVER, WhereRead, false),
        Element::of_type("alias", &ALIAS, WhereRead, false),
        Element::of_type("address", &ADDRESS, WhereRead, false),
        Element::of_type("pcihole64", &PCI_HOLE64, WhereRead, false),
        Element::of_type("target", &CONTROLLER_TARGET, WhereRead, false),
    ],
};

/// `DataStoreFormat`
pub(super) static DATA_STORE_FORMAT: Type = Type {
    attributes: &[Attribute { name: "type", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[],
};

/// `DataStore`
pub(super) static DATA_STORE: Type = Type {
    attributes: &[Attribute { name: "type", scalar: Scalar::Text, written: UnlessEmpty }],
    text: None,
    elements: &[
        Element::of_type("format", &DATA_STORE_FORMAT, WhereRead, false),
        Element::of_type("source", &DISK_SOURCE, WhereRead, false),
    ],
};

/// `Devices`
pub(super) static DEVICES: Type = Type {
    attributes: &[],
    text: None,
    elements: &[
        Element::of_scalar("emulator", Scalar::Text, UnlessEmpty, false),
        Element::of_type("interface", &INTERFACE, WhereRead, true),
        Element::of_type("channel", &CHANNEL, WhereRead, true),
        Element::of_type("hostdev", &HOST_DEVICE, WhereRead, true),
        Element::of_type("panic", &PANIC_DEVICE, WhereRead, true),
        Element::of_type("controller", &CONTROLLER, WhereRead, true),
        Element::of_type("video", &VIDEO, WhereRead, true),
        Element::of_type("graphics", &GRAPHICS, WhereRead, true),
        Element::of_type("memballoon", &MEM_BALLOON, WhereRead, false),
        Element::of_type("disk", &DISK, WhereRead, true),
        Element::of_type("input", &INPUT, WhereRead, true),
        Element::of_type("serial", &SERIAL, WhereRead, true),
        Element::of_type("console", &CONSOLE, WhereRead, true),
        Element::of_type("watchdog", &WATCHDOG, WhereRead, true),
        Element::of_type("rng", &RNG, WhereRead, false),
        Element::of_type("filesystem", &FILESYSTEM_DEVICE, WhereRead, true),
        Element::of_type("redirdev", &REDIRECTED_DEVICE, WhereRead, true),
        Element::of_type("sound", &SOUND_CARD, WhereRead, true),
        Element::of_type("tpm", &TPM, WhereRead, true),
        Element::of_type("vsock", &VSOCK, WhereRead, false),
        Element::of_type("memory", &MEMORY_DEVICE, WhereRead, false),
        Element::of_type("iommu", &IOMMU_DEVICE, WhereRead, true),
    ],
};

/// `DiskAuth`
pub(super) static DISK_AUTH: Type = Type {
    attributes: &[Attribute { name: "username", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[Element::of_type("secret", &DISK_SECRET, WhereRead, false)],
};

/// `DiskDriver`
pub(super) static DISK_DRIVER: Type = Type {
    attributes: &[
        Attribute { name: "cache", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "error_policy", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "io", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "name", scalar: Scalar::Text, written: Always },
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "iothread", scalar: Scalar::Unsigned(64), written: WhereRead },
        Attribute { name: "queues", scalar: Scalar::Unsigned(64), written: WhereRead },
        Attribute { name: "discard", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "iommu", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[Element::of_type("iothreads", &DISK_IO_THREADS, WhereRead, false)],
};

/// `DiskIOThread`
pub(super) static DISK_IO_THREAD: Type = Type {
    attributes: &[Attribute { name: "id", scalar: Scalar::Unsigned(32), written: Always }],
    text: None,
    elements: &[],
};

/// `DiskIOThreads`
pub(super) static DISK_IO_THREADS: Type =
    Type { attributes: &[], text: None, elements: &[Element::of_type("iothread", &DISK_IO_THREAD, WhereRead, true)] };

/// `DiskSecret`
pub(super) static DISK_SECRET: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "usage", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "uuid", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `DiskSourceHost`
pub(super) static DISK_SOURCE_HOST: Type = Type {
    attributes: &[
        Attribute { name: "name", scalar: Scalar::Text, written: Always },
        Attribute { name: "port", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `DiskSource`
pub(super) static DISK_SOURCE: Type = Type {
    attributes: &[
        Attribute { name: "dev", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "file", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "startupPolicy", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "protocol", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "name", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[
        Element::of_type("host", &DISK_SOURCE_HOST, WhereRead, false),
        Element::of_type("reservations", &RESERVATIONS, WhereRead, false),
        Element::of_type("slices", &SLICE, WhereRead, true),
        Element::of_type("dataStore", &DATA_STORE, WhereRead, false),
    ],
};

/// `DiskTarget`
pub(super) static DISK_TARGET: Type = Type {
    attributes: &[
        Attribute { name: "bus", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "dev", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "tray", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `Disk`
pub(super) static DISK: Type = Type {
    attributes: &[
        Attribute { name: "device", scalar: Scalar::Text, written: Always },
        Attribute { name: "snapshot", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "model", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[
        Element::of_type("source", &DISK_SOURCE, Always, false),
        Element::of_type("target", &DISK_TARGET, Always, false),
        Element::of_scalar("serial", Scalar::Text, UnlessEmpty, false),
        Element::of_type("driver", &DISK_DRIVER, WhereRead, false),
        Element::of_type("readonly", &READ_ONLY, WhereRead, false),
        Element::of_type("auth", &DISK_AUTH, WhereRead, false),
        Element::of_type("alias", &ALIAS, WhereRead, false),
        Element::of_type("backingStore", &BACKING_STORE, WhereRead, false),
        Element::of_type("boot", &BOOT_ORDER, WhereRead, false),
        Element::of_type("address", &ADDRESS, WhereRead, false),
        Element::of_type("blockio", &BLOCK_IO, WhereRead, false),
        Element::of_scalar("filesystemOverhead", Scalar::Text, WhereRead, false),
        Element::of_scalar("capacity", Scalar::Signed(64), WhereRead, false),
        Element::of_type("shareable", &SHAREABLE, WhereRead, false),
    ],
};

/// `FilesystemBinaryCache`
pub(super) static FILESYSTEM_BINARY_CACHE: Type = Type {
    attributes: &[Attribute { name: "mode", scalar: Scalar::Text, written: UnlessEmpty }],
    text: None,
    elements: &[],
};

/// `FilesystemBinaryLock`
pub(super) static FILESYSTEM_BINARY_LOCK: Type = Type {
    attributes: &[
        Attribute { name: "posix", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "flock", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `FilesystemBinary`
pub(super) static FILESYSTEM_BINARY: Type = Type {
    attributes: &[
        Attribute { name: "path", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "xattr", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[
        Element::of_type("cache", &FILESYSTEM_BINARY_CACHE, WhereRead, false),
        Element::of_type("lock", &FILESYSTEM_BINARY_LOCK, WhereRead, false),
    ],
};

/// `FilesystemDevice`
pub(super) static FILESYSTEM_DEVICE: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "accessMode", scalar: Scalar::Text, written: Always },
    ],
    text: None,
    elements: &[
        Element::of_type("source", &FILESYSTEM_SOURCE, WhereRead, false),
        Element::of_type("target", &FILESYSTEM_TARGET, WhereRead, false),
        Element::of_type("driver", &FILESYSTEM_DRIVER, WhereRead, false),
        Element::of_type("binary", &FILESYSTEM_BINARY, WhereRead, false),
    ],
};

/// `FilesystemDriver`
pub(super) static FILESYSTEM_DRIVER: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "queue", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `FilesystemSource`
pub(super) static FILESYSTEM_SOURCE: Type = Type {
    attributes: &[
        Attribute { name: "dir", scalar: Scalar::Text, written: Always },
        Attribute { name: "socket", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `FilesystemTarget`
pub(super) static FILESYSTEM_TARGET: Type = Type {
    attributes: &[Attribute { name: "dir", scalar: Scalar::Text, written: UnlessEmpty }],
    text: None,
    elements: &[],
};

/// `FilterRef`
pub(super) static FILTER_REF: Type = Type {
    attributes: &[Attribute { name: "filter", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[],
};

/// `GraphicsListen`
pub(super) static GRAPHICS_LISTEN: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "address", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "newtork", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "socket", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `Graphics`
pub(super) static GRAPHICS: Type = Type {
    attributes: &[
        Attribute { name: "autoport", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "defaultMode", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "passwdValidTo", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "port", scalar: Scalar::Signed(32), written: UnlessEmpty },
        Attribute { name: "tlsPort", scalar: Scalar::Signed(64), written: UnlessEmpty },
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
    ],
    text: None,
    elements: &[Element::of_type("listen", &GRAPHICS_LISTEN, WhereRead, false)],
};

/// `HostDevDriver`
pub(super) static HOST_DEV_DRIVER: Type = Type {
    attributes: &[Attribute { name: "iommufd", scalar: Scalar::Text, written: UnlessEmpty }],
    text: None,
    elements: &[],
};

/// `HostDeviceSource`
pub(super) static HOST_DEVICE_SOURCE: Type =
    Type { attributes: &[], text: None, elements: &[Element::of_type("address", &ADDRESS, WhereRead, false)] };

/// `HostDevice`
pub(super) static HOST_DEVICE: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "managed", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "mode", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "model", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "display", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "ramfb", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[
        Element::of_type("source", &HOST_DEVICE_SOURCE, Always, false),
        Element::of_type("boot", &BOOT_ORDER, WhereRead, false),
        Element::of_type("address", &ADDRESS, WhereRead, false),
        Element::of_type("alias", &ALIAS, WhereRead, false),
        Element::of_type("driver", &HOST_DEV_DRIVER, WhereRead, false),
        Element::of_type("acpi", &ACPI_HOST_DEV, WhereRead, false),
    ],
};

/// `IOMMUDevice`
pub(super) static IOMMU_DEVICE: Type = Type {
    attributes: &[Attribute { name: "model", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[Element::of_type("driver", &IOMMU_DRIVER, WhereRead, false)],
};

/// `IOMMUDriver`
pub(super) static IOMMU_DRIVER: Type = Type {
    attributes: &[
        Attribute { name: "pciBus", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "accel", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "ats", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "ril", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "ssidSize", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "oas", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `Input`
pub(super) static INPUT: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "bus", scalar: Scalar::Text, written: Always },
        Attribute { name: "model", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[
        Element::of_type("alias", &ALIAS, WhereRead, false),
        Element::of_type("address", &ADDRESS, WhereRead, false),
    ],
};

/// `InterfaceBackend`
pub(super) static INTERFACE_BACKEND: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "logFile", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `InterfaceDriver`
pub(super) static INTERFACE_DRIVER: Type = Type {
    attributes: &[
        Attribute { name: "name", scalar: Scalar::Text, written: Always },
        Attribute { name: "queues", scalar: Scalar::Unsigned(64), written: WhereRead },
        Attribute { name: "iommu", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `InterfacePortForwardRange`
pub(super) static INTERFACE_PORT_FORWARD_RANGE: Type = Type {
    attributes: &[
        Attribute { name: "start", scalar: Scalar::Unsigned(64), written: Always },
        Attribute { name: "end", scalar: Scalar::Unsigned(64), written: UnlessEmpty },
        Attribute { name: "to", scalar: Scalar::Unsigned(64), written: UnlessEmpty },
        Attribute { name: "exclude", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `InterfacePortForward`
pub(super) static INTERFACE_PORT_FORWARD: Type = Type {
    attributes: &[
        Attribute { name: "proto", scalar: Scalar::Text, written: Always },
        Attribute { name: "address", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "dev", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[Element::of_type("range", &INTERFACE_PORT_FORWARD_RANGE, WhereRead, true)],
};

/// `InterfaceSource`
pub(super) static INTERFACE_SOURCE: Type = Type {
    attributes: &[
        Attribute { name: "network", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "dev", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "bridge", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "mode", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[Element::of_type("address", &ADDRESS, WhereRead, false)],
};

/// `InterfaceTarget`
pub(super) static INTERFACE_TARGET: Type = Type {
    attributes: &[
        Attribute { name: "dev", scalar: Scalar::Text, written: Always },
        Attribute { name: "managed", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `Interface`
pub(super) static INTERFACE: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "trustGuestRxFilters", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[
        Element::of_type("address", &ADDRESS, WhereRead, false),
        Element::of_type("source", &INTERFACE_SOURCE, Always, false),
        Element::of_type("target", &INTERFACE_TARGET, WhereRead, false),
        Element::of_type("model", &MODEL, WhereRead, false),
        Element::of_type("mac", &MAC, WhereRead, false),
        Element::of_type("mtu", &MTU, WhereRead, false),
        Element::of_type("bandwidth", &BAND_WIDTH, WhereRead, false),
        Element::of_type("boot", &BOOT_ORDER, WhereRead, false),
        Element::of_type("link", &LINK_STATE, WhereRead, false),
        Element::of_type("filterref", &FILTER_REF, WhereRead, false),
        Element::of_type("alias", &ALIAS, WhereRead, false),
        Element::of_type("driver", &INTERFACE_DRIVER, WhereRead, false),
        Element::of_type("rom", &ROM, WhereRead, false),
        Element::of_type("acpi", &ACPI, WhereRead, false),
        Element::of_type("backend", &INTERFACE_BACKEND, WhereRead, false),
        Element::of_type("portForward", &INTERFACE_PORT_FORWARD, WhereRead, true),
    ],
};

/// `LinkState`
pub(super) static LINK_STATE: Type = Type {
    attributes: &[Attribute { name: "state", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[],
};

/// `MAC`
pub(super) static MAC: Type = Type {
    attributes: &[Attribute { name: "address", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[],
};

/// `MTU`
pub(super) static MTU: Type = Type {
    attributes: &[Attribute { name: "size", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[],
};

/// `MemBalloonDriver`
pub(super) static MEM_BALLOON_DRIVER: Type = Type {
    attributes: &[Attribute { name: "iommu", scalar: Scalar::Text, written: UnlessEmpty }],
    text: None,
    elements: &[],
};

/// `MemBalloon`
pub(super) static MEM_BALLOON: Type = Type {
    attributes: &[
        Attribute { name: "model", scalar: Scalar::Text, written: Always },
        Attribute { name: "freePageReporting", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[
        Element::of_type("stats", &STATS, WhereRead, false),
        Element::of_type("address", &ADDRESS, WhereRead, false),
        Element::of_type("driver", &MEM_BALLOON_DRIVER, WhereRead, false),
    ],
};

/// `MemoryAddress`
pub(super) static MEMORY_ADDRESS: Type = Type {
    attributes: &[Attribute { name: "base", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[],
};

/// `MemoryDevice`
pub(super) static MEMORY_DEVICE: Type = Type {
    attributes: &[Attribute { name: "model", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[
        Element::of_type("target", &MEMORY_TARGET, WhereRead, false),
        Element::of_type("alias", &ALIAS, WhereRead, false),
        Element::of_type("address", &ADDRESS, WhereRead, false),
    ],
};

/// `MemoryTarget`
pub(super) static MEMORY_TARGET: Type = Type {
    attributes: &[],
    text: None,
    elements: &[
        Element::of_type("size", &MEMORY, Always, false),
        Element::of_type("requested", &MEMORY, Always, false),
        Element::of_type("current", &MEMORY, Always, false),
        Element::of_scalar("node", Scalar::Text, Always, false),
        Element::of_type("block", &MEMORY, Always, false),
        Element::of_type("address", &MEMORY_ADDRESS, WhereRead, false),
    ],
};

/// `Memory`
pub(super) static MEMORY: Type = Type {
    attributes: &[Attribute { name: "unit", scalar: Scalar::Text, written: Always }],
    text: Some(Scalar::Unsigned(64)),
    elements: &[],
};

/// `Model`
pub(super) static MODEL: Type = Type {
    attributes: &[Attribute { name: "type", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[],
};

/// `PCIHole64`
pub(super) static PCI_HOLE64: Type = Type {
    attributes: &[Attribute { name: "unit", scalar: Scalar::Text, written: UnlessEmpty }],
    text: Some(Scalar::Unsigned(64)),
    elements: &[],
};

/// `PanicDevice`
pub(super) static PANIC_DEVICE: Type = Type {
    attributes: &[Attribute { name: "model", scalar: Scalar::Text, written: WhereRead }],
    text: None,
    elements: &[],
};

/// `ReadOnly`
pub(super) static READ_ONLY: Type = Type { attributes: &[], text: None, elements: &[] };

/// `RedirectedDeviceSource`
pub(super) static REDIRECTED_DEVICE_SOURCE: Type = Type {
    attributes: &[
        Attribute { name: "mode", scalar: Scalar::Text, written: Always },
        Attribute { name: "path", scalar: Scalar::Text, written: Always },
    ],
    text: None,
    elements: &[],
};

/// `RedirectedDevice`
pub(super) static REDIRECTED_DEVICE: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "bus", scalar: Scalar::Text, written: Always },
    ],
    text: None,
    elements: &[Element::of_type("source", &REDIRECTED_DEVICE_SOURCE, Always, false)],
};

/// `Reservations`
pub(super) static RESERVATIONS: Type = Type {
    attributes: &[
        Attribute { name: "managed", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "migration", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[Element::of_type("source", &SOURCE_RESERVATIONS, WhereRead, false)],
};

/// `RngBackend`
pub(super) static RNG_BACKEND: Type = Type {
    attributes: &[Attribute { name: "model", scalar: Scalar::Text, written: Always }],
    text: Some(Scalar::Text),
    elements: &[],
};

/// `RngDriver`
pub(super) static RNG_DRIVER: Type = Type {
    attributes: &[Attribute { name: "iommu", scalar: Scalar::Text, written: UnlessEmpty }],
    text: None,
    elements: &[],
};

/// `Rng`
pub(super) static RNG: Type = Type {
    attributes: &[Attribute { name: "model", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[
        Element::of_type("backend", &RNG_BACKEND, WhereRead, false),
        Element::of_type("address", &ADDRESS, WhereRead, false),
        Element::of_type("driver", &RNG_DRIVER, WhereRead, false),
    ],
};

/// `Rom`
pub(super) static ROM: Type = Type {
    attributes: &[Attribute { name: "enabled", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[],
};

/// `SerialLog`
pub(super) static SERIAL_LOG: Type = Type {
    attributes: &[
        Attribute { name: "file", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "append", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `SerialSource`
pub(super) static SERIAL_SOURCE: Type = Type {
    attributes: &[
        Attribute { name: "mode", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "path", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `SerialTarget`
pub(super) static SERIAL_TARGET: Type = Type {
    attributes: &[Attribute { name: "port", scalar: Scalar::Unsigned(64), written: WhereRead }],
    text: None,
    elements: &[],
};

/// `Serial`
pub(super) static SERIAL: Type = Type {
    attributes: &[Attribute { name: "type", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[
        Element::of_type("target", &SERIAL_TARGET, WhereRead, false),
        Element::of_type("source", &SERIAL_SOURCE, WhereRead, false),
        Element::of_type("alias", &ALIAS, WhereRead, false),
        Element::of_type("log", &SERIAL_LOG, WhereRead, false),
    ],
};

/// `Shareable`
pub(super) static SHAREABLE: Type = Type { attributes: &[], text: None, elements: &[] };

/// `SliceType`
pub(super) static SLICE_TYPE: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "offset", scalar: Scalar::Signed(64), written: Always },
        Attribute { name: "size", scalar: Scalar::Signed(64), written: Always },
    ],
    text: None,
    elements: &[],
};

/// `Slice`
pub(super) static SLICE: Type =
    Type { attributes: &[], text: None, elements: &[Element::of_type("slice", &SLICE_TYPE, Always, false)] };

/// `SoundCard`
pub(super) static SOUND_CARD: Type = Type {
    attributes: &[Attribute { name: "model", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[Element::of_type("alias", &ALIAS, WhereRead, false)],
};

/// `SourceReservations`
pub(super) static SOURCE_RESERVATIONS: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "path", scalar: Scalar::Text, written: UnlessEmpty },
        Attribute { name: "mode", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `Stats`
pub(super) static STATS: Type = Type {
    attributes: &[Attribute { name: "period", scalar: Scalar::Unsigned(64), written: Always }],
    text: None,
    elements: &[],
};

/// `TPMBackend`
pub(super) static TPM_BACKEND: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "version", scalar: Scalar::Text, written: Always },
        Attribute { name: "persistent_state", scalar: Scalar::Text, written: UnlessEmpty },
    ],
    text: None,
    elements: &[],
};

/// `TPM`
pub(super) static TPM: Type = Type {
    attributes: &[Attribute { name: "model", scalar: Scalar::Text, written: Always }],
    text: None,
    elements: &[Element::of_type("backend", &TPM_BACKEND, Always, false)],
};

/// `VSOCK`
pub(super) static VSOCK: Type = Type {
    attributes: &[Attribute { name: "model", scalar: Scalar::Text, written: UnlessEmpty }],
    text: None,
    elements: &[Element::of_type("cid", &CID, Always, false)],
};

/// `VideoModel`
pub(super) static VIDEO_MODEL: Type = Type {
    attributes: &[
        Attribute { name: "type", scalar: Scalar::Text, written: Always },
        Attribute { name: "heads", scalar: Scalar::Unsigned(64), written: WhereRead },
        Attribute { name: "ram", scalar: Scalar::Unsigned(64), written: WhereRead },
        Attribute { name: "vram", scalar: Scalar::Unsigned(64), written: WhereRead },
        Attribute { name: "vgamem", scalar: Scalar::Unsigned(64), written: WhereRead },
    ],
    text: None,
    elements: &[],
};

/// `Video`
pub(super) static VIDEO: Type =
    Type { attributes: &[], text: None, elements: &[Element::of_type("model", &VIDEO_MODEL, Always, false)] };

/// `Watchdog`
pub(super) static WATCHDOG: Type = Type {
    attributes: &[
        Attribute { name: "model", scalar: Scalar::Text, written: Always },
        Attribute { name: "action", scalar: Scalar::Text, written: Always },
    ],
    text: None,
    elements: &[
        Element::of_type("alias", &ALIAS, WhereRead, false),
        Element::of_type("address", &ADDRESS, WhereRead, false),
    ],
};
