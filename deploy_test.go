// Tests that the files of deploy/ agree with the program.
package main_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// document is a YAML document.
type document map[string]any

// at returns the value at a path of keys and of indexes of lists.
func (d document) at(t *testing.T, path ...any) any {
	t.Helper()
	var v any = map[string]any(d)
	for i, step := range path {
		switch step := step.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok || m[step] == nil {
				t.Fatalf("%v: nothing at %v", d["kind"], path[:i+1])
			}
			v = m[step]
		case int:
			list, ok := v.([]any)
			if !ok || step >= len(list) {
				t.Fatalf("%v: nothing at %v", d["kind"], path[:i+1])
			}
			v = list[step]
		}
	}
	return v
}

func readYAML(t *testing.T, file string) (list []document) {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	decoder := yaml.NewDecoder(in)
	for {
		var d map[string]any
		err := decoder.Decode(&d)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		list = append(list, document(d))
	}
}

// instructions returns the arguments of the Containerfile's instructions, by the name of the
// instruction.
func instructions(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("deploy/Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if name, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name != "#" {
			found[name] = append(found[name], rest)
		}
	}
	return found
}

// TestContainerfile checks that the image does not run as root, and that it contains the binary
// only.
func TestContainerfile(t *testing.T) {
	t.Parallel()
	got := instructions(t)
	for name, want := range map[string]string{
		"FROM": "scratch", "USER": "65532:65532", "EXPOSE": "8090", "VOLUME": "/data",
		"ENV": "LOAM_DIR=/data LOAM_HTTP=0.0.0.0:8090", "ENTRYPOINT": `["/loam"]`, "CMD": `["serve"]`,
	} {
		if !slices.Equal(got[name], []string{want}) {
			t.Errorf("%s %q, want %q", name, got[name], want)
		}
	}
	if health := got["HEALTHCHECK"]; len(health) != 1 || !strings.HasSuffix(health[0], `CMD ["/loam", "health"]`) {
		t.Errorf("HEALTHCHECK %q", health)
	}
	for _, what := range got["COPY"] {
		if fields := strings.Fields(what); fields[len(fields)-2] != "loam" && fields[len(fields)-2] != "deploy/tmp/" {
			t.Errorf("COPY %s", what)
		}
	}
}

// TestManifests checks the paths of the probes, the ports, and the restrictions of the pods.
func TestManifests(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("deploy/kubernetes/*.yaml")
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		kinds := map[string]document{}
		for _, d := range readYAML(t, file) {
			kinds[d["kind"].(string)] = d
		}
		workload := kinds["StatefulSet"]
		if workload == nil {
			workload = kinds["Deployment"]
		}
		pod := document(workload.at(t, "spec", "template", "spec").(map[string]any))
		container := document(pod.at(t, "containers", 0).(map[string]any))
		for probe, path := range map[string]string{
			"startupProbe": "/api/health/live", "livenessProbe": "/api/health/live", "readinessProbe": "/api/health/ready",
		} {
			if got := container.at(t, probe, "httpGet", "path"); got != path {
				t.Errorf("%s: %s asks %v", file, probe, got)
			}
			if got := container.at(t, probe, "httpGet", "port"); got != container.at(t, "ports", 0, "name") {
				t.Errorf("%s: %s asks at %v", file, probe, got)
			}
		}
		for _, is := range []struct {
			in   document
			want any
			path []any
		}{
			{container, 8090, []any{"ports", 0, "containerPort"}},
			{container, true, []any{"securityContext", "readOnlyRootFilesystem"}},
			{container, false, []any{"securityContext", "allowPrivilegeEscalation"}},
			{container, "ALL", []any{"securityContext", "capabilities", "drop", 0}},
			{container, "768Mi", []any{"resources", "limits", "memory"}},
			{container, "/data", []any{"volumeMounts", 0, "mountPath"}},
			{container, "/tmp", []any{"volumeMounts", 1, "mountPath"}},
			{pod, true, []any{"securityContext", "runAsNonRoot"}},
			{pod, 65532, []any{"securityContext", "runAsUser"}},
			{pod, "RuntimeDefault", []any{"securityContext", "seccompProfile", "type"}},
			{pod, false, []any{"automountServiceAccountToken"}},
			{kinds["Service"], container.at(t, "ports", 0, "name"), []any{"spec", "ports", 0, "targetPort"}},
			{kinds["Service"], workload.at(t, "spec", "template", "metadata", "labels", "app"), []any{"spec", "selector", "app"}},
		} {
			if got := is.in.at(t, is.path...); got != is.want {
				t.Errorf("%s: %v is %v, want %v", file, is.path, got, is.want)
			}
		}
		// A server that stops gets requests during preStop, and then waits for them for half a
		// minute.
		grace := pod.at(t, "terminationGracePeriodSeconds").(int)
		if sleep := container.at(t, "lifecycle", "preStop", "sleep", "seconds").(int); grace < sleep+35 {
			t.Errorf("%s: %d seconds to stop, of which %d are slept", file, grace, sleep)
		}
		if db := kinds["Deployment"] == nil; db != (workload.at(t, "spec", "replicas") == 1) {
			t.Errorf("%s: %v replicas", file, workload.at(t, "spec", "replicas"))
		}
	}

	compose := readYAML(t, "deploy/compose.yaml")[0]
	for path, want := range map[string]any{"image": "loam", "read_only": true} {
		if got := compose.at(t, "services", "loam", path); got != want {
			t.Errorf("compose: %s is %v", path, got)
		}
	}
}
