package ui

import "testing"

func TestNumber(t *testing.T) {
	t.Parallel()
	if got := Number(1234567) + Number(0) + Number(999); got != "1,234,5670999" {
		t.Error(got)
	}
}
