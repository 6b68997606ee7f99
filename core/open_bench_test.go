package core_test

import (
	"testing"

	"github.com/loambase/loam/core"
)

func BenchmarkOpen(b *testing.B) {
	for _, existing := range []bool{false, true} {
		name := "empty folder"
		if existing {
			name = "existing folder"
		}
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			for b.Loop() {
				if !existing {
					b.StopTimer()
					dir = b.TempDir()
					b.StartTimer()
				}
				app := core.New(core.Config{Dir: dir})
				if err := app.Open(b.Context(), core.Serve); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := app.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}
