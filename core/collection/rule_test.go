package collection_test

import (
	"context"
	"errors"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

func TestRulesAreJudgedByTheNewFields(t *testing.T) {
	w := newWorld(t)
	w.create(`{"name":"t","id":"t_id","listRule":"a = 1 && me.a = 2 && t_via_me.a ?= 3 && @collection.t.a ?= 4",
		"fields":[{"id":"f1","name":"a","type":"number"},{"id":"f2","name":"me","type":"relation","collectionId":"t_id"}]}`)
	for name, c := range map[string]struct{ body, path string }{
		"a field of its rule goes":   {`{"fields":[{"id":"f2","name":"me","type":"relation","collectionId":"t_id"}]}`, "listRule"},
		"a rule over no field":       {`{"viewRule":"nope = 1"}`, "viewRule"},
		"a rule that does not parse": {`{"createRule":"a ="}`, "createRule"},
		"a relation to nothing":      {`{"updateRule":"x.y.z = 1","fields":[{"id":"f1","name":"a","type":"number"},{"id":"f2","name":"me","type":"relation","collectionId":"t_id"},{"name":"x","type":"relation","collectionId":"gone"}]}`, "updateRule"},
	} {
		_, err := w.Update(context.Background(), record.Root(), "t", []byte(c.body))
		var e *fault.Error
		if !errors.As(err, &e) || e.Fields[c.path] == nil || e.Fields[c.path].Code != "validation_invalid_rule" {
			t.Errorf("%s: %v, want validation_invalid_rule at %s", name, err, c.path)
		}
	}
	w.update("t", `{"listRule":"b = 1","fields":[{"id":"f1","name":"b","type":"number"},{"id":"f2","name":"me","type":"relation","collectionId":"t_id"}]}`)

	if _, err := w.Create(context.Background(), record.Root(), []byte(`{"name":"people","type":"auth","authRule":"nope = 1","mfa":{"enabled":true,"rule":"nope = 2"},"otp":{"enabled":true}}`)); err == nil {
		t.Error("Create with wrong rules of sign-in succeeded")
	} else {
		var e *fault.Error
		if !errors.As(err, &e) || leaf(e.Fields, []string{"authRule"}) != "validation_invalid_rule" || leaf(e.Fields, []string{"mfa", "rule"}) != "validation_invalid_rule" {
			t.Errorf("wrong rules of sign-in: %s", describe(err))
		}
	}
}
