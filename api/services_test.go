package api

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/loambase/loam/api/apitest"
	"github.com/loambase/loam/auth"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/pgtest"
	"github.com/loambase/loam/realtime"
)

// TestSignInOfTheProgram signs accounts in with a method of the program. The rules, hooks and
// second factors of all sign-in methods apply.
func TestSignInOfTheProgram(t *testing.T) {
	t.Parallel()
	h, p, _ := ownWithUsers(t, func(e *ServeEvent) {
		e.Route("POST", "/sign-in/{collection}/{id}", func(w http.ResponseWriter, r *Request) error {
			account, err := e.App.Records().FindByID(r.Context(), r.PathValue("collection"), r.PathValue("id"))
			if err != nil {
				return err
			}
			return SignedIn(w)(e.Server.Auth.SignInRecord(r.Context(), r.Caller, account, "ticket", map[string]any{"seat": 7}, auth.Options{}))
		})
	})
	var methods []string
	p.Server().Auth.Hooks().SignIn.BindFunc(func(e *auth.Event) error {
		methods = append(methods, e.Method)
		return nil
	}, "members")
	_, body := apitest.Ask(t, h, "", "POST", "/sign-in/members/account0000memb", "")
	var answer struct {
		Token  string
		Record struct{ ID, Email string }
		Meta   struct{ Seat int }
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Record.ID != "account0000memb" || answer.Record.Email != "ann@example.com" || answer.Meta.Seat != 7 {
		t.Fatalf("the answer is %s, %v", body, err)
	}
	if status, body := apitest.Ask(t, h, answer.Token, "POST", "/api/collections/members/auth-refresh", ""); status != 200 {
		t.Errorf("the token is not refreshed: %d %s", status, body)
	}
	if len(methods) == 0 || methods[0] != "ticket" {
		t.Errorf("the hooks are told of %v", methods)
	}
	if _, err := p.App.Collections().Update(t.Context(), record.Root(), "members", []byte(`{"authRule":"id = 'another'"}`)); err != nil {
		t.Fatal(err)
	}
	if status, body := apitest.Ask(t, h, "", "POST", "/sign-in/members/account0000memb", ""); status != 403 {
		t.Errorf("against the authRule: %d %s", status, body)
	}
	if _, err := p.App.Collections().Update(t.Context(), record.Root(), "staff", []byte(`{"otp":{"enabled":true},"mfa":{"enabled":true}}`)); err != nil {
		t.Fatal(err)
	}
	if status, body := apitest.Ask(t, h, "", "POST", "/sign-in/staff/account0000staf", ""); status != 401 || !strings.HasPrefix(body, `{"mfaId":"`) {
		t.Errorf("with a second factor: %d %s", status, body)
	}
	coretest.Collection(t, p.App, `{"name":"notes"}`)
	note := coretest.Record(t, p.App, "notes", nil)
	if _, err := p.Server().Auth.SignInRecord(t.Context(), record.Caller{}, note, "ticket", nil, auth.Options{}); err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("a note signs in: %v", err)
	}
}

// TestSend sends a message to the clients that have subscribed to a topic of the program.
func TestSend(t *testing.T) {
	t.Parallel()
	server, listener := startServer(t, &Program{})
	defer server.Close()
	address := listener.Addr().String()
	res, err := (&http.Client{Transport: &http.Transport{}}).Get("http://" + address + "/api/realtime")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	if sent, err := server.Realtime.Send("@prices", 1, nil); sent != 0 || err != nil {
		t.Errorf("before anybody has subscribed: %d, %v", sent, err)
	}
	subscribeEvents(t, address, lines, "@prices")
	if sent, err := server.Realtime.Send("@other", 1, nil); sent != 0 || err != nil {
		t.Errorf("to another topic: %d, %v", sent, err)
	}
	if sent, err := server.Realtime.Send("@prices", 2, func(_, account string) bool { return account != "" }); sent != 0 || err != nil {
		t.Errorf("to accounts: %d, %v", sent, err)
	}
	if sent, err := server.Realtime.Send("@prices", map[string]int{"gold": 3}, func(client, account string) bool { return client != "" && account == "" }); sent != 1 || err != nil {
		t.Errorf("to the client: %d, %v", sent, err)
	}
	var event string
	for !strings.HasPrefix(event, "data:") {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "event:") && line != "event:@prices\n" {
			t.Errorf("the event is %q", line)
		}
		event = line
	}
	if event != "data:{\"gold\":3}\n" {
		t.Errorf("the message is %q", event)
	}
	for _, topic := range []string{"", "@", "prices", "notes/*", "@oauth2"} {
		if _, err := server.Realtime.Send(topic, 1, nil); !errors.Is(err, realtime.ErrTopic) {
			t.Errorf("Send to %q = %v", topic, err)
		}
	}
	if _, err := server.Realtime.Send("@x", func() {}, nil); err == nil {
		t.Error("a function is sent")
	}
}

// TestSendOnTwoNodes sends messages to a topic and to a channel from one server, and receives them
// as clients of another server on the same database.
func TestSendOnTwoNodes(t *testing.T) {
	t.Parallel()
	db := pgtest.URL(t)
	start := func() (*Server, string) {
		p, listener := &Program{App: core.New(core.Config{Dir: t.TempDir(), DB: db})}, listen(t)
		if err := p.Server().Start(t.Context(), listener); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Server().Close() })
		return p.Server(), listener.Addr().String()
	}
	one, _ := start()
	const channels = `{"realtime":{"channels":[{"pattern":"room:*","joinRule":""}]}}`
	if _, err := one.App.Settings().Patch(t.Context(), record.Root(), []byte(channels)); err != nil {
		t.Fatal(err)
	}
	_, address := start()
	res, err := (&http.Client{Transport: &http.Transport{}}).Get("http://" + address + "/api/realtime")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	subscribeEvents(t, address, lines, "@prices")
	conn, _, _, err := dialSocket(address, "")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"join","id":"1","channel":"room:1"}`)); err != nil {
		t.Fatal(err)
	}
	if _, answer, err := conn.ReadMessage(); err != nil || !strings.Contains(string(answer), `"ok"`) {
		t.Fatalf("join = %s, %v", answer, err)
	}
	told := make(chan string, 2)
	go func() {
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return // the test has ended
			}
			if strings.HasPrefix(line, "data:") {
				told <- line
				return
			}
		}
	}()
	go func() {
		if _, message, err := conn.ReadMessage(); err == nil {
			told <- string(message)
		}
	}()
	// A server begins to receive messages of other servers shortly after its start, so the first
	// messages may be lost.
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	got := map[string]bool{}
	for len(got) < 2 {
		if sent, err := one.Realtime.Send("@prices", 3, nil); sent != 0 || err != nil {
			t.Fatalf("Send = %d, %v", sent, err)
		}
		if err := one.Channels.Send(t.Context(), "room:1", "price", 3); err != nil {
			t.Fatal(err)
		}
		select {
		case message := <-told:
			got[message] = true
		case <-tick.C:
		}
	}
	for _, want := range []string{"data:3\n", `{"type":"channel","channel":"room:1","event":"price","payload":3,"from":{"peer":"","auth":null}}`} {
		if !got[want] {
			t.Errorf("the clients have received %v, want %s", got, want)
		}
	}
}
