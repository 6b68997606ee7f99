package auth

import (
	"context"
	"crypto/md5" //nolint:gosec // Wire: a name for an origin, no secret
	"encoding/hex"
	"time"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/mail"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/core/schema"
)

const (
	maxOrigins    = 5           // that are kept of a record
	originRefresh = time.Minute // how exactly the time of the last sign-in is known
	maxAgent      = 200         // bytes of a browser's name
)

// origin is where a sign-in comes from.
type origin struct{ ip, agent, language string }

func originOf(caller record.Caller) origin {
	o := origin{ip: caller.IP, language: acceptOf(caller)}
	if agents := caller.Headers["User-Agent"]; len(agents) > 0 {
		if o.agent = agents[0]; len(o.agent) > maxAgent {
			o.agent = o.agent[:maxAgent] + "..."
		}
	}
	return o
}

// fingerprint is what is kept of an origin (docs/wire/auth-realtime-system.md §1.13).
func (o origin) fingerprint() string {
	sum := md5.Sum([]byte(o.ip + o.agent))
	return hex.EncodeToString(sum[:])
}

// noteOrigin remembers where the record has signed in from, and mails its owner about an
// origin that is new. The sign-in does not wait for it, unless very much is under way:
// nobody can keep an alert from being sent by making many requests.
func (s *Service) noteOrigin(ctx context.Context, caller record.Caller, r *record.Record) error {
	o := originOf(caller)
	if !r.Collection().Auth.AuthAlert.Enabled || o.ip == "" { // "" is the program itself
		return nil
	}
	note := func(ctx context.Context) error { return s.keepOrigin(ctx, r, o) }
	if s.reserve() != nil {
		return note(ctx)
	}
	s.later(r, "note of a sign-in", note)
	return nil
}

// keepOrigin is noteOrigin at once.
func (s *Service) keepOrigin(ctx context.Context, r *record.Record, o origin) error {
	c, mark := r.Collection(), o.fingerprint()
	known, err := s.app.Records().Find(ctx, record.Root(), record.Query{
		Collection: schema.AuthOrigins, Filter: "collectionRef = {:collection} && recordRef = {:record}",
		Params: map[string]any{"collection": c.ID, "record": r.ID()}, Sort: "created",
	})
	if err != nil {
		return err
	}
	for _, k := range known {
		if k.Text("fingerprint") != mark {
			continue
		}
		if s.app.Now().Sub(k.Time("updated")) < originRefresh {
			return nil
		}
		_, err := s.app.Records().Update(ctx, record.Root(), schema.AuthOrigins, k.ID(), record.Input{Body: map[string]any{"fingerprint": mark}})
		return ignoreGone(err)
	}
	// The first sign-in of all is from somewhere new, and no news to its owner.
	if len(known) > 0 && r.Text("email") != "" && !s.app.Mails().Off() {
		m := s.mailTo(r.Text("email"), r, mail.LoginAlert, mail.Values{AlertInfo: alertInfo(s.app.Now(), o.ip, o.agent), Accept: o.language})
		if s.app.Mails().Queue(m, nil) != nil {
			return nil // which is logged; the next sign-in from there tries again
		}
	}
	_, err = s.app.Records().Create(ctx, record.Root(), schema.AuthOrigins, record.Input{Body: map[string]any{
		"collectionRef": c.ID, "recordRef": r.ID(), "fingerprint": mark,
	}})
	if fault.KindOf(err) == fault.Invalid { // another sign-in was faster, or the record is gone
		return nil
	}
	if err != nil {
		return err
	}
	for len(known) >= maxOrigins {
		if err := s.app.Records().Delete(ctx, record.Root(), schema.AuthOrigins, known[0].ID()); ignoreGone(err) != nil {
			return err
		}
		known = known[1:]
	}
	return nil
}
