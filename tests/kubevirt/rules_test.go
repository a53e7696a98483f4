package kubevirt

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The sidecar with rules.

func rules(name string) []string {
	return []string{"--rules", filepath.Join("testdata", name)}
}

func TestRulesChangeTheDomainAndItsSecondCallToo(t *testing.T) {
	pod := launcher(t)
	start(t, program(t, "VIRT_PATCH_SIDECAR"), pod, "hook-sidecar-0", rules("rules.yaml")...)
	m := collected(t, pod, 1)
	first, err := m.OnDefineDomain(domain(t), vmi(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := baseBoard(kept(t, first), "manufacturer"); got != "Radical Edward" {
		t.Fatalf("manufacturer %q in\n%s", got, first)
	}
	// One boot calls again, with what virt-launcher kept of the answer.
	second, err := m.OnDefineDomain(kept(t, first), vmi(t))
	if err != nil {
		t.Fatal(err)
	}
	third, err := m.OnDefineDomain(kept(t, second), vmi(t))
	if err != nil || third != second || strings.Count(third, "Radical Edward") != 1 {
		t.Errorf("%v\n%s\n%s", err, second, third)
	}
}

func TestRulesChangeCloudInitDataAndKeepTheRest(t *testing.T) {
	pod := launcher(t)
	s := start(t, program(t, "VIRT_PATCH_SIDECAR"), pod, "hook-sidecar-0", rules("rules.yaml")...)
	if got := points(info(t, s.socket())); got != "OnDefineDomain PreCloudInitIso Shutdown" {
		t.Fatalf("hook points: %s", got)
	}
	got, err := collected(t, pod, 1).PreCloudInitIso(vmi(t), cloudInit(t))
	if err != nil {
		t.Fatal(err)
	}
	want := cloudInit(t)
	if !strings.Contains(got.UserData, "timezone: Europe/Amsterdam") || !strings.HasPrefix(got.UserData, want.UserData) {
		t.Errorf("user data:\n%s", got.UserData)
	}
	if !reflect.DeepEqual(got.NoCloudMetaData, want.NoCloudMetaData) || got.NetworkData != want.NetworkData {
		t.Errorf("metadata or network data lost: %+v", got)
	}
}

func TestPreCloudInitIsoIsOfferedOnlyWithRulesForIt(t *testing.T) {
	s := start(t, program(t, "VIRT_PATCH_SIDECAR"), launcher(t), "hook-sidecar-0", rules("second.yaml")...)
	if got := points(info(t, s.socket())); got != "OnDefineDomain Shutdown" {
		t.Errorf("hook points: %s", got)
	}
}

func TestSidecarsAreChained(t *testing.T) {
	sidecar, pod := program(t, "VIRT_PATCH_SIDECAR"), launcher(t)
	// virt-launcher calls first whom it finds first, and only those found in one look in the order of their names.
	for name, file := range map[string]string{"hook-sidecar-1": "second.yaml", "hook-sidecar-0": "rules.yaml"} {
		start(t, sidecar, pod, name, rules(file)...).socket()
	}
	answer, err := collected(t, pod, 2).OnDefineDomain(domain(t), vmi(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := baseBoard(kept(t, answer), "product"); got != "Radical Edward 2" {
		t.Errorf("product %q in\n%s", got, answer)
	}
}

func TestARuleThatRefusesIsToldWhole(t *testing.T) {
	pod := launcher(t)
	start(t, program(t, "VIRT_PATCH_SIDECAR"), pod, "hook-sidecar-0", rules("refuse.yaml")...)
	_, err := collected(t, pod, 1).OnDefineDomain(domain(t), vmi(t))
	text := status.Convert(err).Message()
	if status.Code(err) != codes.FailedPrecondition || !strings.Contains(text, `this VM may not start: "größer" than 100%`) || !strings.Contains(text, "refuse.yaml:8:") {
		t.Errorf("%v", err)
	}
}

func TestRulesThatAreWrongAreToldByTheHook(t *testing.T) {
	pod := launcher(t)
	s := start(t, program(t, "VIRT_PATCH_SIDECAR"), pod, "hook-sidecar-0", rules("wrong.yaml")...)
	info(t, s.socket())
	_, err := collected(t, pod, 1).OnDefineDomain(domain(t), vmi(t))
	if status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), "wrong.yaml:9:") {
		t.Errorf("%v", err)
	}
}
