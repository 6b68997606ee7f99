// Entries: a message with attributes, encoded at the call, so that the queue holds bytes.

package logs

import (
	"bytes"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/loambase/loam/core/schema"
)

const (
	// maxMessage is the maximum length of a message in bytes, defaultData the default maximum of
	// the attributes of an entry.
	maxMessage  = 8000
	defaultData = 16 << 10
	// maxData is the greatest maximum that the settings can set, so that the queue holds many
	// entries.
	maxData = 1 << 20
)

// Entry is an entry under construction: methods add the message and the attributes, then Add queues
// the entry. An Entry belongs to one goroutine, and must not be used after Add.
type Entry struct {
	service *Service
	level   slog.Level
	at      time.Time // time of the entry; zero for the time of Add
	limit   int       // maximum length of data with its words, in bytes
	message []byte
	data    []byte // a JSON object without its closing brace, with bytes in place of words
	saved   int    // number of bytes that the words would add to data
	cut     bool   // data has reached the limit: further attributes are dropped

	derived bool // message is empty; derivedMessage makes the message from data
}

// entries are the Entry values for reuse.
var entries = sync.Pool{New: func() any { return new(Entry) }}

// Entry begins an entry. It returns nil if the settings do not keep entries of that level.
func (s *Service) Entry(level slog.Level) *Entry {
	limits := s.keeps(level)
	if limits == nil {
		return nil
	}
	e := entries.Get().(*Entry)
	*e = Entry{service: s, level: level, limit: defaultData, message: e.message[:0], data: append(e.data[:0], '{')}
	if n := limits.MaxDataSize; n > 0 {
		e.limit = min(n, maxData)
	}
	return e
}

// Message appends the texts to the message, which is cut at 8,000 bytes.
func (e *Entry) Message(texts ...string) {
	for _, text := range texts {
		text = plain(text)
		if !utf8.ValidString(text) {
			text = strings.ToValidUTF8(text, "\uFFFD")
		}
		e.message = append(e.message, Cut(text, maxMessage-len(e.message))...)
	}
}

// Request adds the attribute type, which marks the entry of a request. It drops attributes that
// were added before.
func (e *Entry) Request() {
	e.data = append(e.data[:0], wordRequest)
	e.saved = len(words[wordRequest-1]) - 1
	e.end(1)
}

// Answered makes the entry that of a request that was answered at the time at and took that long.
// at becomes the time of the entry. Answered drops the attributes that were added before, and adds
// type, execTime, status, method, url and requestId. If the entry has no message, its message is
// the method, a space and the URL. Message must not be called after Answered.
func (e *Entry) Answered(at time.Time, took time.Duration, status int, method, url, requestID string) {
	e.at = at
	e.Request()
	e.millis(e.word(wordExecTime), took)
	e.int(e.word(wordStatus), int64(status))
	start := e.word(wordMethod)
	e.text(start, method)
	e.text(e.word(wordURL), url)
	escaped := bytes.IndexByte(e.data[start:], '\\') >= 0
	e.text(e.word(wordRequestID), requestID)
	if len(e.message) > 0 {
		return
	}
	e.derived = !escaped && !e.cut && len(method)+len(url) < maxMessage
	if !e.derived {
		e.Message(method, " ", url)
	}
}

// Text adds a text attribute. The keys of Text, Int and Millis must consist of letters and digits.
func (e *Entry) Text(key, value string) { e.text(e.key(key), value) }

// text, int and millis append the value of the attribute whose key begins at offset start of the
// data.
func (e *Entry) text(start int, value string) {
	begin := len(e.data)
	e.data = schema.AppendString(e.data, value)
	if len(e.data)-begin != len(value)+len(`""`) { // something is escaped: it may be U+0000
		e.data = schema.AppendString(e.data[:begin], plain(value))
	}
	e.end(start)
}

// Int adds an integer attribute.
func (e *Entry) Int(key string, value int64) { e.int(e.key(key), value) }

func (e *Entry) int(start int, value int64) {
	e.data = strconv.AppendInt(e.data, value, 10)
	e.end(start)
}

// Millis adds an attribute: the duration in milliseconds, with microseconds as their fraction.
func (e *Entry) Millis(key string, value time.Duration) { e.millis(e.key(key), value) }

func (e *Entry) millis(start int, value time.Duration) {
	us := max(value.Microseconds(), 0)
	e.data = strconv.AppendInt(e.data, us/1000, 10)
	if us %= 1000; us > 0 {
		digits := [...]byte{'.', byte('0' + us/100), byte('0' + us/10%10), byte('0' + us%10)}
		e.data = append(e.data, bytes.TrimRight(digits[:], "0")...)
	}
	e.end(start)
}

// Value adds an attribute of package slog, under any key.
func (e *Entry) Value(key string, value slog.Value) {
	start := len(e.data)
	if !e.empty() {
		e.data = append(e.data, ',')
	}
	e.data = schema.AppendString(e.data, plain(key))
	e.data = append(e.data, ':')
	e.data = appendValue(e.data, value)
	e.end(start)
}

// key appends the key of an attribute and returns the offset of the attribute in the data. The
// key is not escaped: it must consist of letters and digits.
func (e *Entry) key(key string) (start int) {
	if word := wordOf(key); word != 0 && !e.empty() {
		return e.word(word)
	}
	start = len(e.data)
	separator := `,"`
	if e.empty() {
		separator = `"`
	}
	e.data = append(e.data, separator...)
	e.data = append(e.data, key...)
	e.data = append(e.data, `":`...)
	return start
}

// word appends the byte that stands for a key, and returns the offset of the attribute in the data.
// The entry must have an attribute already: the bytes stand for keys with a comma before them.
func (e *Entry) word(word byte) (start int) {
	start = len(e.data)
	e.data = append(e.data, word)
	e.saved += len(words[word-1]) - 1
	return start
}

// end removes the attribute that begins at offset start if the data has become too long. All
// further attributes are dropped too, so that the entry has its first attributes without a gap.
func (e *Entry) end(start int) {
	if e.cut || len(e.data)+e.saved >= e.limit {
		e.data, e.cut = e.data[:start], true
	}
}

// empty reports whether the entry has no attribute yet.
func (e *Entry) empty() bool { return len(e.data) == 1 && e.data[0] == '{' }

// Add queues the entry to be written. It never waits: if too much is queued, the entry is lost, and
// counted.
func (e *Entry) Add() {
	if e.cut {
		if !e.empty() {
			e.data = append(e.data, ',')
		}
		e.data = append(e.data, `"__pb_truncated__":true`...) // Wire: docs/wire/auth-realtime-system.md §5.5
	}
	e.data = append(e.data, '}')
	if e.at.IsZero() {
		e.at = e.service.cfg.Now()
	}
	e.service.queue.add(item{level: e.level, at: e.at.UnixMilli(), derived: e.derived}, e.message, e.data)
	entries.Put(e)
}

// plain returns the text without U+0000, which PostgreSQL stores in no text.
func plain(s string) string {
	if strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\x00", "")
}

// Cut returns the first bytes of a text, up to the limit, without half a character at the end.
func Cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// item is an entry in the queue. Its texts are in the text of the batch. It has no pointers, so
// that the garbage collector does not scan the queue.
type item struct {
	level        slog.Level
	at           int64 // milliseconds of Unix time
	message, end int   // offsets in the text: the end of the message, and of the data after it
	derived      bool  // the text has no message; derivedMessage makes the message from the data
}

// batch is a number of entries that are written together.
type batch struct {
	items []item
	text  []byte // of all items
}

// add appends an entry and sets the offsets of its texts.
func (b *batch) add(it item, message, data []byte) {
	b.text = append(b.text, message...)
	it.message = len(b.text)
	b.text = append(b.text, data...)
	it.end = len(b.text)
	b.items = append(b.items, it)
}
