package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/loambase/loam/api"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// sign returns the HMAC-SHA256 of a body with the billing secret, in hexadecimal.
func (s *service) sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte(s.billingSecret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// billing handles the webhook of the billing service, which sets the plan of a team. The signature
// is over the raw body, so the whole body is read before it is decoded.
func (s *service) billing(w http.ResponseWriter, r *api.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if s.billingSecret == "" || !hmac.Equal([]byte(r.Header.Get("X-Signature")), []byte(s.sign(body))) {
		return fault.New(fault.Unauthenticated, "The signature is not right.")
	}
	var told struct{ Team, Plan string }
	if err := json.Unmarshal(body, &told); err != nil {
		return fault.Wrap(fault.Invalid, "The body is no JSON.", err)
	}
	_, err = s.App.Records().Update(r.Context(), record.Root(), "teams", told.Team, record.Input{Body: map[string]any{"plan": told.Plan}})
	if err != nil {
		return err
	}
	return api.NoContent(w)
}

// tellPlan adds an event to the outbox in the transaction that changes the plan of a team: both are
// committed, or neither.
func (s *service) tellPlan(e *record.WriteEvent) error {
	if e.Action != record.ActionUpdate || s.webhook == "" || e.Record.Text("plan") == e.Original.Text("plan") {
		return nil
	}
	_, err := e.Records.Create(e.Context, record.Root(), "outbox", record.Input{Body: map[string]any{
		"event": map[string]any{"team": e.Record.ID(), "plan": e.Record.Text("plan")},
	}})
	return err
}

// wakeUp wakes deliver after the commit of an event.
func (s *service) wakeUp(*record.WriteEvent) error {
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return nil
}

// deliver sends the events of the outbox until ctx ends. It retries failed events every minute.
func (s *service) deliver(ctx context.Context) error {
	if s.webhook == "" {
		return nil
	}
	retry := time.NewTicker(time.Minute)
	defer retry.Stop()
	for {
		if err := s.deliverAll(ctx); err != nil && ctx.Err() == nil {
			s.App.Log().Warn("webhooks wait", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-retry.C:
		}
	}
}

// deliverAll sends the events of the outbox one after the other, and deletes each after a 2xx
// answer. An event is sent again if the process ends before the deletion. It returns at the first
// failure; after 20 failures an event is given up.
func (s *service) deliverAll(ctx context.Context) error {
	const most = 20 // attempts to send an event
	for {
		events, err := s.App.Records().Find(ctx, record.Root(), record.Query{Collection: "outbox", Filter: "tries < {:most}", Params: map[string]any{"most": most}, Limit: 1})
		if err != nil || len(events) == 0 {
			return err
		}
		e := events[0]
		if err := s.post(ctx, e.JSON("event")); err != nil {
			tries := e.Int("tries") + 1
			if tries >= most {
				s.App.Log().Error("webhook given up", "event", e.ID(), "error", err)
			}
			_, updated := s.App.Records().Update(ctx, record.Root(), "outbox", e.ID(), record.Input{Body: map[string]any{"tries": tries}})
			if updated != nil {
				return updated
			}
			return err
		}
		if err := s.App.Records().Delete(ctx, record.Root(), "outbox", e.ID()); err != nil {
			return err
		}
	}
}

func (s *service) post(ctx context.Context, event []byte) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.webhook, bytes.NewReader(event))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Signature", s.sign(event))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s answers %s", s.webhook, answer.Status)
	}
	return nil
}
