// The memory that the process may use.

package budget

import (
	"bytes"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
)

// assumedMemory is the assumed memory of a machine that does not report it.
const assumedMemory = 2 << 30

// Memory returns the number of bytes of memory that the process may use: the least of the machine's
// memory, the limits of its control groups (as set by a container or a systemd unit) and
// GOMEMLIMIT.
func Memory() int64 { return memory("/proc/meminfo", "/proc/self/cgroup", "/sys/fs/cgroup") }

// memory returns the result of Memory from the files of a Linux machine at these paths. Missing
// files, as on other systems, set no limit.
func memory(meminfo, self, cgroup string) int64 {
	least := int64(math.MaxInt64)
	note := func(n int64, ok bool) {
		if ok && n > 0 {
			least = min(least, n)
		}
	}
	note(totalMemory(meminfo))
	for group := groupOf(self); ; group = path.Dir(group) {
		note(fileNumber(path.Join(cgroup, group, "memory.max"))) // version 2
		if group == "/" {
			break
		}
	}
	note(fileNumber(cgroup + "/memory/memory.limit_in_bytes")) // version 1
	if least == math.MaxInt64 {
		least = assumedMemory
	}
	return min(least, debug.SetMemoryLimit(-1))
}

// groupOf returns the control group in a file like /proc/self/cgroup, "/" if the file does not
// contain it. The groups of version 2 are in the line that begins with "0::".
func groupOf(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return "/"
	}
	for line := range bytes.Lines(text) {
		if group, ok := bytes.CutPrefix(line, []byte("0::")); ok {
			return path.Clean("/" + string(bytes.TrimSpace(group)))
		}
	}
	return "/"
}

// totalMemory returns the MemTotal of a file like /proc/meminfo.
func totalMemory(file string) (int64, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(text) {
		rest, ok := bytes.CutPrefix(line, []byte("MemTotal:"))
		if !ok {
			continue
		}
		kilobytes, err := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("kB")))), 10, 64)
		return kilobytes << 10, err == nil
	}
	return 0, false
}

// fileNumber returns the number that is the content of a file; ok is false for other contents such
// as "max".
func fileNumber(file string) (int64, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	return n, err == nil
}
