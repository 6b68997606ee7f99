package auth

import (
	"strconv"
	"testing"
	"time"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var m memory[int]
	if !m.put("a", 1, now, time.Minute) || m.put("a", 2, now, time.Minute) {
		t.Error("a secret is remembered once")
	}
	if _, ok := m.take("a", now.Add(time.Minute)); ok {
		t.Error("a value outlives its time")
	}
	if !m.put("a", 3, now.Add(time.Minute), time.Minute) {
		t.Error("what is over is in the way")
	}
	if v, ok := m.take("a", now.Add(time.Minute)); !ok || v != 3 {
		t.Errorf("take = %d, %t", v, ok)
	}
	if _, ok := m.take("a", now.Add(time.Minute)); ok {
		t.Error("a value is taken twice")
	}
	for i := range maxMemory + 10 {
		if !m.put(strconv.Itoa(i), i, now, time.Hour) {
			t.Fatal("a full memory is closed")
		}
	}
	if len(m.entries) > maxMemory {
		t.Errorf("%d entries", len(m.entries))
	}
	if m.put("x", 1, now.Add(time.Hour), time.Hour); len(m.entries) != 1 {
		t.Errorf("%d entries, when all others are over", len(m.entries))
	}
}
