package follow

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// message is a message of a WebSocket.
type message struct {
	Type  string
	Code  string
	Sub   string
	Items []row
	More  bool
	TxEnd bool
	Token string
	change
}

// socket runs one connection by WebSocket, which ends at random, or with an error.
func (s *subscriber) socket(ctx context.Context) error {
	dialer := websocket.Dialer{Subprotocols: []string{"loam.v1"}, HandshakeTimeout: 10 * time.Second}
	conn, _, err := dialer.DialContext(ctx, strings.Replace(s.URL(), "http", "ws", 1)+"/api/realtime/ws", nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	// When the writers have ended, connections last, since no further message would reveal a
	// missing one.
	cut := time.AfterFunc(s.stay(), func() {
		select {
		case <-s.field.ended:
		default:
			conn.Close()
		}
	})
	defer cut.Stop()
	return s.read(ctx, conn)
}

// read subscribes, and applies the messages of a transaction when all of them have come.
func (s *subscriber) read(ctx context.Context, conn *websocket.Conn) error {
	if err := s.subscribe(conn); err != nil {
		return err
	}
	woken := make(chan struct{})
	defer close(woken)
	go func() {
		select {
		case <-s.field.ended: // an answer wakes the reader, which checks whether the rows are right
			_ = conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"ping"}`))
		case <-woken:
		}
	}()
	var pending []change
	for {
		_, text, err := conn.ReadMessage()
		if err != nil {
			return err
		}
		var m message
		if err := json.Unmarshal(text, &m); err != nil {
			return err
		}
		switch m.Type {
		case "error":
			s.result.wrong("%s: %s", s.name, text)
			return fmt.Errorf("%s", text)
		case "snapshot":
			if !s.known {
				s.show(nil)
			}
			s.add(m.Items)
			if s.known = !m.More; s.known {
				s.advance(m.Token)
			}
		case "reset":
			s.known, pending = false, nil
			atomic.AddInt64(&s.result.Resets, 1)
			if s.limit == 0 { // a live query gets a state without asking
				return fmt.Errorf("reset")
			}
		case "event":
			if pending = append(pending, m.change); m.Token != "" {
				for _, c := range pending {
					s.apply(c)
				}
				pending = nil
				s.advance(m.Token)
			}
		}
		if over, err := s.isOver(ctx); err != nil {
			return err
		} else if over {
			return errShown
		}
	}
}

// subscribe signs in and requests the missed changes, or a state.
func (s *subscriber) subscribe(conn *websocket.Conn) error {
	if s.as.token != "" {
		if err := conn.WriteJSON(map[string]any{"type": "auth", "token": s.as.token}); err != nil {
			return err
		}
	}
	ask := map[string]any{"type": "subscribe", "topic": s.collection + "/*", "filter": s.filter, "fields": "id,v"}
	switch {
	case s.limit > 0:
		ask["sort"], ask["limit"] = s.sort, s.limit
		s.known = false
	case s.known:
		ask["since"] = s.token
	default:
		ask["snapshot"] = true
	}
	return conn.WriteJSON(ask)
}

// advance stores the token of the last transaction.
func (s *subscriber) advance(token string) {
	if old, now := number(s.token), number(token); now < old && s.limit == 0 {
		s.result.wrong("%s: token %s came after %s", s.name, token, s.token)
	}
	s.token = token
}

// number returns the transaction of a token.
func number(token string) int {
	_, text, _ := strings.Cut(token, ".")
	text, _, _ = strings.Cut(text, "+")
	n, _ := strconv.Atoi(text)
	return n
}
