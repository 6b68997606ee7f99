// Buckets of the settings: files and backups in S3, and the test of a bucket.

package core

import (
	"context"
	"strings"
	"time"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/s3"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// newBucket returns the store of a bucket of the settings. patience is the longest silence of the
// server; 0: the default.
func newBucket(c settings.S3, patience time.Duration) (*s3.Store, error) {
	return s3.New(s3.Config{
		Endpoint: c.Endpoint, Bucket: c.Bucket, Region: c.Region,
		AccessKey: c.AccessKey, Secret: c.Secret, Ambient: c.Credentials == settings.Ambient, PathStyle: c.ForcePathStyle, Patience: patience,
	})
}

// filePatience is the longest silence of the server of a bucket of files: a request waits for the
// answer.
const filePatience = 15 * time.Second

// placeFiles changes the store of the files of records to that of the settings. Stored files are
// not moved.
func (a *App) placeFiles(old, now *settings.Settings) {
	if old.S3 == now.S3 {
		return
	}
	var next blob.Store = a.local
	if now.S3.Enabled {
		bucket, err := newBucket(now.S3.S3, filePatience)
		if err != nil { // impossible: settings are checked before they are stored
			a.Config.Log.Error("the bucket of files cannot be used", "error", err)
			return
		}
		next = bucket
	}
	a.blobs.Set(next)
}

// sweepEvery is the interval of searches for unfinished uploads in buckets, and their minimum age:
// no upload takes that long.
const sweepEvery = 24 * time.Hour

// sweepBuckets aborts unfinished uploads into buckets of processes that have ended.
func (a *App) sweepBuckets(ctx context.Context) error {
	for {
		a.sweepBucket(ctx, a.blobs, func(key string) bool {
			collection, _, _ := strings.Cut(key, "/")
			return a.Snapshot().ByID(collection) != nil
		})
		a.sweepBucket(ctx, a.backupStore, func(key string) bool { return !strings.Contains(key, "/") && strings.HasSuffix(key, ".zip") })
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(sweepEvery):
		}
	}
}

// sweepBucket aborts unfinished uploads whose keys are Loam's: a bucket may have other users.
func (a *App) sweepBucket(ctx context.Context, files *blob.Swap, ours func(key string) bool) {
	bucket, ok := files.Current().(*s3.Store)
	if !ok {
		return
	}
	n, err := bucket.Sweep(ctx, time.Now().Add(-sweepEvery), ours)
	if n > 0 {
		a.log.Info("gave up unfinished uploads", "uploads", n)
	}
	if err != nil && ctx.Err() == nil {
		a.log.Warn("look for unfinished uploads", "error", err)
	}
}

// placeBackups changes the store of backups to that of the settings. Stored backups are not moved.
func (a *App) placeBackups(old, now *settings.Settings) {
	if old.Backups.S3 == now.Backups.S3 {
		return
	}
	var next blob.Store = a.archives
	if now.Backups.S3.Enabled {
		bucket, err := newBucket(now.Backups.S3, 0)
		if err != nil { // impossible: settings are checked before they are stored
			a.Config.Log.Error("the bucket of backups cannot be used", "error", err)
			return
		}
		next = bucket
	}
	a.backupStore.Set(next)
}

// S3TestForm names the bucket of the settings that is tested.
type S3TestForm struct {
	Filesystem string `json:"filesystem"` // "storage" or "backups"
}

// TestS3 stores, opens and deletes a blob in a bucket of the settings. A caller who is not a
// superuser gets the fault of record.Caller.RequireSuperuser. The fault is Invalid for an
// incomplete form, a bucket that is not enabled, and a bucket that cannot be used, with the reason.
func (a *App) TestS3(ctx context.Context, caller record.Caller, form S3TestForm) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	var bucket settings.S3
	fails := fault.Fields{}
	switch form.Filesystem {
	case "storage":
		bucket = a.settings.Current().S3.S3
	case "backups":
		bucket = a.settings.Current().Backups.S3
	case "":
		fails.Set(fault.Leaf("validation_required", "Cannot be blank"), "filesystem")
	default:
		fails.Set(fault.Leaf("validation_in_invalid", "Must be a valid value"), "filesystem")
	}
	if len(fails) > 0 {
		return fault.Invalidate("An error occurred while validating the submitted data.", fails)
	}
	const failed = "Failed to test the S3 filesystem. Raw error: "
	if !bucket.Enabled {
		return fault.New(fault.Invalid, failed+"S3 storage filesystem is not enabled")
	}
	s, err := newBucket(bucket, filePatience)
	if err == nil {
		err = s.Check(ctx, "loam_test_"+schema.RandomString(10, schema.AlphabetID))
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, failed+err.Error(), err)
	}
	return s.Close()
}
