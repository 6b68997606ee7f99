package wire

import (
	"strings"
	"testing"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

func TestListParams(t *testing.T) {
	t.Parallel()
	tests := []struct {
		query string
		want  record.ListParams
		ok    bool
	}{
		{"", record.ListParams{}, true},
		{"page=2&perPage=50&skipTotal=1", record.ListParams{Page: 2, PerPage: 50, SkipTotal: true}, true},
		{"page=&perPage=&skipTotal=", record.ListParams{}, true},
		{"page=-3&perPage=0&skipTotal=false", record.ListParams{Page: -3}, true},
		{"page=1&page=x", record.ListParams{Page: 1}, true},
		{"filter=a%3D1&sort=-b&expand=c&cursor=d", record.ListParams{Filter: "a=1", Sort: "-b", Expand: "c", Cursor: "d", Walk: true}, true},
		{"page=1.5", record.ListParams{}, false},
		{"page=x", record.ListParams{}, false},
		{"perPage=99999999999999999999", record.ListParams{}, false},
		{"skipTotal=maybe", record.ListParams{}, false},
		{"filter=%ff", record.ListParams{}, false},
		{"%ff=1", record.ListParams{}, false},
		{strings.Repeat("a=1&", maxParameters-1) + "filter=a", record.ListParams{Filter: "a"}, true},
		{strings.Repeat("a=1&", maxParameters) + "filter=a", record.ListParams{}, false}, // truncated: all records
		{strings.Repeat("a=1&", maxParameters) + "cursor=", record.ListParams{}, false},
	}
	for _, test := range tests {
		q, err := Query(test.query)
		var got record.ListParams
		if err == nil {
			got, err = ListParams(q)
		}
		if test.ok && (err != nil || got != test.want) {
			t.Errorf("ListParams(%.100q) = %+v, %v; want %+v", test.query, got, err, test.want)
		}
		if !test.ok && (err == nil || fault.KindOf(err) != fault.Invalid) {
			t.Errorf("ListParams(%.100q) = %v, want an Invalid fault", test.query, err)
		}
	}
}
