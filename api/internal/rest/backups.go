package rest

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// backup is an archive in a list. Wire: the order of the fields.
type backup struct {
	Modified string `json:"modified"`
	Key      string `json:"key"`
	Size     int64  `json:"size"`
}

func (a *API) listBackups(c *call) error {
	found, err := a.app.Backups().List(c.r.Context(), c.Caller)
	list := make([]backup, len(found))
	for i, b := range found {
		list[i] = backup{schema.FormatTime(b.Modified), b.Key, b.Size}
	}
	return c.respond(list, err)
}

func (a *API) createBackup(c *call) error {
	var form struct {
		Name string `json:"name"`
	}
	if err := c.decode(&form); err != nil {
		return err
	}
	_, err := a.app.Backups().Create(c.r.Context(), c.Caller, form.Name)
	return c.done(err)
}

// uploadBackup stores an archive while it is being received: it has no size limit, and may be
// larger than the memory and the room for temporary files.
func (a *API) uploadBackup(c *call) error {
	form, err := c.r.MultipartReader()
	if err != nil {
		return fault.Wrap(fault.Invalid, loadFailed, err)
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			missing := fault.Leaf("validation_required", "Cannot be blank")
			return fault.Invalidate("An error occurred while validating the submitted data.", fault.Fields{"file": missing})
		}
		if err != nil {
			return fault.Wrap(fault.Invalid, loadFailed, err)
		}
		if part.FormName() == "file" && part.FileName() != "" {
			return c.done(a.app.Backups().Upload(c.r.Context(), c.Caller, part.FileName(), &upload{part: part}))
		}
	}
}

// upload is a file of a form that is being received. A form that breaks off is a failure of the
// client.
type upload struct{ part *multipart.Part }

func (u *upload) Read(p []byte) (int, error) {
	n, err := u.part.Read(p)
	if err != nil && err != io.EOF {
		err = fault.Wrap(fault.Invalid, loadFailed, err)
	}
	return n, err
}

// downloadBackup serves an archive to the owner of the file token of a superuser: browsers send no
// header with a download.
func (a *API) downloadBackup(c *call) error {
	caller, _, err := c.fileCaller()
	if err != nil {
		return err
	}
	if !caller.Superuser() || !c.Settings.SuperuserAllowed(c.Caller.IP) {
		return fault.New(fault.Forbidden, "Insufficient permissions to access the resource.")
	}
	b, err := a.app.Backups().Open(c.r.Context(), caller, c.param("key"))
	if err != nil {
		return err
	}
	defer b.Close()
	h := c.w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", disposition("attachment", c.param("key")))
	h.Set("Cache-Control", "no-store")
	http.ServeContent(c.Watch(c.w), c.r, "", b.ModTime(), b)
	return nil
}

// fileCaller returns the owner of the file token in the query, or a guest if there is no valid
// token, and the expiry of the token; zero: never.
func (c *call) fileCaller() (record.Caller, time.Time, error) {
	caller := record.Caller{IP: c.Caller.IP}
	token := c.Query.Get("token")
	if token == "" {
		return caller, time.Time{}, nil
	}
	owner, said, err := c.api.auth.Verify(c.r.Context(), token, auth.File)
	caller.Auth = owner
	return caller, said.Expires, err
}

func (a *API) deleteBackup(c *call) error {
	return c.done(a.app.Backups().Delete(c.r.Context(), c.Caller, c.param("key")))
}

func (a *API) restoreBackup(c *call) error {
	return c.done(a.app.Backups().Restore(c.r.Context(), c.Caller, c.param("key")))
}

func (a *API) fileToken(c *call) error {
	token, err := a.auth.FileToken(c.Caller)
	return c.respond(map[string]string{"token": token}, err)
}
