package alter

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/loambase/loam/core/schema"
)

// TestConvertGivesValuesOfTheKind converts values of every kind to every other one.
func TestConvertGivesValuesOfTheKind(t *testing.T) {
	t.Parallel()
	inputs := []any{"", "x", "12", `["a","b"]`, `{"lon":1,"lat":2}`, 1.5, true, []string{"a", "b"}, map[string]any{"lon": 1.0, "lat": 2.0}, json.RawMessage(`[1,{"a":"b"}]`)}
	for _, from := range schema.Kinds() {
		for _, to := range schema.Kinds() {
			was, is := &schema.Field{Name: "f", Kind: from}, &schema.Field{Name: "f", Kind: to}
			for _, input := range inputs {
				v := from.Cast(input)
				got := Convert(was, is, v)
				if reflect.TypeOf(got) != reflect.TypeOf(to.Zero()) {
					t.Errorf("%s %v as %s is a %T, want a %T", from.Type(), v, to.Type(), got, to.Zero())
				}
				if was.IsZero(v) && from.Class() != schema.ClassNumber && from.Class() != schema.ClassBool && !is.Equal(got, to.Zero()) {
					t.Errorf("nothing in %s is %v as %s, want nothing", from.Type(), got, to.Type())
				}
			}
		}
	}
}
