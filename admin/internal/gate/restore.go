package gate

import (
	"errors"
	"io"
	"net/http"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// maxToken is the size limit of the token in the installer's link, in bytes.
const maxToken = 8 << 10

// installBackup restores an uploaded backup instead of creating the first superuser. The form has
// the token of the installer's link before the file, since the parts are read in their order.
func installBackup(c *console.Call) error {
	parts, err := c.R.MultipartReader()
	if err != nil {
		return fault.Wrap(fault.Invalid, "The form could not be read.", err)
	}
	f := installForm{length: passwordLength(c)}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) || err == nil && part.FormName() == "file" && part.FileName() == "" {
			f.problems = map[string]string{"file": "Choose a file."}
			return showInstall(c, http.StatusUnprocessableEntity, f)
		}
		if err != nil {
			return fault.Wrap(fault.Invalid, "The form could not be read.", err)
		}
		switch part.FormName() {
		case "token":
			token, err := io.ReadAll(io.LimitReader(part, maxToken))
			if err != nil {
				return fault.Wrap(fault.Invalid, "The form could not be read.", err)
			}
			f.token = string(token)
		case "file":
			return restoreUploaded(c, f, console.Upload(part))
		}
	}
}

func restoreUploaded(c *console.Call, f installForm, archive io.Reader) error {
	installer, err := installerOf(c, f.token)
	if err != nil {
		return err
	}
	if installer == nil {
		return showExpired(c)
	}
	caller := guest(c)
	caller.Auth = installer
	key := "uploaded_" + schema.RandomString(10, schema.AlphabetID) + ".zip"
	if err = c.App.Backups().Upload(c.R.Context(), caller, key, archive); err == nil {
		if err = c.App.Backups().Restore(c.R.Context(), caller, key); err != nil {
			err = errors.Join(err, c.App.Backups().Delete(c.R.Context(), record.Root(), key))
		}
	}
	if err != nil {
		problems, err := console.Problems(err)
		if err != nil {
			return err
		}
		f.problems = map[string]string{}
		for _, message := range problems {
			f.problems["file"] = message
		}
		return showInstall(c, http.StatusUnprocessableEntity, f)
	}
	return c.Gate(http.StatusOK, ui.Gate{Title: "The backup is restored"}, restoredPage())
}

// installerOf returns the account of the installer for its token, nil for an invalid token.
func installerOf(c *console.Call, token string) (*record.Record, error) {
	installer, err := c.Auth.Authenticate(c.R.Context(), token)
	if err != nil || installer == nil || installer.Collection().Name != schema.Superusers || installer.Text("email") != schema.InstallerEmail ||
		!c.Settings.SuperuserAllowed(c.Caller.IP) {
		return nil, err
	}
	return installer, nil
}
