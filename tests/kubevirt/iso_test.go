package kubevirt

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kubevirt.io/api/core/v1"

	cloudinit "kubevirt.io/kubevirt/pkg/cloud-init"
	diskutils "kubevirt.io/kubevirt/pkg/ephemeral-disk-utils"
)

// What KubeVirt writes to the ISO of the sidecar's answer, file by file.

func isoFiles(t *testing.T, vmi *v1.VirtualMachineInstance, data *cloudinit.CloudInitData) map[string]string {
	t.Helper()
	if err := cloudinit.SetLocalDirectory(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	diskutils.MockDefaultOwnershipManager()
	files := map[string]string{}
	cloudinit.SetIsoCreationFunction(func(iso, _, folder string) error {
		err := filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
			if err != nil || info.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			name, _ := filepath.Rel(folder, path)
			files[name] = string(text)
			return err
		})
		if err != nil {
			return err
		}
		return os.WriteFile(iso, nil, 0o600)
	})
	if err := cloudinit.GenerateLocalData(vmi, "", data); err != nil {
		t.Fatal(err)
	}
	return files
}

func TestTheIsoIsWhatTheRulesSay(t *testing.T) {
	pod := launcher(t)
	start(t, program(t, "VIRT_PATCH_SIDECAR"), pod, "hook-sidecar-0", rules("cloud-init-rules.yaml")...)
	m := collected(t, pod, 1)

	userData := strings.Join([]string{
		"MIME-Version: 1.0",
		`Content-Type: multipart/mixed; boundary="==virt-patch=="`,
		"",
		"--==virt-patch==",
		`Content-Type: text/cloud-config; charset="utf-8"`,
		"Content-Transfer-Encoding: 7bit",
		"",
		"#cloud-config",
		"packages: [nginx, jq]",
		"runcmd:",
		"  - - echo",
		"    - hi",
		"",
		"--==virt-patch==",
		`Content-Type: text/x-shellscript; charset="utf-8"`,
		"Content-Transfer-Encoding: 7bit",
		"",
		"#!/bin/sh",
		`echo "${HOME}"`,
		"",
		"--==virt-patch==--",
		"",
	}, "\n")
	network := "version: 2\nethernets:\n  eth0:\n    dhcp4: true\n"

	noCloud, err := m.PreCloudInitIso(vmi(t), cloudInit(t))
	if err != nil {
		t.Fatal(err)
	}
	drive := cloudInit(t)
	drive.DataSource, drive.NoCloudMetaData = cloudinit.DataSourceConfigDrive, nil
	drive.ConfigDriveMetaData = &cloudinit.ConfigDriveMetadata{InstanceID: "i", Hostname: "testvm", UUID: "u"}
	drive.DevicesData = &[]cloudinit.DeviceData{{Type: cloudinit.NICMetadataType, Bus: "pci", Tags: []string{"a"}}}
	drive, err = m.PreCloudInitIso(vmi(t), drive)
	if err != nil {
		t.Fatal(err)
	}

	for name, want := range map[string]string{
		"user-data":      userData,
		"network-config": network,
		"meta-data":      `{"instance-id":"testvm.default","local-hostname":"changed"}`,
	} {
		if got := isoFiles(t, vmi(t), noCloud)[name]; got != want {
			t.Errorf("%s:\n%s\ninstead of\n%s", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"openstack/latest/user_data":         userData,
		"openstack/latest/network_data.json": network,
		"openstack/latest/meta_data.json": `{"instance_id":"i","hostname":"changed","uuid":"u",` +
			`"devices":[{"type":"nic","bus":"pci","address":"","tags":["a"]}]}`,
	} {
		if got := isoFiles(t, vmi(t), drive)[name]; got != want {
			t.Errorf("%s:\n%s\ninstead of\n%s", name, got, want)
		}
	}
}
