package settings

import (
	"strings"
	"testing"

	"github.com/loambase/loam/core/backup"
)

func TestBackupProgress(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		p    *backup.Progress
		want []string
	}{
		{nil, []string{`hx-get="/_/backups/-/progress"`}},
		{&backup.Progress{Action: "create", Key: "a<b>.zip", Done: 250, Total: 1000}, []string{"?running", "Making a&lt;b&gt;.zip: 250 B of 1.0 kB", `value="25"`}},
		{&backup.Progress{Action: "restore", Key: "a.zip"}, []string{"Restoring a.zip", `value="0"`}},
		{&backup.Progress{Action: "restore", Key: "a.zip", Done: 11, Total: 10}, []string{`value="100"`}},
	} {
		var out strings.Builder
		if err := backupProgress(test.p).Render(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		for _, want := range test.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%+v is shown as %s, without %s", test.p, out.String(), want)
			}
		}
		if test.p == nil && strings.Contains(out.String(), "progress max") {
			t.Errorf("without a backup there is %s", out.String())
		}
	}
}
