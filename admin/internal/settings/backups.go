package settings

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/backup"
	"github.com/loambase/loam/core/fault"
)

const backupsPath = "/_/backups"

func showBackups(c *console.Call) error {
	list, err := c.App.Backups().List(c.R.Context(), c.Caller)
	if err != nil {
		return err
	}
	return c.Page(frame("Backups", backupsPath), backupsPage(list, c.App.Backups().Progress()))
}

// showProgress answers with the progress of the running backup or restore. At the end it also sends
// the new list of archives, which replaces the list on the page.
func showProgress(c *console.Call) error {
	p := c.App.Backups().Progress()
	if p != nil || !c.R.URL.Query().Has("running") {
		return c.Part(backupProgress(p))
	}
	list, err := c.App.Backups().List(c.R.Context(), c.Caller)
	if err != nil {
		return err
	}
	return c.Part(backupEnded(list))
}

// percent returns the done part of a backup, 0 to 100.
func percent(p *backup.Progress) int64 {
	if p.Total <= 0 {
		return 0
	}
	return min(100*p.Done/p.Total, 100)
}

func progressWords(p *backup.Progress) string {
	verb := "Making"
	if p.Action == "restore" {
		verb = "Restoring"
	}
	if p.Total == 0 { // the size is not known yet
		return verb + " " + p.Key
	}
	return fmt.Sprintf("%s %s: %s of %s", verb, p.Key, ui.Bytes(p.Done), ui.Bytes(p.Total))
}

func createBackup(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	key, err := c.App.Backups().Create(c.R.Context(), c.Caller, c.R.PostForm.Get("name"))
	if err != nil {
		return form.Fail(c, err)
	}
	c.Toast("Made " + key)
	return c.Go(backupsPath)
}

// uploadBackup streams an uploaded archive to the storage, since it may be larger than the memory.
func uploadBackup(c *console.Call) error {
	parts, err := c.R.MultipartReader()
	if err != nil {
		return fault.Wrap(fault.Invalid, "The form could not be read.", err)
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return form.Refuse(c, http.StatusUnprocessableEntity, []form.Problem{{Name: "file", Message: "Choose a file."}})
		}
		if err != nil {
			return fault.Wrap(fault.Invalid, "The form could not be read.", err)
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		if err := c.App.Backups().Upload(c.R.Context(), c.Caller, part.FileName(), console.Upload(part)); err != nil {
			return form.Fail(c, err)
		}
		c.Toast("Uploaded")
		return c.Go(backupsPath)
	}
}

func downloadBackup(c *console.Call) error {
	key := c.Param("key")
	b, err := c.App.Backups().Open(c.R.Context(), c.Caller, key)
	if err != nil {
		return err
	}
	defer b.Close()
	c.W.Header().Set("Content-Type", "application/zip")
	c.W.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(key))
	http.ServeContent(c.W, c.R, "", b.ModTime(), b)
	return nil
}

func askRestore(c *console.Call) error {
	return c.Dialog(http.StatusOK, restoreDialog(c.Param("key"), ""))
}

// restoreBackup replaces all data by the content of a backup. The superuser has to type the name of
// the backup. The password is asked because the backup may restore other superusers.
func restoreBackup(c *console.Call) error {
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	key := c.Param("key")
	if c.R.PostForm.Get("name") != key {
		return c.Dialog(http.StatusUnprocessableEntity, restoreDialog(key, "This is not the name of the backup."))
	}
	if err := c.Confirm(ui.Confirm{}); err != nil {
		return err
	}
	if err := c.App.Backups().Restore(c.R.Context(), c.Caller, key); err != nil {
		return err
	}
	c.Toast("Restored")
	return c.Go(backupsPath)
}

func askDeleteBackup(c *console.Call) error {
	return c.Dialog(http.StatusOK, deleteBackupDialog(c.Param("key")))
}

func deleteBackup(c *console.Call) error {
	if err := c.App.Backups().Delete(c.R.Context(), c.Caller, c.Param("key")); err != nil {
		return err
	}
	c.Toast("Deleted")
	return c.Go(backupsPath)
}

func backupPath(b backup.Info) string { return backupsPath + "/" + url.PathEscape(b.Key) }

// stamp formats a time for time.js, which shows it in the time zone of the browser.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05.000Z")
}

func progressPath(p *backup.Progress) string {
	const path = backupsPath + "/-/progress"
	if p != nil {
		return path + "?running"
	}
	return path
}
