// Package settings serves the pages of the settings, the backups, the jobs, and the import and
// export of collections.
package settings

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/settings"
)

// Routes returns the routes of the package.
func Routes() []console.Route {
	return []console.Route{
		console.Get("/_/settings", func(c *console.Call) error { return c.Go("/_/settings/application") }),
		console.Get("/_/settings/cron", previewCron),
		console.Get("/_/settings/realtime/channel", newChannel),
		console.Get("/_/settings/realtime/complete", completeChannelRule),
		console.Get("/_/settings/limits/refused", showRefusals),
		console.Post("/_/settings/limits/refused", tryRules),
		console.Get("/_/settings/{page}", show),
		console.Post("/_/settings/{page}", save),
		console.Post("/_/settings/{page}/test", try),
		console.Get("/_/backups", showBackups),
		console.Post("/_/backups", createBackup),
		console.Post("/_/backups/upload", uploadBackup),
		console.Get("/_/backups/-/progress", showProgress),
		console.Get("/_/backups/{key}", downloadBackup),
		console.Get("/_/backups/{key}/restore", askRestore),
		console.Post("/_/backups/{key}/restore", restoreBackup),
		console.Get("/_/backups/{key}/delete", askDeleteBackup),
		console.Post("/_/backups/{key}/delete", deleteBackup),
		console.Get(transferPath, showTransfer),
		console.Post(transferPath, console.Unlocked(console.Confirmed(importCollections))),
		console.Get(transferPath+"/export", exportCollections),
		console.Get(transferPath+"/preview", previewExport),
		console.Post(transferPath+"/compare", compareCollections),
		console.Get("/_/jobs", showJobs),
		console.Post("/_/jobs/{id}", runJob),
	}
}

func pageOf(c *console.Call) (page, error) {
	list := pages()
	i := slices.IndexFunc(list, func(p page) bool { return p.id == c.Param("page") })
	if i < 0 {
		return page{}, fault.New(fault.NotFound, "There is no such page of settings.")
	}
	return list[i], nil
}

// Items returns the pages of settings as entries of a sidebar.
func Items() (items []ui.Item) {
	for _, p := range pages() {
		items = append(items, ui.Item{Label: p.title, Icon: p.icon, Path: "/_/settings/" + p.id})
	}
	items = append(items, ui.Item{Label: "Import and export", Icon: "upload", Path: transferPath})
	return append(items, ui.Item{Label: "Jobs", Icon: "clock", Path: "/_/jobs"})
}

// Inputs returns a link to each input of the pages of settings.
func Inputs() (items []ui.Item) {
	for _, p := range pages() {
		for _, g := range p.groups {
			for _, in := range g.Inputs {
				items = append(items, ui.Item{Label: p.title + " › " + in.Label, Icon: p.icon, Path: "/_/settings/" + p.id + "#i-" + in.Name})
			}
		}
	}
	return items
}

// frame returns the frame of a page about settings: its title, breadcrumbs and sidebar.
func frame(title, path string) console.Page {
	items := Items()
	at := slices.IndexFunc(items, func(item ui.Item) bool { return item.Path == "/_/settings/backups" })
	items = slices.Insert(items, at, ui.Item{Label: "Backups", Icon: "archive", Path: backupsPath})
	for i := range items {
		items[i].Current = items[i].Path == path
	}
	section := "settings"
	if path == backupsPath {
		section = "backups"
	}
	return console.Page{
		Title: title, Section: section, Crumbs: []ui.Crumb{{Label: "Settings", Path: "/_/settings/application"}, {Label: title}},
		Side: ui.Side("Settings", items), Scripts: []string{"form.js", "guard.js", "pagedrafts.js", "rules.js"},
	}
}

func show(c *console.Call) error {
	p, err := pageOf(c)
	if err != nil {
		return err
	}
	now, err := c.App.Settings().Get(c.R.Context(), c.Caller)
	if err != nil {
		return err
	}
	document, err := documentOf(now)
	if err != nil {
		return err
	}
	stored, err := p.values(document, now)
	if err != nil {
		return err
	}
	if p.id == "limits" {
		p.note = addressNote(addressOf(c))
	}
	list, err := p.list(c, now)
	if err != nil {
		return err
	}
	in := frame(p.title, "/_/settings/"+p.id)
	in.Scripts = append(in.Scripts, "record.js", "fields.js")
	if p.id == "realtime" {
		in.Scripts = append(in.Scripts, "editor.js") // for the rules of new channels
	}
	return c.Page(in, settingsPage(p, document, stored.Base(c), list, trial(c, p, now)))
}

// documentOf returns the settings as the document of the pages.
func documentOf(now *settings.Settings) (form.Document, error) {
	document, err := form.Open(now)
	if err != nil {
		return nil, err
	}
	return document, showDocuments(document, now.GraphQL.Documents)
}

// list returns the list below the inputs of the page, rate limits or channels; nil for none.
func (p page) list(c *console.Call, now *settings.Settings) (templ.Component, error) {
	switch p.id {
	case "limits":
		return rulesTable(rulesOf(now.RateLimits.Rules), labelsFor(c.App.Snapshot())), nil
	case "realtime":
		list, err := channelsOf(now.Realtime.Channels)
		return channelList(list), err
	}
	return nil, nil
}

// maxSaves is the maximum number of attempts of save. An attempt fails if another request changes the
// settings meanwhile.
const maxSaves = 10

// save stores the settings in the form and reloads the page, since settings may change its look. If
// another user has changed one of them since the form was opened, nothing is stored, and the form
// shows the conflict. Dangerous settings require the password. Before settings that may lock out the
// superuser are saved, a dialog asks for confirmation.
func save(c *console.Call) error {
	p, err := pageOf(c)
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	sent := c.R.PostForm
	for range maxSaves {
		c.R.PostForm = maps.Clone(sent) // the merge removes the unchanged inputs
		if err = saveOnce(c, p); !errors.Is(err, settings.ErrChanged) {
			return err
		}
	}
	return err
}

// saveOnce is one attempt of save. The error is settings.ErrChanged if another request has changed the
// settings after saveOnce compared them with the form.
func saveOnce(c *console.Call, p page) error {
	// Another process may have written settings that this one has not read yet.
	if err := c.App.Settings().Load(c.R.Context()); err != nil {
		return err
	}
	now := c.App.Settings().Current()
	change, merge, problems, err := p.changeOf(c, now)
	switch {
	case err != nil:
		return err
	case len(problems) > 0:
		return form.Refuse(c, http.StatusUnprocessableEntity, problems)
	case merge.Conflicts():
		return merge.Refuse()
	}
	body, err := json.Marshal(change)
	if err != nil {
		return err
	}
	if isDangerous(change) {
		if err := c.Confirm(ui.Confirm{}); err != nil {
			return err
		}
	}
	if p.id == "limits" && c.R.PostForm.Get("_confirmed") == "" {
		next, err := c.App.Settings().Preview(c.Caller, body)
		if err != nil {
			return failSettings(c, err)
		}
		if list := lockouts(c, now, next); len(list) > 0 {
			return c.Dialog(http.StatusOK, lockoutDialog(list, c.Caller.IP))
		}
	}
	if _, err := c.App.Settings().PatchFrom(c.R.Context(), c.Caller, now, body); err != nil {
		return failSettings(c, err)
	}
	c.Toast("Saved")
	return c.Go("/_/settings/" + p.id)
}

// dangerous lists the settings by which an attacker could take over accounts or read data. smtp and
// meta.appURL direct mails that reset passwords; buckets receive files and backups; rate limits
// slow down guesses; superuserIPs and trustedProxy restrict the addresses of superusers.
var dangerous = []string{"meta.appURL", "smtp", "s3", "backups.s3", "rateLimits", "superuserIPs", "trustedProxy"}

// isDangerous reports whether a change has a dangerous setting.
func isDangerous(change map[string]any) bool {
	return slices.ContainsFunc(dangerous, func(path string) bool {
		group, name, nested := strings.Cut(path, ".")
		inner, _ := change[group].(map[string]any)
		if nested {
			return inner[name] != nil
		}
		return change[group] != nil
	})
}

// trial returns the form of the page's test, nil for none.
func trial(c *console.Call, p page, now *settings.Settings) templ.Component {
	switch p.test {
	case "mail":
		var collections []string
		for _, in := range c.App.Snapshot().All() {
			if in.IsAuth() {
				collections = append(collections, in.Name)
			}
		}
		return mailTrial(c.Caller.Auth.Text("email"), collections)
	case "storage":
		return storageTrial(p.id, now.S3.Enabled)
	case "backups":
		return storageTrial(p.id, now.Backups.S3.Enabled)
	}
	return nil
}

// try sends a mail, or tests the bucket, with the saved settings.
func try(c *console.Call) error {
	p, err := pageOf(c)
	if err != nil {
		return err
	}
	if err := form.Read(c, form.Small); err != nil {
		return err
	}
	sent := c.R.PostForm
	switch p.test {
	case "mail":
		err = c.Auth.TestMail(c.R.Context(), c.Caller, auth.TestMailForm{
			Email: sent.Get("email"), Template: sent.Get("template"), Collection: sent.Get("collection")})
	case "storage", "backups":
		err = c.App.TestS3(c.R.Context(), c.Caller, core.S3TestForm{Filesystem: p.test})
	default:
		return fault.New(fault.NotFound, "Nothing can be tried here.")
	}
	if err == nil {
		return c.Part(tried("", worked(p.test), nil))
	}
	problems, other := console.Problems(err)
	if other != nil {
		return other
	}
	var failed *mail.Error
	if errors.As(err, &failed) {
		return c.Part(tried("Not sent. It failed at this step: "+failed.Error(), "", failed))
	}
	return c.Part(tried(strings.Join(slices.Sorted(maps.Values(problems)), " "), "", nil))
}

func worked(test string) string {
	if test == "mail" {
		return "Sent. Look into the mailbox."
	}
	return "It works: a file was written, read and deleted."
}
