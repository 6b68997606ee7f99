package main

import (
	"context"

	"github.com/loambase/loam/core/record"
)

// report stores the number of members of each team. As a job it runs once a night, on one of the
// servers.
func (s *service) report(ctx context.Context) error {
	counts, err := s.App.SQL().Exec(ctx, `SELECT team, count(*) FROM memberships GROUP BY team`)
	if err != nil {
		return err
	}
	for _, row := range counts.Rows {
		if _, err := s.App.Records().Create(ctx, record.Root(), "reports", record.Input{Body: map[string]any{
			"team": *row[0], "members": *row[1],
		}}); err != nil {
			return err
		}
	}
	return nil
}
