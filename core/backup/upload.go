// Uploading archives, and deleting old scheduled archives.

package backup

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// Upload stores an archive under that name while r is read. Contents that are not a zip, an
// invalid name and an existing name are Invalid faults.
func (s *Service) Upload(ctx context.Context, caller record.Caller, name string, r io.Reader) error {
	if err := caller.RequireSuperuser(); err != nil {
		return err
	}
	if leaf := checkUploadName(name); leaf != nil {
		return invalid("file", leaf)
	}
	release, err := s.use(ctx, name)
	if err != nil {
		return err
	}
	defer release()
	if err := s.mustBeNew(ctx, name, "file"); err != nil {
		return err
	}
	in := bufio.NewReader(r)
	if head, _ := in.Peek(4); !bytes.Equal(head, []byte("PK\x03\x04")) {
		return noZip
	}
	err = s.cfg.Store.Put(ctx, name, in, blob.UnknownSize, blob.Attributes{ContentType: "application/zip", OriginalName: name})
	if errors.Is(err, blob.ErrKey) {
		return invalid("file", fault.Leaf("validation_match_invalid", "Must be in a valid format"))
	}
	return err
}

var noZip = invalid("file", fault.Leaf("validation_invalid_mime_type", "The file must be a zip archive"))

// deleteOld deletes the oldest scheduled archives, so that keep of them stay, at least one.
func (s *Service) deleteOld(ctx context.Context, keep int) error {
	list, err := s.List(ctx, record.Root())
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(i Info) bool { return !strings.HasPrefix(i.Key, AutoPrefix) })
	slices.SortFunc(list, func(x, y Info) int { return cmp.Or(y.Modified.Compare(x.Modified), strings.Compare(y.Key, x.Key)) })
	for _, old := range list[min(max(keep, 1), len(list)):] {
		if e := s.Delete(ctx, record.Root(), old.Key); e != nil {
			err = errors.Join(err, e)
		}
	}
	return err
}
