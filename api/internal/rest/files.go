package rest

import (
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loambase/loam/api/internal/middleware"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/budget"
	"github.com/loambase/loam/internal/request"
	"github.com/loambase/loam/internal/thumb"
)

// filePolicy is the Content-Security-Policy of files: a browser that shows a file runs no script,
// and loads nothing but media of this server and inline styles.
const filePolicy = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"

// viewFile answers with a stored file or a thumb of it.
func (a *API) viewFile(c *call) error {
	caller, until, err := c.fileViewer()
	if err != nil {
		return err
	}
	redirect := stay
	if c.Settings.S3.Presigned {
		redirect = func(b blob.Blob, protected bool) (bool, error) { return c.redirectToFile(b, protected, until) }
	}
	return c.serveFile(caller, c.collection(), c.param("id"), c.param("filename"), redirect)
}

// File answers with a stored file like the route of files, but for the caller of the request
// instead of the owner of a file token. It never redirects the client to the bucket.
func (a *API) File(w http.ResponseWriter, r *http.Request, q *request.Request, collection, id, name string) error {
	c := &call{Request: q, api: a, w: w, r: r}
	caller := q.Caller
	caller.Context = "protectedFile"
	return c.serveFile(caller, collection, id, name, stay)
}

// stay returns the redirect of a caller of serveFile that never redirects.
func stay(blob.Blob, bool) (bool, error) { return false, nil }

// serveFile answers with a file, unless redirect reports that it has answered itself.
func (c *call) serveFile(caller record.Caller, collection, id, name string, redirect func(b blob.Blob, protected bool) (bool, error)) error {
	file, err := c.api.app.Records().File(c.r.Context(), caller, collection, id, name)
	if err != nil {
		return err
	}
	b, served, err := c.openFile(file, name)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.NotFound, "")
	}
	if err != nil {
		return err
	}
	defer b.Close()
	return c.hookedDownload(caller, file, served, served != name, func(served string) error {
		c.fileHeaders(b, served, file.Field.Protected)
		if answered, err := redirect(b, file.Field.Protected); answered || err != nil {
			return err
		}
		http.ServeContent(c.Watch(c.w), c.r, "", b.ModTime(), b)
		return nil
	})
}

// hookedDownload runs the Download hooks around serve, which gets the name that the file is served
// under; hooks may change the name.
func (c *call) hookedDownload(caller record.Caller, file record.StoredFile, name string, isThumb bool, serve func(name string) error) error {
	h, in := &c.api.app.Hooks().Files.Download, file.Record.Collection()
	if !h.Bound(in.ID, in.Name) {
		return serve(name)
	}
	e := &core.DownloadEvent{Caller: caller, File: file, Name: name, Thumb: isThumb}
	return h.Around(c.r.Context(), e, func() error { return serve(e.Name) }, in.ID, in.Name)
}

// fileViewer returns the caller that a protected file is opened for, the owner of the file token
// in the query, and the time until which the token is valid. The Authorization header does not
// count, since browsers send no such header for an image.
func (c *call) fileViewer() (record.Caller, time.Time, error) {
	owner, until, err := c.fileCaller()
	caller := c.Caller
	caller.Auth, caller.Context = owner.Auth, "protectedFile"
	if owner.Superuser() && !c.Settings.SuperuserAllowed(caller.IP) {
		caller.Auth = nil
	}
	return caller, until, err
}

// openFile opens the file, or the thumb of the size in the query, and returns the name that it is
// served under. It opens the file itself if the field has no such size, or if the file is not
// an image.
func (c *call) openFile(file record.StoredFile, name string) (blob.Blob, string, error) {
	app, ctx := c.api.app, c.r.Context()
	size := c.Query.Get("thumb")
	if size != "100x100" && !slices.Contains(file.Field.Thumbs, size) {
		b, err := app.Blobs().Open(ctx, file.Key)
		return b, name, err
	}
	b, err := app.Thumbs().Open(ctx, c.Caller.Share(), file.Key, size)
	switch {
	case err == nil:
		return b, size + "_" + name, nil
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, budget.ErrSpent) || ctx.Err() != nil:
		return nil, "", err
	case !errors.Is(err, thumb.ErrImage):
		app.Log().Warn("make a thumb", "file", file.Key, "size", size, "error", err)
	}
	b, err = app.Blobs().Open(ctx, file.Key)
	return b, name, err
}

// fileHeaders sets the headers of a file: its type, its name, and how browsers and caches may keep
// it. A file never changes, because its name is never used for other content.
func (c *call) fileHeaders(b blob.Blob, name string, protected bool) {
	h := c.w.Header()
	set := func(key, value string) { // a header that a hook has set stays
		if len(h[key]) == 0 {
			h.Set(key, value)
		}
	}
	mediaType := b.Attributes().ServedType(name)
	set("Content-Type", mediaType)
	set("Content-Disposition", c.fileDisposition(b, mediaType, name))
	set("Content-Security-Policy", filePolicy)
	tag := fmt.Sprintf(`"%x-%x"`, b.ModTime().UnixNano(), b.Size())
	if middleware.MayCompress(c.r, mediaType) {
		tag = "W/" + tag
	}
	set("Etag", tag)
	h.Del("X-Frame-Options") // the policy above is stricter
	if protected {
		h.Set("Cache-Control", "private, no-store") // replaces the Cache-Control of a hook
		set("Referrer-Policy", "no-referrer")       // the address has a token
		return
	}
	if h.Get("Cache-Control") == middleware.CacheControl {
		h.Del("Cache-Control")
	}
	set("Cache-Control", "max-age=2592000, stale-while-revalidate=86400")
}

// inlineTypes are the media types that browsers show without running scripts.
var inlineTypes = []string{
	"image/png", "image/jpg", "image/jpeg", "image/gif", "image/webp", "image/x-icon", "image/bmp",
	"video/webm", "video/mp4", "video/3gpp", "video/quicktime", "video/x-ms-wmv",
	"audio/basic", "audio/aiff", "audio/mpeg", "audio/midi", "audio/mp3", "audio/wave", "audio/wav", "audio/x-wav",
	"audio/x-mpeg", "audio/x-m4a", "audio/aac",
	"application/pdf", "application/x-pdf",
}

// isInline reports whether browsers show files of the media type.
func isInline(mediaType string) bool {
	plain, _, _ := strings.Cut(mediaType, ";")
	return slices.Contains(inlineTypes, strings.TrimSpace(plain))
}

// fileDisposition returns the Content-Disposition of a file: whether browsers show or save it, and
// the stored name; with the parameter "original" also the name of the upload.
func (c *call) fileDisposition(b blob.Blob, mediaType, name string) string {
	kind := "attachment"
	if isInline(mediaType) && !isTrue(c.Query.Get("download")) {
		kind = "inline"
	}
	text := disposition(kind, name)
	if original := safeName(b.Attributes().OriginalName); original != "" && isTrue(c.Query.Get("original")) {
		text += "; filename*=UTF-8''" + escapeExtended(original)
	}
	return text
}

// isTrue parses a parameter as the reference does.
func isTrue(text string) bool {
	yes, err := strconv.ParseBool(text)
	return err == nil && yes
}

// disposition returns a Content-Disposition with a name.
func disposition(kind, name string) string {
	special := func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }
	if strings.ContainsFunc(name, special) {
		return mime.FormatMediaType(kind, map[string]string{"filename": name})
	}
	return kind + `; filename="` + name + `"`
}

// safeName returns a name that is safe to save a file under: without folders, without invisible
// characters, and without characters that change the direction of writing, which can make
// "gpj.exe" look like "exe.jpg".
func safeName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == '/' || r == '\\' || r == ':':
			return '_'
		case !strconv.IsGraphic(r) || r == '\u061c' || r >= '\u200e' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	return strings.Trim(name, ". ")
}

// escapeExtended escapes a value of RFC 8187.
func escapeExtended(text string) string {
	const plain = "!#$&+-.^_`|~"
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte(plain, c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
