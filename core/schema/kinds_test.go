package schema

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/loambase/loam/core/internal/store"
)

// valueTypes returns the Go type of the values of each class, except for lists of choices.
func valueTypes() map[Class]reflect.Type {
	return map[Class]reflect.Type{
		ClassText:     reflect.TypeFor[string](),
		ClassDate:     reflect.TypeFor[string](),
		ClassNumber:   reflect.TypeFor[float64](),
		ClassBool:     reflect.TypeFor[bool](),
		ClassJSON:     reflect.TypeFor[json.RawMessage](),
		ClassChoice:   reflect.TypeFor[string](),
		ClassPassword: reflect.TypeFor[string](),
		ClassPoint:    reflect.TypeFor[Point](),
	}
}

func TestEveryClassHasAGoType(t *testing.T) {
	t.Parallel()
	types := valueTypes()
	for _, class := range Classes() {
		if types[class] == nil {
			t.Errorf("class %d has no Go type in this test", class)
		}
	}
	if len(types) != len(Classes()) {
		t.Errorf("%d classes have a Go type, want each of the %d of Classes", len(types), len(Classes()))
	}
}

func TestEveryKind(t *testing.T) {
	t.Parallel()
	types := valueTypes()
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if seen[k.Type()] {
			t.Errorf("%s is there twice", k.Type())
		}
		seen[k.Type()] = true
		if !slices.Contains(Classes(), k.Class()) {
			t.Errorf("%s has the class %d, which Classes does not know", k.Type(), k.Class())
			continue
		}
		f := &Field{ID: "1", Name: "f", Kind: k}
		if got := reflect.TypeOf(k.Zero()); got != types[k.Class()] {
			t.Errorf("the zero value of %s is a %v, want a %v", k.Type(), got, types[k.Class()])
		}
		for _, v := range []any{nil, "x", 1.5, true, []string{"x"}, []any{1.0}, map[string]any{"lon": 1.0}} {
			if got := reflect.TypeOf(k.Cast(v)); got != types[k.Class()] {
				t.Errorf("Cast of %s makes a %v of %v, want a %v", k.Type(), got, v, types[k.Class()])
			}
		}
		stored := f.Value(k.Zero())
		if got := f.Load(row{stored}, 0); !f.Equal(got, k.Zero()) {
			t.Errorf("the zero value of %s is stored as %v and comes back as %v", k.Type(), stored, got)
		}
		if got := f.Load(row{store.Null}, 0); !f.Equal(got, k.Zero()) {
			t.Errorf("NULL is %v as %s, want the zero value", got, k.Type())
		}
		if got := f.Clone(); reflect.TypeOf(got.Kind) != reflect.TypeOf(k) || got.Kind == k && reflect.TypeOf(k).Elem().Size() > 0 {
			t.Errorf("the clone of %s is a %T, want another one of the kind", k.Type(), got.Kind)
		}
		raw, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var back Field
		if err := json.Unmarshal(raw, &back); err != nil || back.Type() != k.Type() {
			t.Errorf("%s comes back from the wire as %v, %v", raw, back.Kind, err)
		}
	}
}

// TestClonesShareNothing sets every option of every kind, then changes the clone in place.
func TestClonesShareNothing(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		fill(reflect.ValueOf(k).Elem())
		c := k.clone()
		before, _ := json.Marshal(k)
		if same, _ := json.Marshal(c); string(same) != string(before) {
			t.Errorf("the clone of %s is %s, want %s", k.Type(), same, before)
		}
		v := reflect.ValueOf(c).Elem()
		for i := range v.NumField() {
			switch f := v.Field(i); {
			case !v.Type().Field(i).IsExported():
			case f.Kind() == reflect.Slice:
				f.Index(0).SetZero()
			case f.Kind() == reflect.Pointer:
				f.Elem().SetZero()
			}
		}
		if after, _ := json.Marshal(k); string(after) != string(before) {
			t.Errorf("%s became %s when its clone was changed", before, after)
		}
	}
}

// fill sets each exported field of a struct to a value that is not zero.
func fill(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		if !v.Type().Field(i).IsExported() {
			continue
		}
		switch f.Kind() {
		case reflect.Bool:
			f.SetBool(true)
		case reflect.String:
			f.SetString("x")
		case reflect.Int, reflect.Int64:
			f.SetInt(7)
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
			f.Index(0).SetString("x")
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
			f.Elem().SetFloat(7)
		default:
			panic("fill does not know " + f.Type().String())
		}
	}
}

func TestBodySize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind Kind
		want int64
	}{
		{&Text{Max: 1 << 40}, 0},
		{&Editor{}, 5 << 20},
		{&JSON{MaxSize: 10}, 10},
		{&File{MaxSize: 10}, 10},
		{&File{MaxSize: 10, MaxSelect: 3}, 30},
		{&File{MaxSize: 1<<63 - 1, MaxSelect: 1<<31 - 1}, maxBodySize / 1000 * 1000},
		{&Editor{MaxSize: 1<<63 - 1}, maxBodySize},
	} {
		if got := (&Field{Kind: c.kind}).BodySize(); got != c.want {
			t.Errorf("BodySize of %+v = %d, want %d", c.kind, got, c.want)
		}
	}
}
