// Scheduled backups, and the alert when a backup fails.

package core

import (
	"context"
	"fmt"

	"github.com/loambase/loam/core/job"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/core/settings"
)

// autoBackupJob is the id of the job of scheduled backups. Without a schedule there is no such job.
const autoBackupJob = "__pbAutoBackup__" // Wire: docs/wire/auth-realtime-system.md §5.6

// scheduleBackups changes the job to the schedule of the settings.
func (a *App) scheduleBackups(old, now *settings.Settings) {
	if old.Backups.Cron == now.Backups.Cron {
		return
	}
	a.jobs.Remove(autoBackupJob)
	if now.Backups.Cron == "" {
		return
	}
	// A missed backup is made up: the newest archive is the one that is missing.
	err := a.jobs.AddJob(job.Job{ID: autoBackupJob, Expression: now.Backups.Cron, CatchUp: true, Run: a.autoBackup})
	if err != nil {
		// The settings refuse such an expression; an import keeps it unchanged.
		a.Config.Log.Warn("no backups are scheduled", "error", err)
	}
}

// autoBackup makes a scheduled backup. Since nobody waits for the result, every superuser is told
// of a failure.
func (a *App) autoBackup(ctx context.Context) error {
	err := a.backups.Auto(ctx, a.settings.Current().Backups.CronMaxKeep)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if e := a.alertOfBackup(ctx, err); e != nil {
		a.Config.Log.Error("tell superusers that a backup has failed", "error", e)
	}
	return err
}

// alertOfBackup sends a mail about the failure to every superuser, if mails are sent.
func (a *App) alertOfBackup(ctx context.Context, failure error) error {
	if a.mails.Off() {
		return nil
	}
	superusers, err := a.records.Find(ctx, record.Root(), record.Query{Collection: schema.Superusers})
	if err != nil {
		return err
	}
	meta := a.settings.Current().Meta
	for _, r := range superusers {
		err := a.mails.Queue(&mail.Message{
			To:      []mail.Address{{Address: r.Text("email")}},
			Subject: "The backup of " + meta.AppName + " has failed",
			Text: fmt.Sprintf("Hello,\n\nthe scheduled backup of %s (%s) of %s has failed:\n\n%v\n",
				meta.AppName, meta.AppURL, a.Config.Now().UTC().Format("2006-01-02 15:04 UTC"), failure),
			Collection: r.Collection().ID, Record: r.ID(),
		}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}
