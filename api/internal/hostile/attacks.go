package hostile

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Attack is an attack that a hostile client repeats. No attack needs an account.
type Attack struct {
	Name string
	What string // the resource that it takes
	Once func(ctx context.Context, a *attacker) (status int)
}

// attacker is one hostile client.
type attacker struct {
	field  *Field
	http   *http.Client
	dialer *net.Dialer
	rng    *rand.Rand
}

const owner = "owner0000000000"

// Attacks are all known attacks.
var Attacks = []Attack{
	{"excerpt", "processor: an editor field whose elements bring ever new attributes", func(ctx context.Context, a *attacker) int {
		return a.get(ctx, "notes/records?perPage=1&filter="+url.QueryEscape("title='evil'")+"&fields="+url.QueryEscape("page:excerpt(1)"))
	}},
	{"unread answers", "memory: large answers that nobody takes", func(ctx context.Context, a *attacker) int {
		return a.leaveUnread(ctx, "GET /api/collections/nodes/records?perPage=200&skipTotal=1&expand=next HTTP/1.1\r\nHost: x\r\n\r\n", nil)
	}},
	{"sign-ins", "the queue of password hashes", func(ctx context.Context, a *attacker) int {
		return a.post(ctx, "users/auth-with-password", fmt.Sprintf(`{"identity":"nobody%d@example.com","password":"wrong-words"}`, a.rng.IntN(1_000_000)))
	}},
	{"one account", "the account of somebody: wrong passwords", func(ctx context.Context, a *attacker) int {
		return a.post(ctx, "_superusers/auth-with-password", fmt.Sprintf(`{"identity":%q,"password":"guess-%d"}`, a.field.Email, a.rng.IntN(1_000_000)))
	}},
	{"slow filters", "the connections that read", func(ctx context.Context, a *attacker) int {
		var terms []string
		for i := range 60 {
			terms = append(terms, fmt.Sprintf("body~'zz%d'", i))
		}
		return a.get(ctx, "notes/records?filter="+url.QueryEscape(strings.Join(terms, "||")))
	}},
	{"heavy bodies", "the places of heavy bodies", func(ctx context.Context, a *attacker) int {
		body := heavy()
		return a.leaveUnread(ctx, fmt.Sprintf("GET /api/collections/nodes/records?perPage=200&skipTotal=1&expand=next HTTP/1.1\r\nHost: x\r\n"+
			"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(body)), body)
	}},
	{"deep sorts", "memory: a sort by text, far into the table", func(ctx context.Context, a *attacker) int {
		return a.get(ctx, fmt.Sprintf("notes/records?sort=body&perPage=1000&page=%d", max(1, a.field.Rows/1000-1)))
	}},
	{"stalled bodies", "memory and the temporary folder: bodies that never end", func(ctx context.Context, a *attacker) int {
		return a.leaveUnread(ctx, "POST /api/collections/notes/records HTTP/1.1\r\nHost: x\r\n"+formHead+formPart("name=\"title\""), nineMiB())
	}},
	{"bodies for nobody", "memory: bodies for a collection that takes none", func(ctx context.Context, a *attacker) int {
		return a.leaveUnread(ctx, "POST /api/collections/locked/records HTTP/1.1\r\nHost: x\r\n"+formHead+formPart("name=\"file\"; filename=\"x\""), nineMiB())
	}},
	{"denied batches", "hashes of records that the rule denies, and the writer", func(ctx context.Context, a *attacker) int {
		var requests []string
		for i := range 50 {
			requests = append(requests, fmt.Sprintf(`{"method":"POST","url":"/api/collections/members/records",`+
				`"body":{"email":"m%d@example.com","password":"some-words","passwordConfirm":"some-words"}}`, i))
		}
		return a.batch(ctx, requests)
	}},
	{"expanding batches", "memory and the writer: batches whose answers are large", func(ctx context.Context, a *attacker) int {
		var requests []string
		for range 10 {
			requests = append(requests, `{"method":"POST","url":"/api/collections/nodes/records?expand=next.next","body":{"next":["`+
				strings.Join(a.field.nodes[:100], `","`)+`"]}}`)
		}
		return a.batch(ctx, requests)
	}},
	{"cascades", "the writer: a deletion that takes a whole table along", func(ctx context.Context, a *attacker) int {
		return a.send(ctx, http.MethodDelete, "/api/collections/owners/records/"+owner, "")
	}},
	{"many keys", "processor: a body of a great many keys", func(ctx context.Context, a *attacker) int {
		return a.post(ctx, "notes/records", manyKeys())
	}},
	{"many parameters", "the filter: it would be dropped with all parameters", func(ctx context.Context, a *attacker) int {
		return a.get(ctx, "notes/records?"+strings.Repeat("a=0&", 10_001)+"filter=n<0")
	}},
	{"silent connections", "connections that say nothing", func(ctx context.Context, a *attacker) int {
		return a.leaveUnread(ctx, "GET /api/hea", nil)
	}},
}

// A form that announces 30 MB, and the first 9 MiB of its part.
const formHead = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 30000000\r\n\r\n"

func formPart(header string) string {
	return "--b\r\nContent-Disposition: form-data; " + header + "\r\n\r\n"
}

// The bodies are made once, so that the clients use little of the machine.
var (
	nineMiB = sync.OnceValue(func() []byte { return bytes.Repeat([]byte("x"), 9<<20) })
	heavy   = sync.OnceValue(func() []byte { return []byte(`{"x":"` + strings.Repeat("y", 1_100_000) + `"}`) })
)

var manyKeys = sync.OnceValue(func() string {
	var b bytes.Buffer
	b.WriteByte('{')
	for i := range 300_000 {
		fmt.Fprintf(&b, `"k%d":0,`, i)
	}
	b.WriteString(`"title":"many"}`)
	return b.String()
})

func (a *attacker) get(ctx context.Context, path string) int {
	return a.send(ctx, http.MethodGet, "/api/collections/"+path, "")
}

func (a *attacker) post(ctx context.Context, path, body string) int {
	return a.send(ctx, http.MethodPost, "/api/collections/"+path, body)
}

func (a *attacker) batch(ctx context.Context, requests []string) int {
	return a.send(ctx, http.MethodPost, "/api/batch", `{"requests":[`+strings.Join(requests, ",")+`]}`)
}

func (a *attacker) send(ctx context.Context, method, path, body string) int {
	status, _, err := send(ctx, a.http, "", method, a.field.URL+path, "application/json", strings.NewReader(body))
	if err != nil {
		return 0
	}
	return status
}

// leaveUnread sends a request on a connection with a small receive buffer, and leaves the answer
// unread for some seconds, or until the server closes the connection.
func (a *attacker) leaveUnread(ctx context.Context, head string, body []byte) int {
	conn, err := a.dialer.DialContext(ctx, "tcp", strings.TrimPrefix(a.field.URL, "http://"))
	if err != nil {
		return 0
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	parts := net.Buffers{[]byte(head), body}
	if _, err := parts.WriteTo(conn); err != nil {
		return 0
	}
	wait(ctx, time.Duration(1+a.rng.IntN(10))*time.Second)
	status := make([]byte, len("HTTP/1.1 200"))
	_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, err := io.ReadFull(conn, status); err != nil {
		return 0
	}
	var n int
	_, _ = fmt.Sscan(string(status[len("HTTP/1.1 "):]), &n) // 0 if it is not a number
	return n
}
