package job

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/loambase/loam/core/fault"
)

func TestParseSchedule(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]bool{
		"* * * * *": true, "0 0 1 1 0": true, "59 23 31 12 6": true, "*/5 0-12/3 1,15 * 1-5": true, "@daily": true, "@hourly": true, "0,1,2 * * * *": true,
		"": false, "* * * *": false, "* * * * * *": false, "*  * * * *": false, " * * * * *": false, "60 * * * *": false, "* 24 * * *": false,
		"* * 0 * *": false, "* * 32 * *": false, "* * * 0 *": false, "* * * 13 *": false, "* * * * 7": false, "* * * * SUN": false, "@never": false,
		"*/0 * * * *": false, "5/2 * * * *": false, "5-2 * * * *": false, "-1 * * * *": false, "+1 * * * *": false, "1- * * * *": false,
		"1,, * * * *": false, "*/ * * * *": false, "1-+5 * * * *": false, "99999999999999999999 * * * *": false, "*-5 * * * *": false,
	} {
		if _, err := ParseSchedule(expression); (err == nil) != want || err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("ParseSchedule(%q) = %v, want a schedule: %v", expression, err, want)
		}
	}
}

func FuzzParseSchedule(f *testing.F) {
	f.Add("*/5 0-12/3 1,15 * 1-5")
	f.Add("@daily")
	f.Fuzz(func(t *testing.T, expression string) {
		s, err := ParseSchedule(expression)
		if err != nil {
			return
		}
		if strings.Trim(s.String(), "0123456789*/,- ") != "" {
			t.Errorf("ParseSchedule(%q) = %q", expression, s)
		}
		if next := s.Next(time.Unix(0, 0)); !next.IsZero() && !s.Matches(next) {
			t.Errorf("%q: Next = %v, which does not match", expression, next)
		}
	})
}

func TestNext(t *testing.T) {
	t.Parallel()
	const after = "2026-02-27 22:58:30"
	for expression, want := range map[string]string{
		"* * * * *":        "2026-02-27 22:59:00",
		"58 22 * * *":      "2026-02-28 22:58:00", // the current minute has begun already
		"*/20 * * * *":     "2026-02-27 23:00:00",
		"10-30/10 * * * *": "2026-02-27 23:10:00",
		"@hourly":          "2026-02-27 23:00:00",
		"@daily":           "2026-02-28 00:00:00",
		"@midnight":        "2026-02-28 00:00:00",
		"@weekly":          "2026-03-01 00:00:00", // a Sunday
		"@monthly":         "2026-03-01 00:00:00",
		"@yearly":          "2027-01-01 00:00:00",
		"@annually":        "2027-01-01 00:00:00",
		"0 12 13 * 5":      "2026-03-13 12:00:00", // only a 13th that is a Friday
		"30 6 31 * *":      "2026-03-31 06:30:00",
		"0 0 29 2 *":       "2028-02-29 00:00:00",
		"0 0 29 2 0":       "2032-02-29 00:00:00",
		"0 0 31 2 *":       "0001-01-01 00:00:00", // never
		"59 23 31 12 6":    "2033-12-31 23:59:00",
	} {
		s, err := ParseSchedule(expression)
		if err != nil {
			t.Fatal(err)
		}
		begin, _ := time.Parse(time.DateTime, after)
		if got := s.Next(begin).Format(time.DateTime); got != want {
			t.Errorf("%q: Next = %s, want %s", expression, got, want)
		}
		// The same time in another time zone.
		if got := s.Next(begin.In(time.FixedZone("", 5*3600))).Format(time.DateTime); got != want {
			t.Errorf("%q: Next = %s in another zone, want %s", expression, got, want)
		}
	}
	if s, _ := ParseSchedule("0 0 29 2 1"); s.Next(time.Date(2072, 3, 1, 0, 0, 0, 0, time.UTC)).Year() != 2112 {
		t.Error("a leap day on a Monday is not found over a century without one")
	}
}

// Next finds the first minute that matches, for any expression.
func TestNextIsFirstMatch(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	field := func(low, high int) string {
		a, b := low+random.IntN(high-low+1), low+random.IntN(high-low+1)
		return []string{"*", fmt.Sprint(a), fmt.Sprintf("%d-%d", min(a, b), max(a, b)), fmt.Sprintf("*/%d", max(1, a)), fmt.Sprintf("%d,%d", a, b)}[random.IntN(5)]
	}
	for range 300 {
		expression := strings.Join([]string{field(0, 59), field(0, 23), field(1, 31), "*", field(0, 6)}, " ")
		s, err := ParseSchedule(expression)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Date(2026, 1, 1+random.IntN(365), random.IntN(24), random.IntN(60), random.IntN(60), 0, time.UTC)
		got, end := s.Next(begin), begin.AddDate(0, 0, 3)
		for at := minuteOf(begin).Add(time.Minute); at.Before(end); at = at.Add(time.Minute) {
			if s.Matches(at) {
				if !got.Equal(at) {
					t.Errorf("%q: Next(%v) = %v, want %v", expression, begin, got, at)
				}
				end = at
			}
		}
		if !got.IsZero() && !s.Matches(got) {
			t.Errorf("%q: Next(%v) = %v, which does not match", expression, begin, got)
		}
	}
}
