package auth

import (
	"context"
	"fmt"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/job"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

// cleanupBatch is the number of rows that are deleted in one transaction, while other writes wait.
const cleanupBatch = 100

// addJobs adds the jobs that delete rows which can no longer be used. They replace the jobs of
// another Service on the app, which do the same.
func (s *Service) addJobs() {
	for _, j := range []job.Job{
		{ID: "__pbMFACleanup__", Run: func(ctx context.Context) error {
			return s.deleteExpired(ctx, schema.MFAs, func(o *schema.AuthOptions) int64 { return o.MFA.Duration })
		}},
		{ID: "__pbOTPCleanup__", Run: func(ctx context.Context) error {
			return s.deleteExpired(ctx, schema.OTPs, func(o *schema.AuthOptions) int64 { return o.OTP.Duration })
		}},
	} {
		j.Expression = "0 * * * *"
		s.app.Jobs().Remove(j.ID)
		if err := s.app.Jobs().AddJob(j); err != nil {
			panic(err) // there is a mistake in the table
		}
	}
}

// deleteExpired deletes the rows of the table that are older than the collection of their account
// allows. duration returns that age in seconds.
func (s *Service) deleteExpired(ctx context.Context, table string, duration func(*schema.AuthOptions) int64) error {
	for _, c := range s.app.Snapshot().All() {
		if !c.IsAuth() {
			continue
		}
		if err := s.deleteExpiredOf(ctx, table, c, duration(c.Auth)); err != nil {
			return fmt.Errorf("delete from %s what has expired of %s: %w", table, c.Name, err)
		}
	}
	return nil
}

func (s *Service) deleteExpiredOf(ctx context.Context, table string, c *schema.Collection, duration int64) error {
	end := s.app.Now().Add(-seconds(duration))
	for last := ""; ; { // so that a row that a hook keeps is not read twice
		expired, err := s.app.Records().Find(ctx, record.Root(), record.Query{
			Collection: table, Filter: "collectionRef = {:collection} && created <= {:end} && id > {:last}", Sort: "id", Limit: cleanupBatch,
			Params: map[string]any{"collection": c.ID, "end": end, "last": last},
		})
		if err != nil || len(expired) == 0 {
			return err
		}
		err = s.app.Transaction(ctx, func(tx *core.Tx) error {
			for _, r := range expired {
				if err := ignoreGone(tx.Records.Delete(tx.Context, record.Root(), table, r.ID())); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		last = expired[len(expired)-1].ID()
	}
}
