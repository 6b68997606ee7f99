package settings

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/core/job"
)

// maxTimes is the number of times in the preview of a cron expression.
const maxTimes = 3

// previewCron answers with the next times of a cron expression, or with the error in it. The
// parameter "of" holds the name of the parameter with the expression.
func previewCron(c *console.Call) error {
	query := c.R.URL.Query()
	expression := query.Get(query.Get("of"))
	if expression == "" {
		return c.Part(cronNever("Never."))
	}
	schedule, err := job.ParseSchedule(expression)
	if err != nil {
		return c.Part(cronNever(reasonOf(err)))
	}
	times := nextTimes(schedule, c.App.Config.Now())
	if len(times) == 0 {
		return c.Part(cronNever("No date fits this expression."))
	}
	return c.Part(cronTimes(times))
}

// nextTimes returns the next maxTimes times of a schedule, in UTC; fewer if the schedule ends.
func nextTimes(s job.Schedule, from time.Time) (list []time.Time) {
	for at := s.Next(from); !at.IsZero() && len(list) < maxTimes; at = s.Next(at) {
		list = append(list, at)
	}
	return list
}

// reasonOf returns the reason of an error as a sentence.
func reasonOf(err error) string {
	problems, err := console.Problems(err)
	if err != nil {
		return "This is no cron expression."
	}
	return strings.Join(slices.Sorted(maps.Values(problems)), " ")
}
