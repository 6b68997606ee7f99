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
	maxOrigins    = 5           // that are stored for a record
	originRefresh = time.Minute // the accuracy of the time of the last sign-in
	maxAgent      = 200         // bytes of a browser's name
)

// origin identifies where a sign-in comes from.
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

// fingerprint returns the stored form of an origin (docs/wire/auth-realtime-system.md §1.13).
func (o origin) fingerprint() string {
	sum := md5.Sum([]byte(o.ip + o.agent))
	return hex.EncodeToString(sum[:])
}

// noteOrigin stores the origin of a sign-in, and mails the owner of the record about a new origin.
// The sign-in does not wait for that, unless very many sign-ins are being processed: an attacker
// cannot suppress an alert by many requests.
func (s *Service) noteOrigin(ctx context.Context, caller record.Caller, r *record.Record) error {
	o := originOf(caller)
	if !r.Collection().Auth.AuthAlert.Enabled || o.ip == "" { // "" is the embedding program
		return nil
	}
	note := func(ctx context.Context) error { return s.keepOrigin(ctx, r, o) }
	if s.reserve() != nil {
		return note(ctx)
	}
	s.later(r, "note of a sign-in", note)
	return nil
}

// keepOrigin does the work of noteOrigin.
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
	// The first sign-in of an account always has a new origin, so its owner gets no alert.
	if len(known) > 0 && r.Text("email") != "" && !s.app.Mails().Off() {
		m := s.mailTo(r.Text("email"), r, mail.LoginAlert, mail.Values{AlertInfo: alertInfo(s.app.Now(), o.ip, o.agent), Accept: o.language})
		if s.app.Mails().Queue(m, nil) != nil {
			return nil // the error is logged; the next sign-in from the origin tries again
		}
	}
	_, err = s.app.Records().Create(ctx, record.Root(), schema.AuthOrigins, record.Input{Body: map[string]any{
		"collectionRef": c.ID, "recordRef": r.ID(), "fingerprint": mark,
	}})
	if fault.KindOf(err) == fault.Invalid { // another sign-in was first, or the record was deleted
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
