package record

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/internal/store"
	"github.com/loambase/loam/core/schema"
)

// Who sees what of a record is decided in this file and nowhere else.
//
//	hidden fields                 superusers
//	password, tokenKey of auth    nobody
//	values of password fields     nobody: "" stands for them
//	email of auth                 everybody, if emailVisibility is set; else superusers,
//	                              the record itself, and whom its manageRule lets

// shape is how records of one collection look to one class of callers: the
// fields that are shown in the order of their keys, with everything that is the
// same in each record written already. Immutable.
type shape struct {
	collection *schema.Collection
	parts      []part
	columns    []string // what a row must hold: the id first; parts refer to them by position
	column     []int    // by the field's position in the collection; -1: not in a row

	guarded    bool   // each row decides whether the email is shown
	visibility int    // of emailVisibility in columns, if guarded
	manage     string // the manage rule, if guarded and there is a valid one

	keys   []string                 // of the JSON, sorted
	enrich *hook.Hook[*EnrichEvent] // nil if none is bound; else a row holds all fields
	limit  time.Duration            // of its handlers
}

// part is a piece of a record's JSON: constant text, then maybe a value.
type part struct {
	text  string // begins with the comma or brace before it, ends with the key
	form  form
	field *schema.Field
	index int  // of the field in the collection
	col   int  // of the field in a row
	email bool // left out as a whole where the email is not shown
}

// shapes keeps what was made for the current snapshot.
type shapes struct {
	current atomic.Pointer[snapshotShapes]
}

type snapshotShapes struct {
	snapshot *schema.Snapshot
	made     sync.Map // shapeKey → *shape
}

type shapeKey struct {
	collection *schema.Collection
	superuser  bool
	enriched   bool
}

// shape is the look of the collection's records for superusers or for all others.
func (s *Service) shape(snapshot *schema.Snapshot, c *schema.Collection, superuser bool) *shape {
	known := s.kept.shapes.current.Load()
	if known == nil || known.snapshot != snapshot {
		known = &snapshotShapes{snapshot: snapshot}
		s.kept.shapes.current.Store(known)
	}
	key := shapeKey{c, superuser, s.Hooks.Enrich.Bound(c.ID, c.Name)}
	if sh, ok := known.made.Load(key); ok {
		return sh.(*shape)
	}
	sh := newShape(c, superuser)
	if key.enriched {
		sh.enrich, sh.limit = &s.Hooks.Enrich, s.HookLimit
		for i := range c.Fields {
			sh.read(i)
		}
	}
	if sh.guarded {
		sh.manage = s.manageRule(snapshot, c)
	}
	known.made.Store(key, sh)
	return sh
}

// manageRule is the collection's manage rule, "" if there is none. One that no
// longer compiles lets nobody, and does not keep anybody from the rest.
func (s *Service) manageRule(snapshot *schema.Snapshot, c *schema.Collection) string {
	rule := c.Auth.ManageRule
	if rule == nil || *rule == "" {
		return ""
	}
	if err := query.CheckRule(snapshot, c, *rule); err != nil {
		s.Log.Warn("manage rule does not compile", "collection", c.Name, "error", err)
		return ""
	}
	return *rule
}

func newShape(c *schema.Collection, superuser bool) *shape {
	sh := &shape{collection: c, column: make([]int, len(c.Fields)), columns: []string{"id"}}
	for i := range sh.column {
		sh.column[i] = -1
	}
	if i := c.FieldIndex("id"); i >= 0 {
		sh.column[i] = 0
	}
	keys := []string{"collectionId", "collectionName", "expand"}
	for _, f := range c.Fields {
		if visible(c, f, superuser) {
			keys = append(keys, f.Name)
		}
	}
	slices.Sort(keys)
	sh.keys = keys
	sh.guarded = c.IsAuth() && !superuser && slices.Contains(keys, "email")
	if sh.guarded {
		sh.visibility = -1
		if i := c.FieldIndex("emailVisibility"); i >= 0 {
			sh.visibility = sh.read(i)
		}
	}
	text := "{"
	for _, key := range keys {
		switch key {
		case "collectionId":
			text += `"collectionId":` + quoted(c.ID) + ","
		case "collectionName":
			text += `"collectionName":` + quoted(c.Name) + ","
		case "expand":
			text = sh.flush(text)
			sh.parts = append(sh.parts, part{form: formExpand})
		default:
			if sh.guarded && key == "email" {
				text = sh.flush(text)
			}
			text = sh.addField(text+quoted(key)+":", c.FieldIndex(key))
		}
	}
	sh.parts = append(sh.parts, part{text: strings.TrimSuffix(text, ",") + "}"})
	return sh
}

// flush makes a part of the text before a piece that may be missing. What comes
// after that piece begins with a comma: "collectionId" stands before all such.
func (sh *shape) flush(text string) string {
	if text != "," {
		sh.parts = append(sh.parts, part{text: strings.TrimSuffix(text, ",")})
	}
	return ","
}

// addField adds the part of a field and returns the text that begins the next.
func (sh *shape) addField(text string, index int) string {
	f := sh.collection.Fields[index]
	p := part{text: text, form: formOf(f), field: f, index: index, email: sh.guarded && f.Name == "email"}
	if p.form == formSecret {
		return text + `"",`
	}
	p.col = sh.read(index)
	sh.parts = append(sh.parts, p)
	return ","
}

// read is the column of the field in a row, which it adds if it is not there.
func (sh *shape) read(index int) int {
	if sh.column[index] < 0 {
		sh.column[index] = len(sh.columns)
		sh.columns = append(sh.columns, sh.collection.Fields[index].Name)
	}
	return sh.column[index]
}

// visible says whether a field is shown at all.
func visible(c *schema.Collection, f *schema.Field, superuser bool) bool {
	if c.IsAuth() && (f.Name == "password" || f.Name == "tokenKey") {
		return false
	}
	return superuser || !f.Hidden
}

// flags are the expressions that a read of these records must judge for each row.
func (sh *shape) flags(c Caller) []string {
	if sh.manage == "" || c.Auth == nil {
		return nil
	}
	return []string{sh.manage}
}

// showsEmail says whether the record in the row shows its email to the caller.
// The row holds columns and, after them, flags.
func (sh *shape) showsEmail(rows store.Rows, c Caller) bool {
	if !sh.guarded || sh.visibility >= 0 && rows.Bool(sh.visibility) {
		return true
	}
	if c.Auth == nil {
		return false
	}
	own := c.idIn(sh.collection)
	return own != "" && own == string(rows.Bytes(0)) || sh.manage != "" && rows.Bool(len(sh.columns))
}

// showsEmailOf is showsEmail of a record; managed is what its flag says.
func (sh *shape) showsEmailOf(r *Record, c Caller, managed bool) bool {
	shown, _ := r.Get("emailVisibility").(bool)
	own := c.idIn(sh.collection)
	return !sh.guarded || shown || managed || own != "" && own == r.ID()
}

func quoted(s string) string { return string(schema.AppendString(nil, s)) }
