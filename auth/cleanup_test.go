package auth

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/job"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// The jobs delete the rows that have expired by their own collection, and no others.
func TestCleanup(t *testing.T) {
	t.Parallel()
	f, move := newClockFixture(t)
	f.configure("members", `{"mfa":{"duration":600}}`)
	f.configure("users", `{"mfa":{"duration":3600},"otp":{"duration":3600}}`)
	password := "some-long-password"
	accounts := map[string]string{
		"members": f.member(map[string]any{"email": "ann@example.com"}),
		"users": coretest.Create(t, f.app, "users", map[string]any{
			"email": "bob@example.com", "password": password, "passwordConfirm": password})["id"].(string),
	}
	add := func(table, collection, id string) {
		t.Helper()
		body := map[string]any{"id": id, "collectionRef": f.app.Snapshot().Find(collection).ID, "recordRef": accounts[collection]}
		if table == schema.OTPs {
			body["password"] = "12345678"
		} else {
			body["method"] = "password"
		}
		coretest.Create(t, f.app, table, body)
	}
	for _, table := range []string{schema.MFAs, schema.OTPs} {
		add(table, "members", "old000000000000")
		add(table, "users", "other0000000000")
	}
	err := f.app.Transaction(t.Context(), func(tx *core.Tx) error {
		for i := range 2*cleanupBatch + 1 { // more than the job deletes in one transaction
			body := map[string]any{"id": fmt.Sprintf("more%011d", i), "collectionRef": f.app.Snapshot().Find("members").ID,
				"recordRef": accounts["members"], "method": "password"}
			if _, err := tx.Records.Create(tx.Context, record.Root(), schema.MFAs, record.Input{Body: body}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	move(10 * time.Minute)
	for _, table := range []string{schema.MFAs, schema.OTPs} {
		add(table, "members", "new000000000000")
	}
	left := func(table string) string {
		rows, err := f.app.Records().Find(t.Context(), record.Root(), record.Query{Collection: table, Sort: "id"})
		if err != nil {
			t.Fatal(err)
		}
		ids := ""
		for _, r := range rows {
			ids += r.ID()[:3] + " "
		}
		return ids
	}
	for table, name := range map[string]string{schema.MFAs: "__pbMFACleanup__", schema.OTPs: "__pbOTPCleanup__"} {
		if err := f.app.Jobs().RunAndWait(t.Context(), name); err != nil {
			t.Error(err)
		}
		if got := left(table); got != "new oth " {
			t.Errorf("%s leaves %s", name, got)
		}
	}
	list, err := f.app.Jobs().List(t.Context())
	if err != nil || !slices.ContainsFunc(list, func(j job.Info) bool { return j.ID == "__pbMFACleanup__" && j.Expression == "0 * * * *" }) {
		t.Errorf("List = %+v, %v", list, err)
	}
}
