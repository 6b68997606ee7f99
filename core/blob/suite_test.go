package blob_test

import (
	"testing"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/internal/blobtest"
)

func TestLocalStore(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, 64<<10, func(t *testing.T) blob.Store {
		l, err := blob.NewLocal(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return l
	})
}
