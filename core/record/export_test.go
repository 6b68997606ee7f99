package record

import (
	"context"
	"strings"
	"time"

	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/internal/budget"
)

// Config returns the configuration of the service, for tests that replace a part of it.
func (s *Service) Config() Config { return s.cfg }

// OtherCaseSQL returns the query for an id that differs from $1 in letter case alone.
func OtherCaseSQL(s *Service, collection string) string {
	return otherCaseSQL(s.cfg.Snapshot().Find(collection))
}

// SetTruncateTime sets the intended duration of a transaction of a truncation.
func SetTruncateTime(s *Service, d time.Duration) { s.truncateTime = d }

// SetPause sets the function that waits when an answer is delayed.
func SetPause(s *Service, pause func(context.Context, time.Duration)) { s.pause = pause }

// Modifiers returns the modifiers of a key that work on the field.
func Modifiers(f *schema.Field) string {
	var list []string
	for m, text := range []string{add: "+", prepend: "prepend", subtract: "-", generate: ":autogenerate"} {
		if modifier(m) != replace && takes(f, modifier(m)) {
			list = append(list, text)
		}
	}
	return strings.Join(list, " ")
}

// Turns are the turns of writes of a server.
type Turns struct{ turns }

// NewTurns returns Turns without any experience of kinds.
func NewTurns() *Turns { return &Turns{*newTurns(50 * time.Millisecond)} }

// Begin waits for the turn of a write of that kind. end ends the write, as if it had taken the
// given time.
func (t *Turns) Begin(ctx context.Context, c budget.Caller, kind uint64) (end func(took time.Duration), err error) {
	lease, err := t.wait(ctx, c, kind)
	return func(took time.Duration) {
		t.learn(kind, time.Now().Add(-took))
		lease.Release()
	}, err
}

// Waiting returns the number of writes that wait.
func (t *Turns) Waiting() int { return t.places.Usage().Waiting }
