package follow

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// events runs one connection by server-sent events, which ends at random, or with an error. The
// protocol cannot resume: each connection reads the list after it has subscribed.
func (s *subscriber) events(ctx context.Context) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	cut := time.AfterFunc(s.stay(), func() {
		select {
		case <-s.field.ended:
		default:
			end()
		}
	})
	defer cut.Stop()
	at := s.URL()
	r, err := http.NewRequestWithContext(ctx, "GET", at+"/api/realtime", nil)
	if err != nil {
		return err
	}
	res, err := (&http.Client{Transport: s.client.Transport}).Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	told := make(chan change, 100)
	failed := make(chan error, 1)
	go func() {
		failed <- s.hear(ctx, bufio.NewReader(res.Body), told)
		close(told)
	}()
	if err := s.begin(ctx, at, told, failed); err != nil {
		return err
	}
	return s.keep(ctx, told, failed)
}

// hear reads the stream and passes on its messages: first the id of the client, then changes.
func (s *subscriber) hear(ctx context.Context, in *bufio.Reader, told chan<- change) error {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		data, ok := strings.CutPrefix(line, "data:")
		if !ok {
			continue
		}
		var m struct {
			change
			ClientID string
		}
		if err := json.Unmarshal([]byte(data), &m); err != nil {
			return err
		}
		if m.ClientID != "" {
			m.ID = m.ClientID
		}
		select {
		case told <- m.change:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// begin subscribes and reads the list.
func (s *subscriber) begin(ctx context.Context, at string, told <-chan change, failed <-chan error) error {
	hello, ok := <-told
	if !ok {
		return <-failed
	}
	body := fmt.Sprintf(`{"clientId":%q,"subscriptions":["%s/*"]}`, hello.ID, s.collection)
	if err := s.askAt(ctx, at, "POST", "/api/realtime", s.as, body, nil); err != nil {
		return err
	}
	rows, err := s.list(ctx, s.as, s.query)
	if err != nil {
		return err
	}
	s.show(rows)
	clear(s.last) // the next changes may be older than the list
	s.known = true
	return nil
}

// keep applies changes.
func (s *subscriber) keep(ctx context.Context, told <-chan change, failed <-chan error) error {
	ended := s.field.ended
	for {
		select {
		case c, ok := <-told:
			if !ok {
				return <-failed
			}
			s.apply(c)
		case <-ended:
			ended = nil
		}
		if over, err := s.isOver(ctx); err != nil {
			return err
		} else if over {
			return errShown
		}
	}
}
