package channel_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/change"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/realtime"
	"github.com/loambase/loam/realtime/channel"
)

// bed is an app with rooms.
type bed struct {
	*core.App
	t     *testing.T
	rooms *channel.Rooms
}

func newBed(t *testing.T, channels string) *bed {
	t.Helper()
	app := core.New(core.Config{})
	b := &bed{App: app, t: t, rooms: channel.New(app)}
	coretest.Start(t, app)
	b.fill(channels)
	return b
}

// newStillBed is newBed with an app that does not serve, so members are judged only by JudgeNow.
func newStillBed(t *testing.T, channels string) *bed {
	t.Helper()
	app := core.New(core.Config{Dir: t.TempDir(), DB: coretest.DB(t)})
	b := &bed{App: app, t: t, rooms: channel.New(app)}
	if err := app.Open(t.Context(), core.Tool); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.Close() })
	b.fill(channels)
	return b
}

func (b *bed) fill(channels string) {
	b.t.Helper()
	coretest.Collection(b.t, b.App, `{"name":"members","fields":[{"name":"room","type":"text"},{"name":"user","type":"text"}]}`)
	b.configure(channels)
}

func (b *bed) configure(channels string) {
	b.t.Helper()
	if _, err := b.Settings().Patch(b.t.Context(), coretest.Root(), []byte(`{"realtime":{"channels":`+channels+`}}`)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bed) user(name string) *record.Record {
	b.t.Helper()
	return coretest.Record(b.t, b.App, "users", map[string]any{"email": name + "@example.com", "name": name, "password": "some words", "passwordConfirm": "some words"})
}

// peer is a connection that records its messages.
type peer struct {
	*channel.Peer
	b      *bed
	id     string
	mu     sync.Mutex
	auth   *record.Record
	said   []string
	notify chan struct{}
}

func (b *bed) peer(id string, auth *record.Record) *peer {
	p := &peer{b: b, id: id, auth: auth, notify: make(chan struct{}, 1)}
	p.Peer = b.rooms.Peer(id, p)
	b.t.Cleanup(func() { b.rooms.End(p.Peer) })
	return p
}

func (p *peer) Caller() record.Caller {
	p.mu.Lock()
	defer p.mu.Unlock()
	return record.Caller{Auth: p.auth, Context: "realtime"}
}

func (p *peer) Tell(message []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = append(p.said, string(message))
	select {
	case p.notify <- struct{}{}:
	default:
	}
}

// become changes the account of the peer.
func (p *peer) become(auth *record.Record) {
	p.mu.Lock()
	p.auth = auth
	p.mu.Unlock()
	p.b.rooms.Identified(p.Peer)
}

func (p *peer) join(name, state string) error {
	return p.b.rooms.Join(p.b.t.Context(), p.Peer, name, json.RawMessage(state), []byte("joined"))
}

func (p *peer) send(name, event, payload string) error {
	return p.b.rooms.Broadcast(p.b.t.Context(), p.Peer, channel.Broadcast{Channel: name, Event: event, Payload: json.RawMessage(payload)})
}

// hears waits for a message that contains all parts.
func (p *peer) hears(parts ...string) {
	p.b.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		p.mu.Lock()
		for _, m := range p.said {
			missing := 0
			for _, part := range parts {
				if !strings.Contains(m, part) {
					missing++
				}
			}
			if missing == 0 {
				p.mu.Unlock()
				return
			}
		}
		said := strings.Join(p.said, "\n")
		p.mu.Unlock()
		select {
		case <-p.notify:
		case <-deadline:
			p.b.t.Fatalf("%s never heard %q, but:\n%s", p.id, parts, said)
		}
	}
}

func (p *peer) heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.said...)
}

func kind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if fault.KindOf(err) != want || err == nil {
		t.Errorf("error %v, want kind %v", err, want)
	}
}

const open = `[{"pattern":"room:*","joinRule":"","sendRule":"@request.auth.id != ''","presence":true,"history":2}]`

func TestRooms(t *testing.T) {
	t.Parallel()
	b := newBed(t, open)
	ann, bob := b.user("ann"), b.user("bob")
	a, o, g := b.peer("a", ann), b.peer("b", bob), b.peer("g", nil)
	for _, p := range []*peer{a, o, g} {
		if err := p.join("room:1", `{"name":"`+p.id+`"}`); err != nil {
			t.Fatal(err)
		}
	}
	if got := g.heard(); got[0] != "joined" || !strings.Contains(got[1], `"event":"presence","state":{`) || strings.Count(got[1], `"auth":`) != 3 {
		t.Errorf("who joins hears %q", got)
	}
	a.hears("presence_diff", `"g":{"auth":null,"state":{"name":"g"}}`)
	for i := range 3 {
		if err := a.send("room:1", "say", fmt.Sprintf(`{"n":%d}`, i)); err != nil {
			t.Fatal(err)
		}
	}
	o.hears(fmt.Sprintf(`{"type":"channel","channel":"room:1","event":"say","payload":{"n":2},"from":{"peer":"a","auth":"users/%s"}}`, ann.ID()))
	for _, m := range a.heard() {
		if strings.Contains(m, `"say"`) {
			t.Errorf("the sender heard %s", m)
		}
	}
	if err := b.rooms.Broadcast(t.Context(), a.Peer, channel.Broadcast{Channel: "room:1", Event: "echo", Self: true}); err != nil {
		t.Fatal(err)
	}
	a.hears(`"echo","payload":null`)

	late := b.peer("late", ann)
	if err := late.join("room:1", ""); err != nil {
		t.Fatal(err)
	}
	said := late.heard()
	if len(said) < 4 || !strings.Contains(said[2], `{"n":2}`) || !strings.Contains(said[3], "echo") {
		t.Errorf("who comes late hears %q", said)
	}
	if err := b.rooms.Present(o.Peer, "room:1", json.RawMessage(`{"away":true}`)); err != nil {
		t.Fatal(err)
	}
	a.hears("presence_diff", `"b":{"auth":"users/`+bob.ID()+`","state":{"away":true}}`)
	if err := b.rooms.Leave(o.Peer, "room:1"); err != nil {
		t.Fatal(err)
	}
	a.hears(`"leaves":{"b":{}}`)
	b.rooms.End(g.Peer)
	a.hears(`"leaves":{"g":{}}`)
	if err := g.join("room:1", ""); err == nil {
		t.Error("a peer that has ended joins")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := newBed(t, `[{"pattern":"room:*","joinRule":"","sendRule":null},{"pattern":"quiet:**","joinRule":"@request.auth.id != ''","sendRule":""}]`)
	ann := b.user("ann")
	a, g := b.peer("a", ann), b.peer("g", nil)
	for _, name := range []string{"", "room 1", "room:\u00e4", strings.Repeat("x", 201), "\x00"} {
		kind(t, g.join(name, ""), fault.Invalid)
	}
	for _, name := range []string{"other", "room:", "room:1:2", "room", "quiet:1", "quiet:1:2"} {
		kind(t, g.join(name, ""), fault.Forbidden)
	}
	for _, name := range []string{"quiet:1", "quiet:1:2:3"} {
		if err := a.join(name, ""); err != nil {
			t.Errorf("join %s: %v", name, err)
		}
	}
	kind(t, a.join("quiet:", ""), fault.Forbidden)
	kind(t, a.join("quiet:1", `[1]`), fault.Invalid)
	kind(t, a.join("quiet:1", `{"x":"`+strings.Repeat("x", 5000)+`"}`), fault.TooLarge)
	kind(t, b.rooms.Present(a.Peer, "quiet:1", json.RawMessage(`{}`)), fault.Invalid) // without presence
	kind(t, b.rooms.Present(a.Peer, "room:1", json.RawMessage(`{}`)), fault.NotFound)
	kind(t, b.rooms.Leave(a.Peer, "room:1"), fault.NotFound)
	kind(t, a.send("room:1", "x", "1"), fault.NotFound)
	if err := g.join("room:1", ""); err != nil {
		t.Fatal(err)
	}
	kind(t, g.send("room:1", "x", "1"), fault.Forbidden)
	for _, event := range []string{"", "presence", "presence_diff", "left", strings.Repeat("x", 101)} {
		kind(t, a.send("quiet:1", event, "1"), fault.Invalid)
	}
	kind(t, a.send("quiet:1", "x", `"`+strings.Repeat("x", 33<<10)+`"`), fault.TooLarge)
	if _, err := b.Settings().Patch(t.Context(), coretest.Root(), []byte(`{"realtime":{"maxChannels":1}}`)); err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{`"room = 'x'"`, `"@channel.2 = ''"`, `"@collection.gone.x = 1"`, `"("`} {
		_, err := b.Settings().Patch(t.Context(), coretest.Root(), []byte(`{"realtime":{"channels":[{"pattern":"x:*","joinRule":`+rule+`}]}}`))
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("the rule %s: %v", rule, err)
		}
	}
	var limit *realtime.LimitError
	if err := g.join("room:2", ""); !errors.As(err, &limit) || limit.Code != "too_many_channels" {
		t.Errorf("one channel too many: %v", err)
	}
}

// TestRulesAreJudgedAgain: a member that the join rule no longer admits is removed, whatever has
// changed.
func TestRulesAreJudgedAgain(t *testing.T) {
	t.Parallel()
	const rules = `[{"pattern":"room:*","joinRule":"@collection.members.room ?= @channel.1 && @collection.members.user ?= @request.auth.id","sendRule":"","presence":true},
		{"pattern":"named:*","joinRule":"@request.auth.name = @channel.1","sendRule":""}]`
	b := newBed(t, rules)
	ann, bob := b.user("ann"), b.user("bob")
	hers := coretest.Record(t, b.App, "members", map[string]any{"room": "1", "user": ann.ID()})
	for _, room := range []string{"1", "2"} {
		coretest.Record(t, b.App, "members", map[string]any{"room": room, "user": bob.ID()})
	}
	left := func(p *peer, name string) {
		t.Helper()
		p.hears(`{"type":"channel","channel":"` + name + `","event":"left","reason":"forbidden"}`)
		kind(t, p.send(name, "x", "1"), fault.NotFound)
	}
	a, o := b.peer("a", ann), b.peer("b", bob)
	for _, err := range []error{a.join("room:1", ""), o.join("room:1", ""), a.join("named:ann", ""), o.join("room:2", "")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Records().Delete(t.Context(), coretest.Root(), "members", hers.ID()); err != nil {
		t.Fatal(err)
	}
	left(a, "room:1")
	o.hears(`"leaves":{"a":{}}`)
	if _, err := b.Records().Update(t.Context(), coretest.Root(), "users", ann.ID(), record.Input{Body: map[string]any{"name": "anna"}}); err != nil {
		t.Fatal(err)
	}
	left(a, "named:ann")
	o.become(nil)
	left(o, "room:1")
	left(o, "room:2")
	o.become(bob)
	o.mu.Lock()
	o.said = nil
	o.mu.Unlock()
	if err := o.join("room:2", ""); err != nil {
		t.Fatal(err)
	}
	b.configure(`[]`)
	left(o, "room:2")
}

// TestGrace: a lost connection is shown until its grace period is over.
func TestGrace(t *testing.T) {
	t.Parallel()
	b := newBed(t, `[{"pattern":"*","joinRule":"","sendRule":"","presence":true,"graceSeconds":1}]`)
	watcher, page := b.peer("w", nil), b.peer("p1", nil)
	for _, p := range []*peer{watcher, page} {
		if err := p.join("x", ""); err != nil {
			t.Fatal(err)
		}
	}
	lost := time.Now()
	b.rooms.End(page.Peer)
	again := b.peer("p2", nil)
	if err := again.join("x", ""); err != nil {
		t.Fatal(err)
	}
	watcher.hears("presence_diff", `"p2":{"auth":null`)
	watcher.hears(`"leaves":{"p1":{}}`)
	if after := time.Since(lost); after < time.Second {
		t.Errorf("gone after %v, before the grace is over", after)
	}
}

// TestManyMembers: beyond a thousand members only their number is sent, at most ten times a second.
func TestManyMembers(t *testing.T) {
	t.Parallel()
	b := newBed(t, `[{"pattern":"*","joinRule":"","sendRule":"","presence":true}]`)
	first := b.peer("first", nil)
	if err := first.join("x", ""); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for i := range 1000 {
		if err := b.peer(fmt.Sprint("p", i), nil).join("x", ""); err != nil {
			t.Fatal(err)
		}
	}
	first.hears(`"event":"presence_diff","count":1001`)
	if n, most := len(first.heard()), 4+int(time.Since(began)/(100*time.Millisecond)); n > most {
		t.Errorf("told %d times, want %d at most", n, most)
	}
}

// TestHistoryIsBounded: the histories of rooms without members are bounded.
func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	b := newBed(t, `[{"pattern":"*","joinRule":"","sendRule":"","history":100}]`)
	large := `"` + strings.Repeat("x", 30<<10) + `"`
	for room := range 150 { // of 240 kB each, a third more than the limit
		p := b.peer(fmt.Sprint("p", room), nil)
		name := fmt.Sprint("r", room)
		if err := p.join(name, ""); err != nil {
			t.Fatal(err)
		}
		for range 9 {
			if err := p.send(name, "e", large); err != nil {
				t.Fatal(err)
			}
		}
		b.rooms.End(p.Peer)
	}
	told := func(room int) int {
		p := b.peer("late", nil)
		if err := p.join(fmt.Sprint("r", room), ""); err != nil {
			t.Fatal(err)
		}
		defer b.rooms.End(p.Peer)
		return len(p.heard()) - 1
	}
	if n := told(149); n != 8 {
		t.Errorf("the last room tells of %d messages, want what fits in 256 KiB", n)
	}
	if n := told(0); n != 0 {
		t.Errorf("the first room still tells of %d messages", n)
	}
}

// TestHistoryOfChangedSettings checks that changed settings trim the history of rooms with members
// and of idle rooms.
func TestHistoryOfChangedSettings(t *testing.T) {
	t.Parallel()
	pattern := func(history int) string {
		return fmt.Sprintf(`[{"pattern":"*","joinRule":"","sendRule":"","history":%d}]`, history)
	}
	b := newStillBed(t, pattern(3))
	inside := b.peer("inside", nil)
	for _, p := range []*peer{inside, b.peer("outside", nil)} {
		if err := p.join(p.id, ""); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := p.send(p.id, "e", `"x"`); err != nil {
				t.Fatal(err)
			}
		}
		if p != inside {
			b.rooms.End(p.Peer)
		}
	}
	if got := b.rooms.Kept("inside", "outside"); !slices.Equal(got, []int{3, 3}) {
		t.Fatalf("the rooms keep %v messages", got)
	}
	for _, tt := range []struct{ history, kept int }{{2, 2}, {0, 0}, {3, 0}} {
		b.configure(pattern(tt.history))
		b.rooms.JudgeNow(t.Context())
		if got := b.rooms.Kept("inside", "outside"); !slices.Equal(got, []int{tt.kept, tt.kept}) {
			t.Errorf("with a history of %d the rooms keep %v messages, want %d", tt.history, got, tt.kept)
		}
	}
}

// TestDoubts checks that only changes that a join rule may read are collected, and no changes while
// no channel has members.
func TestDoubts(t *testing.T) {
	t.Parallel()
	b := newStillBed(t, `[{"pattern":"open","joinRule":"","sendRule":""},{"pattern":"room:*","joinRule":"@collection.members.user ?= @request.auth.id","sendRule":""}]`)
	coretest.Collection(t, b.App, `{"name":"posts","fields":[{"name":"text","type":"text"}]}`)
	ann := b.user("ann")
	member := map[string]any{"user": ann.ID()}
	coretest.Record(t, b.App, "members", member)
	counted := func(what string, want bool, write func()) {
		t.Helper()
		before := b.rooms.Doubts()
		if write(); b.rooms.Doubts() > before != want {
			t.Errorf("%s: collected %v, want %v", what, !want, want)
		}
	}
	post := func() { coretest.Record(t, b.App, "posts", map[string]any{"text": "x"}) }
	join := func() { coretest.Record(t, b.App, "members", member) }
	rename := func() {
		if _, err := b.Records().Update(t.Context(), coretest.Root(), "users", ann.ID(), record.Input{Body: map[string]any{"name": "x"}}); err != nil {
			t.Fatal(err)
		}
	}
	enter := func(id, name string) *peer {
		p := b.peer(id, ann)
		if err := p.join(name, ""); err != nil {
			t.Fatal(err)
		}
		return p
	}
	counted("nobody is in a channel, an account changes", false, rename)
	counted("nobody is in a channel, a membership changes", false, join)
	first := enter("first", "open")
	counted("a channel for everyone, a membership changes", false, join)
	counted("a channel for everyone, an account changes", true, rename)
	second, third := enter("second", "room:1"), enter("third", "room:2")
	counted("a channel for members, a membership changes", true, join)
	counted("a channel for members, a post is written", false, post)
	b.rooms.End(second.Peer)
	counted("one channel for members is left, a membership changes", true, join)
	b.rooms.End(third.Peer)
	counted("no channel for members is left, a membership changes", false, join)
	b.rooms.End(first.Peer)
	counted("no channel is left, an account changes", false, rename)
}

// BenchmarkCommit measures the time that channels add to the commit of a record that no join rule
// reads: without members, and with 1,000 members in 100 channels.
func BenchmarkCommit(b *testing.B) {
	app := core.New(core.Config{})
	rooms := channel.New(app)
	coretest.Start(b, app)
	posts := coretest.Collection(b, app, `{"name":"posts","fields":[{"name":"text","type":"text"}]}`)
	if _, err := app.Settings().Patch(b.Context(), coretest.Root(), []byte(`{"realtime":{"channels":[{"pattern":"room:*","joinRule":"","sendRule":""}]}}`)); err != nil {
		b.Fatal(err)
	}
	commit := []change.Change{{Kind: change.Record, Collection: posts.ID, Record: "x", Action: change.Create}}
	measure := func(b *testing.B) {
		for b.Loop() {
			rooms.Committed(commit)
		}
	}
	b.Run("nobody", measure)
	for i := range 1000 {
		p := &peer{id: fmt.Sprint("p", i), notify: make(chan struct{}, 1)}
		p.Peer = rooms.Peer(p.id, p)
		defer rooms.End(p.Peer)
		if err := rooms.Join(b.Context(), p.Peer, fmt.Sprint("room:", i%100), nil, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("joined", measure)
}

func TestHooks(t *testing.T) {
	t.Parallel()
	b := newBed(t, `[{"pattern":"room:*","joinRule":"","sendRule":"","presence":true}]`)
	hooks := b.rooms.Hooks()
	hooks.Join.BindFunc(func(e *channel.JoinEvent) error {
		if e.Channel == "room:full" {
			return fault.New(fault.Forbidden, "The room is full.")
		}
		e.State = json.RawMessage(`{"seat":"` + e.Peer + `"}`)
		return nil
	})
	hooks.Broadcast.BindFunc(func(e *channel.BroadcastEvent) error {
		switch string(e.Message.Payload) {
		case `"rude"`:
			return fault.New(fault.Forbidden, "Be kind.")
		case `"broken"`:
			e.Message.Payload = json.RawMessage(`{`)
		case `"elsewhere"`:
			e.Message.Channel = "room:2"
		default:
			e.Message.Payload = json.RawMessage(`"polite"`)
		}
		return nil
	})
	left := make(chan string, 10)
	hooks.Leave.BindFunc(func(e *channel.LeaveEvent) error {
		left <- fmt.Sprint(e.Peer, " ", e.Channel, " ", e.Reason)
		return nil
	})
	one, two := b.peer("one", nil), b.peer("two", nil)
	for _, p := range []*peer{one, two} {
		if err := p.join("room:1", ""); err != nil {
			t.Fatal(err)
		}
	}
	two.hears(`"presence"`, `{"seat":"one"}`)
	if err := one.join("room:full", ""); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a hook refuses a join: %v", err)
	}
	if err := one.send("room:1", "say", `"hi"`); err != nil {
		t.Fatal(err)
	}
	two.hears(`"say"`, `"payload":"polite"`)
	for payload, want := range map[string]string{`"rude"`: "Be kind.", `"broken"`: "not JSON", `"elsewhere"`: "room:2"} {
		if err := one.send("room:1", "say", payload); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a broadcast of %s: %v, want an error with %q", payload, err, want)
		}
	}
	if err := b.rooms.Leave(two.Peer, "room:1"); err != nil {
		t.Fatal(err)
	}
	b.rooms.End(one.Peer)
	if err := b.rooms.Leave(two.Peer, "room:1"); err == nil {
		t.Error("a peer leaves twice")
	}
	for _, want := range []string{"two room:1 left", "one room:1 closed"} {
		if got := <-left; got != want {
			t.Errorf("the Leave hook saw %q, want %q", got, want)
		}
	}
	again := b.peer("again", nil)
	if err := again.join("room:1", ""); err != nil {
		t.Fatal(err)
	}
	b.configure(`[{"pattern":"room:*","joinRule":"@request.auth.id != ''","sendRule":""}]`)
	again.become(nil)
	if got := <-left; got != "again room:1 forbidden" {
		t.Errorf("the Leave hook saw %q", got)
	}
	if len(left) > 0 {
		t.Errorf("the Leave hook also saw %q", <-left)
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	b := newBed(t, `[{"pattern":"room:*","joinRule":"","history":2},{"pattern":"quiet","joinRule":""}]`)
	for name, test := range map[string]struct {
		channel, event string
		v              any
		want           string
	}{
		"no pattern":        {"other", "say", 1, "no pattern"},
		"a wrong name":      {"room 1", "say", 1, "not valid"},
		"no event":          {"room:1", "", 1, "needs a name"},
		"an event of ours":  {"room:1", "presence", 1, "the server's"},
		"a large payload":   {"room:1", "say", strings.Repeat("x", 33<<10), "32 KiB"},
		"what JSON has not": {"room:1", "say", func() {}, "unsupported type"},
	} {
		if err := b.rooms.Send(t.Context(), test.channel, test.event, test.v); err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(test.want)) {
			t.Errorf("%s: %v, want an error with %q", name, err, test.want)
		}
	}
	send := func(channel string, v any) {
		t.Helper()
		if err := b.rooms.Send(t.Context(), channel, "price", v); err != nil {
			t.Fatal(err)
		}
	}
	send("quiet", 1) // the channel has no members and no history
	for i := range 3 {
		send("room:1", i)
	}
	p := b.peer("p", nil)
	if err := p.join("room:1", ""); err != nil {
		t.Fatal(err)
	}
	p.hears(`"payload":2`)
	send("room:1", map[string]string{"gold": "up"})
	p.hears(`{"type":"channel","channel":"room:1","event":"price","payload":{"gold":"up"},"from":{"peer":"","auth":null}}`)
	p.mu.Lock()
	defer p.mu.Unlock()
	if all := strings.Join(p.said, ""); strings.Contains(all, `"payload":0`) || !strings.Contains(all, `"payload":1`) {
		t.Errorf("the history of two messages is %s", all)
	}
}
