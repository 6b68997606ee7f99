package query_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// BenchmarkGuards lists and counts 100,000 messages by filters, for superusers (open) and for
// others, behind rules (guarded).
func BenchmarkGuards(b *testing.B) {
	const rows, rooms = 100_000, 1000
	messages := collection("messages", rule(""), field("slug", &schema.Text{}), field("code", &schema.Text{}), field("rank", &schema.Number{}), field("body", &schema.Text{}), field("pub", &schema.Bool{}),
		field("room", one("rooms")), field("owner", one("users")), field("writer", one("users")), field("readers", many("users")))
	messages.Indexes = []string{"CREATE INDEX `slugs` ON `messages` (`slug`)", "CREATE INDEX `ranks` ON `messages` (`rank`)",
		"CREATE INDEX `of_room` ON `messages` (`room`, `rank`)", "CREATE INDEX `owners` ON `messages` (`owner`)",
		"CREATE UNIQUE INDEX `codes` ON `messages` (`code`)"}
	members := collection("members", rule(""), field("room", one("rooms")), field("user", one("users")))
	members.Indexes = []string{"CREATE UNIQUE INDEX `member` ON `members` (`room`, `user`)"}
	f := open(b, authCollection("users", rule(""), field("role", &schema.Text{})), collection("rooms", rule(""), field("name", &schema.Text{})), members, messages)
	id := func(kind string, n int) string { return fmt.Sprintf("%s%012d", kind, n) }
	var users, roomRows, memberRows, list []row
	for i := range 200 {
		users = append(users, row{"id": id("usr", i), "email": id("u", i) + "@x.org", "role": "reader"})
	}
	for i := range rooms {
		roomRows = append(roomRows, row{"id": id("rom", i)})
		for j := range 3 {
			memberRows = append(memberRows, row{"id": id("mem", 3*i+j), "room": id("rom", i), "user": id("usr", (i+j*67)%200)})
		}
	}
	for i := range rows {
		owner := id("usr", i/7%200)
		list = append(list, row{"id": id("msg", i), "slug": id("slug", i*7919%rows), "code": id("code", i*7919%rows), "rank": float64(i * 31 % rows), "body": "lorem ipsum dolor sit amet", "pub": i%2 == 0,
			"room": id("rom", i%rooms), "owner": owner, "writer": owner, "readers": []string{owner}})
	}
	f.insert("users", users...)
	f.insert("rooms", roomRows...)
	f.insert("members", memberRows...)
	for part := range slices.Chunk(list, 2000) { // a transaction has a time limit
		f.insert("messages", part...)
	}
	me := &query.Request{Auth: user{f.snapshot.Find("users"), row{"id": id("usr", 1), "email": "u@x.org"}}}
	for _, r := range []struct{ name, rule string }{
		{"public", ""},
		{"owner,indexed", "owner = @request.auth.id"},
		{"owner,unindexed", "writer = @request.auth.id"},
		{"flag", "pub = true"},
		{"role", "@request.auth.role = 'reader'"},
		{"room", "room.members_via_room.user ?= @request.auth.id"},
		{"readers", "readers.id ?= @request.auth.id"},
	} {
		for _, q := range []struct{ name, filter, sort string }{
			{"none", "", "-rank"},
			{"slug", "slug = '" + id("slug", 7919) + "'", ""},
			{"unique", "code = '" + id("code", 7919) + "'", ""},
			{"rank", "rank >= 500 && rank < 520", ""},
			{"id", "id = '" + id("msg", 1) + "'", ""},
			{"of-a-room", "room = '" + id("rom", 1) + "'", "-rank"},
			{"own", "owner = '" + id("usr", 1) + "' && body ~ 'dolor'", ""},
			{"like", "body ~ 'lorem%amet'", ""},
			{"relation", "room.name != 'x' && rank < 20", ""},
		} {
			for _, guarded := range []bool{false, true} {
				name := map[bool]string{false: "open", true: "guarded"}[guarded]
				for _, what := range []string{"list", "count"} {
					b.Run(r.name+"/"+q.name+"/"+what+"/"+name, func(b *testing.B) {
						compile := f.planner.Compile
						if what == "count" {
							compile = f.planner.Count
						}
						plan, err := compile(query.Select{Scope: f.scope("messages", me), Columns: []string{"id", "slug", "rank"}, Rule: r.rule,
							Filter: q.filter, Sort: q.sort, Restricted: guarded, Limit: 30})
						if err != nil {
							b.Fatal(err)
						}
						for b.Loop() {
							err := f.db.Read(context.Background(), func(r store.Reader) error {
								rows, err := r.Query(plan.SQL, plan.Args...)
								if err != nil {
									return err
								}
								for rows.Next() {
								}
								return rows.Close()
							})
							if err != nil {
								b.Fatal(err)
							}
						}
					})
				}
			}
		}
	}
}
