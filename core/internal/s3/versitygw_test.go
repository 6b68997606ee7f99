package s3

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/internal/blobtest"
	"github.com/loambase/loam/internal/need"
)

// smallestPart is the minimum size of a part by the rules of S3.
const smallestPart = 5 << 20

// TestVersityGW runs the suite against another implementation: versitygw, which "make tools"
// installs.
func TestVersityGW(t *testing.T) {
	t.Parallel()
	program := need.Program(t, "../../../.build/bin/versitygw")
	address := freeAddress(t)
	dir := t.TempDir()
	data, sidecar := filepath.Join(dir, "data"), filepath.Join(dir, "sidecar")
	for _, d := range []string{data, sidecar} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), program, "--access", "loam", "--secret", "loamsecret", "--port", address, "--region", "us-east-1",
		"posix", "--sidecar", sidecar, data)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // returns that the process was killed
	})
	reach(t, address)
	var buckets atomic.Int64
	newBucket := func(t *testing.T) *Store {
		s, err := New(Config{Endpoint: "http://" + address, Bucket: fmt.Sprintf("bucket-%d", buckets.Add(1)), Region: "us-east-1",
			AccessKey: "loam", Secret: "loamsecret", PathStyle: true})
		if err != nil {
			t.Fatal(err)
		}
		s.part = smallestPart
		if err := s.call(t.Context(), request{method: http.MethodPut}, nil); err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Run("suite", func(t *testing.T) {
		blobtest.Run(t, smallestPart, func(t *testing.T) blob.Store { return newBucket(t) })
	})
	t.Run("addresses", func(t *testing.T) { checkAddressOf(t, openRemote(t, newBucket(t))) })
}

// freeAddress returns an unused address.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// reach returns when the address accepts connections.
func reach(t *testing.T, address string) {
	t.Helper()
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatal(err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
