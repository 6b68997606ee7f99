package where_test

import (
	"testing"

	"github.com/loambase/loam/core/where"
)

func TestFiltersSayWhatTheyMean(t *testing.T) {
	t.Parallel()
	a, b := where.Compare("a", where.Equal, 1), where.Compare("b.c", where.Like, "x")
	for want, e := range map[string]where.Expr{
		a.String():               where.All(a),
		b.String():               where.Any(b),
		where.All().String():     where.All(),
		where.Any().String():     where.Any(),
		where.Not(a).String():    where.Not(where.All(a)),
		where.In("a").String():   where.In("a", []any{}...),
		where.All(a, b).String(): where.All(where.Any(a), where.All(b)),
	} {
		if got := e.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if some, every := where.Related(where.Some, "tags", a), where.Related(where.Every, "tags", a); some.String() == every.String() {
		t.Errorf("%s is both some and every", some)
	}
	if in, anyIn := where.In("tags:each", "x"), where.AnyIn("tags:each", "x"); in.String() == anyIn.String() {
		t.Errorf("%s is both all and any", in)
	}
}
