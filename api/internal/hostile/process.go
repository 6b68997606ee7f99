package hostile

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// watcher looks at the memory of a process again and again.
type watcher struct {
	peak int64
	done sync.WaitGroup
}

// watch looks at the process until the context ends.
func watch(ctx context.Context, pid int) *watcher {
	w := &watcher{}
	w.done.Go(func() {
		for ctx.Err() == nil {
			w.peak = max(w.peak, resident(pid))
			wait(ctx, 50*time.Millisecond)
		}
	})
	return w
}

// wait returns the most bytes that were seen.
func (w *watcher) wait() int64 { w.done.Wait(); return w.peak }

// resident is how many bytes of memory the process holds, 0 where the system does not say.
func resident(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64) // 0 if it is no number
	return pages * int64(os.Getpagesize())
}

// processorTime is the processor time that the process has taken, in seconds, 0 where the
// system does not say. Linux counts it in hundredths for programs, whatever its own clock.
func processorTime(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name may have blanks
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}
