package ui

import "testing"

func TestNumber(t *testing.T) {
	t.Parallel()
	if got := Number(1234567) + Number(0) + Number(999); got != "1,234,5670999" {
		t.Error(got)
	}
}

func TestCounted(t *testing.T) {
	t.Parallel()
	if got := Counted(1, "record") + ", " + Counted(int64(1234), "record") + ", " + Counted(0, "address"); got != "1 record, 1,234 records, 0 addresses" {
		t.Error(got)
	}
}
