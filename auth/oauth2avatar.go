package auth

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// fillAvatar fills in the avatar of the person: its address or, for a file field, the image. A
// failed download does not prevent the sign-in.
func (e *entry) fillAvatar(ctx context.Context, in *record.Input, name string) {
	if !e.wants(in.Body, name, e.user.AvatarURL) {
		return
	}
	kind, ok := e.collection.Field(name).Kind.(*schema.File)
	if !ok {
		in.Body[name] = e.user.AvatarURL
		return
	}
	image, err := e.avatar(ctx, kind)
	if err != nil {
		e.app.Log().Info("no avatar", "collection", e.collection.Name, "provider", e.provider, "error", err)
		return
	}
	in.Files = map[string][]*blob.Upload{name: {image}}
}

// avatar downloads the image, if the field accepts it.
func (e *entry) avatar(ctx context.Context, kind *schema.File) (*blob.Upload, error) {
	image, err := e.images.Image(ctx, e.user.AvatarURL, kind.Limit())
	if err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(image)), nil }
	u, err := blob.NewUpload("avatar", open, int64(len(image)))
	if err == nil && len(kind.MimeTypes) > 0 && !u.Is(kind.MimeTypes...) {
		err = errors.New("the field does not take " + u.MediaType)
	}
	return u, err
}
