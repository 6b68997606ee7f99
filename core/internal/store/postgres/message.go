// Messages between the processes on one database, sent by NOTIFY and not stored.

package postgres

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/internal/store"
)

const (
	// messageChannel is the NOTIFY channel of messages. All schemas of a database share the
	// channel, so each part names its schema.
	messageChannel = "loam_messages"
	// partSize is the number of bytes of a message in one notification. PostgreSQL allows less than
	// 8000 bytes, base64 turns 3 bytes into 4, and the fields before the content take up to 160.
	partSize = 5700
)

var _ store.Messenger = (*DB)(nil)

// Publish implements store.Messenger. The notifications of one transaction arrive together and in
// order, so the parts of two messages are never mixed.
func (db *DB) Publish(ctx context.Context, message []byte) error {
	if len(message) > store.MaxMessage {
		return fmt.Errorf("postgres: a message of %d bytes, the limit is %d", len(message), store.MaxMessage)
	}
	leave, err := db.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	const notify = `SELECT pg_notify('` + messageChannel + `', "part") FROM unnest($1::text[]) WITH ORDINALITY AS t("part", "n") ORDER BY "n"`
	if _, err := db.service.Exec(ctx, notify, db.parts(message)); err != nil {
		return db.explain(ctx, err)
	}
	return nil
}

// OnMessage implements store.Messenger.
func (db *DB) OnMessage(fn func(message []byte)) { db.message.Store(&fn) }

// parts splits a message into notifications: node, schema, number of the part, number of parts
// and content, separated by spaces. The part number also makes all parts of a message different,
// because PostgreSQL sends equal notifications of a transaction only once.
func (db *DB) parts(message []byte) (list []string) {
	count := max(1, (len(message)+partSize-1)/partSize)
	schema := base64.StdEncoding.EncodeToString([]byte(db.schema))
	for i := range count {
		content := message[i*partSize : min(len(message), (i+1)*partSize)]
		list = append(list, fmt.Sprintf("%s %s %d %d %s", db.node, schema, i+1, count, base64.StdEncoding.EncodeToString(content)))
	}
	return list
}

// inbox joins the parts of messages. Each listening connection has its own inbox.
type inbox struct {
	content []byte
	have    int // number of parts received of the incomplete message
}

// take adds the next notification, and returns the message when the notification is its last part.
// A message whose first parts are missing is dropped. So are messages of the node own, which is
// this process, and messages of another schema than schema.
func (in *inbox) take(notification, own, schema string) (message []byte, ok bool) {
	fields := strings.Split(notification, " ")
	if len(fields) != 5 || fields[0] == own || fields[1] != base64.StdEncoding.EncodeToString([]byte(schema)) {
		return nil, false
	}
	number, _ := strconv.Atoi(fields[2])
	count, _ := strconv.Atoi(fields[3])
	content, err := base64.StdEncoding.DecodeString(fields[4])
	if number == 1 {
		in.content, in.have = nil, 0
	}
	if err != nil || number != in.have+1 || number > count || len(in.content)+len(content) > store.MaxMessage {
		return nil, false
	}
	in.content, in.have = append(in.content, content...), number
	if number < count {
		return nil, false
	}
	message, *in = in.content, inbox{}
	return message, true
}

// deliver calls the function that OnMessage has set, if any, with the message.
func (db *DB) deliver(message []byte) {
	if fn := db.message.Load(); fn != nil {
		(*fn)(message)
	}
}
