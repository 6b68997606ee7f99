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

// watcher measures the memory of a process repeatedly.
type watcher struct {
	peak int64
	done sync.WaitGroup
}

// watch measures the process until the context ends.
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

// wait returns the greatest measured number of bytes.
func (w *watcher) wait() int64 { w.done.Wait(); return w.peak }

// resident returns the number of bytes of memory of the process, 0 if the system does not report
// it.
func resident(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64) // 0 if it is not a number
	return pages * int64(os.Getpagesize())
}

// processorTime returns the processor time of the process in seconds, 0 if the system does not
// report it. Linux reports it to programs in hundredths, whatever its own clock.
func processorTime(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name may contain blanks
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}
