// The JSON of one record: its visible fields in the order of their keys, prepared for a
// class of callers as constant pieces of JSON between which the values are put.

package record

import (
	"slices"
	"strings"

	"github.com/loambase/loam/core/hook"
	"github.com/loambase/loam/core/internal/query"
	"github.com/loambase/loam/core/schema"
)

// projection is the JSON form that records of one collection have for one class of callers: the
// visible fields in the order of their keys, as segments in which the parts that are the same in
// each record are encoded already. It is immutable.
type projection struct {
	collection *schema.Collection
	segments   []segment
	columns    []string // of a row, the id first; segments refer to them by position
	column     []int    // by the field's position in the collection; -1: not in a row

	guarded    bool   // each row decides whether the email is shown
	visibility int    // column of emailVisibility, if guarded
	manage     string // the manage rule, if guarded and there is a valid one

	cut int // maximum number of characters read of each text or JSON value; 0: no maximum

	keys   []string                 // of the JSON, sorted
	enrich *hook.Hook[*EnrichEvent] // nil if none is bound; else a row holds all fields
}

// segment is a piece of a record's JSON: constant text, then maybe a value.
type segment struct {
	text     string // begins with a comma or brace, ends with the key
	encoding encoding
	field    *schema.Field
	index    int  // of the field in the collection
	col      int  // of the field in a row
	email    bool // the segment is left out if the email is not shown
}

// projectionKey is the key of a projection in the cache: superusers see other fields, and with
// Enrich hooks a row must hold all fields.
type projectionKey struct {
	collection *schema.Collection
	superuser  bool
	enriched   bool
}

// projection returns the projection for superusers or for all other callers, from the cache.
func (s *Service) projection(snapshot *schema.Snapshot, c *schema.Collection, superuser bool) *projection {
	enrich := &s.cfg.Hooks.Enrich
	key := projectionKey{c, superuser, !enrich.Empty() && enrich.Bound(c.ID, c.Name)}
	return s.caches.projections.Of(snapshot).Get(key, func() *projection {
		return s.newProjection(snapshot, c, superuser, anyField)
	})
}

// newProjection makes a projection of the visible fields that are wanted.
func (s *Service) newProjection(snapshot *schema.Snapshot, c *schema.Collection, superuser bool, wanted func(*schema.Field) bool) *projection {
	p := projectFields(c, superuser, wanted)
	if enrich := &s.cfg.Hooks.Enrich; !enrich.Empty() && enrich.Bound(c.ID, c.Name) {
		p.enrich = enrich
		for i := range c.Fields {
			p.columnOf(i)
		}
	}
	if p.guarded {
		p.manage = s.manageRule(snapshot, c)
	}
	return p
}

// manageRule returns the manage rule of the collection, "" if there is none. A rule that no longer
// compiles makes nobody a manager; it does not stop reads.
func (s *Service) manageRule(snapshot *schema.Snapshot, c *schema.Collection) string {
	rule := c.Auth.ManageRule
	if rule == nil || *rule == "" {
		return ""
	}
	if err := query.CheckRule(snapshot, c, *rule); err != nil {
		s.cfg.Log.Warn("manage rule does not compile", "collection", c.Name, "error", err)
		return ""
	}
	return *rule
}

// newProjection returns the projection of all visible fields, without hooks and rules.
func newProjection(c *schema.Collection, superuser bool) *projection {
	return projectFields(c, superuser, anyField)
}

func anyField(*schema.Field) bool { return true }

// projectFields makes the layout of the record: the keys in their order, and the columns of a row
// that hold their values.
func projectFields(c *schema.Collection, superuser bool, wanted func(*schema.Field) bool) *projection {
	p := &projection{collection: c, column: make([]int, len(c.Fields)), columns: []string{"id"}}
	for i := range p.column {
		p.column[i] = -1
	}
	if i := c.FieldIndex("id"); i >= 0 {
		p.column[i] = 0
	}
	keys := []string{"collectionId", "collectionName", "expand"}
	for _, f := range c.Fields {
		if Visible(c, f, superuser) && wanted(f) {
			keys = append(keys, f.Name)
		}
	}
	slices.Sort(keys)
	p.keys = keys
	p.guarded = c.IsAuth() && !superuser && slices.Contains(keys, "email")
	if p.guarded {
		p.visibility = -1
		if i := c.FieldIndex("emailVisibility"); i >= 0 {
			p.visibility = p.columnOf(i)
		}
	}
	// text collects the constant JSON before the next value: the keys, the brace and commas, and
	// values that are the same in all records. Each value ends a segment.
	text := "{"
	for _, key := range keys {
		switch key {
		case "collectionId":
			text += `"collectionId":` + quoted(c.ID) + ","
		case "collectionName":
			text += `"collectionName":` + quoted(c.Name) + ","
		case "expand":
			text = p.flush(text)
			p.segments = append(p.segments, segment{encoding: encodeExpand})
		default:
			// The key must be in the segment of its value, which is left out as a whole.
			if p.guarded && key == "email" {
				text = p.flush(text)
			}
			text = p.addField(text+quoted(key)+":", c.FieldIndex(key))
		}
	}
	p.segments = append(p.segments, segment{text: strings.TrimSuffix(text, ",") + "}"})
	return p
}

// flush appends a segment of the text before a value that may be left out. The text after that
// value begins with a comma: "collectionId" comes before every such value.
func (p *projection) flush(text string) string {
	if text != "," {
		p.segments = append(p.segments, segment{text: strings.TrimSuffix(text, ",")})
	}
	return ","
}

// addField adds the segment of a field. It returns the text at the beginning of the next segment.
func (p *projection) addField(text string, index int) string {
	f := p.collection.Fields[index]
	seg := segment{text: text, encoding: encodingOf(f), field: f, index: index, email: p.guarded && f.Name == "email"}
	if seg.encoding == encodeSecret {
		return text + `"",`
	}
	seg.col = p.columnOf(index)
	p.segments = append(p.segments, seg)
	return ","
}

// columnOf returns the column of the field in a row, and adds the column if the row does not have
// it.
func (p *projection) columnOf(index int) int {
	if p.column[index] < 0 {
		p.column[index] = len(p.columns)
		p.columns = append(p.columns, p.collection.Fields[index].Name)
	}
	return p.column[index]
}

func quoted(s string) string { return string(schema.AppendString(nil, s)) }
