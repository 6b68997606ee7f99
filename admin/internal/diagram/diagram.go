// Package diagram serves the diagram of all collections and the relations between them.
package diagram

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/ui"
	"github.com/loambase/loam/core/schema"
)

// Routes returns the routes of the package.
func Routes() []console.Route {
	return []console.Route{
		console.Get("/_/diagram", show),
		console.Get("/_/diagram/file", download),
		console.Post("/_/diagram/place", put),
		console.Post("/_/diagram/arrange", arrange),
	}
}

// Sizes in the picture, in units of its viewBox. diagram.js has some of them too.
const (
	boxWidth  = 176
	headSize  = 26
	rowSize   = 19
	gapX      = 114
	gapY      = 34
	margin    = 40
	tall      = 900 // maximum height of a column with more than one box
	maxFields = 600 // in all boxes; above it, only relation fields are drawn
)

// picture is the diagram with the place of each box.
type picture struct {
	boxes         []*box
	edges         []edge
	width, height int
	system        bool // with system collections
	moved         bool // the superuser has moved at least one box
}

// box is a collection.
type box struct {
	in     *schema.Collection
	x, y   int
	rows   []*schema.Field
	hidden int // fields that are not drawn
	level  int // length of the longest chain of relations from it
	loose  bool
}

// edge is a relation, from the row of its field to the head of the other box.
type edge struct {
	from, to *box
	row      int
	many     bool
}

// pictureOf returns the diagram with the places of the collections that the superuser has chosen.
func pictureOf(c *console.Call) (*picture, error) {
	placed, err := placesOf(c)
	if err != nil {
		return nil, err
	}
	p := draw(c.App.Snapshot(), c.R.URL.Query().Has("system"))
	p.put(placed)
	return p, nil
}

// download answers with the diagram as an SVG file.
func download(c *console.Call) error {
	p, err := pictureOf(c)
	if err != nil {
		return err
	}
	c.W.Header().Set("Content-Type", "image/svg+xml")
	c.W.Header().Set("Content-Disposition", `attachment; filename="diagram.svg"`)
	return file(p).Render(c.R.Context(), c.W)
}

func show(c *console.Call) error {
	p, err := pictureOf(c)
	if err != nil {
		return err
	}
	return c.Page(console.Page{
		Title: "Diagram", Section: "diagram", Crumbs: []ui.Crumb{{Label: "Diagram"}}, Scripts: []string{"diagram.js"},
	}, page(p))
}

// draw places each collection: a collection stands at the right of the collections that it refers
// to, and collections without relations stand in rows below.
func draw(snapshot *schema.Snapshot, system bool) *picture {
	p := &picture{system: system}
	byID := map[string]*box{}
	fields := 0
	for _, in := range snapshot.All() {
		if in.System && !system {
			continue
		}
		b := &box{in: in, loose: true}
		p.boxes, byID[in.ID] = append(p.boxes, b), b
		fields += len(in.Fields)
	}
	for _, b := range p.boxes {
		for _, f := range b.in.Fields {
			relation, ok := f.Kind.(*schema.Relation)
			if !ok && fields > maxFields {
				b.hidden++
				continue
			}
			if to := byID[relationTo(relation)]; to != nil {
				p.edges = append(p.edges, edge{from: b, to: to, row: len(b.rows), many: relation.Multiple()})
				b.loose, to.loose = false, to.loose && to == b
			}
			b.rows = append(b.rows, f)
		}
	}
	for _, b := range p.boxes {
		b.level = p.depth(b, map[*box]bool{})
	}
	p.place()
	return p
}

func relationTo(r *schema.Relation) string {
	if r == nil {
		return ""
	}
	return r.CollectionID
}

// depth returns the length of the longest chain of relations from a box without cycles, at most 13.
func (p *picture) depth(b *box, seen map[*box]bool) (deepest int) {
	if seen[b] || len(seen) > 12 { // longer chains need no columns of their own
		return 0
	}
	seen[b] = true
	for _, e := range p.edges {
		if e.from == b && e.to != b && !seen[e.to] {
			deepest = max(deepest, 1+p.depth(e.to, seen))
		}
	}
	delete(seen, b)
	return deepest
}

func (b *box) height() int {
	rows := len(b.rows)
	if b.hidden > 0 {
		rows++
	}
	return headSize + rows*rowSize + 6
}

// place puts boxes with relations into columns by their levels, and the others into rows below.
func (p *picture) place() {
	slices.SortStableFunc(p.boxes, func(a, b *box) int {
		return cmp.Or(cmp.Compare(a.level, b.level), strings.Compare(strings.ToLower(a.in.Name), strings.ToLower(b.in.Name)))
	})
	x, y, level := margin, margin, 0
	for _, b := range p.boxes {
		if b.loose {
			continue
		}
		if y > margin && (b.level != level || y+b.height() > tall) {
			x, y = x+boxWidth+gapX, margin
		}
		b.x, b.y, level = x, y, b.level
		y += b.height() + gapY
		p.grow(b)
	}
	p.placeLoose()
	p.width, p.height = p.width+margin, p.height+margin
}

// placeLoose puts the boxes without relations into rows, which are as wide as the rest of the picture
// or, if that is more, so wide that the rows together have the proportions of a screen.
func (p *picture) placeLoose() {
	top, x, lowest := p.height+gapY, margin, 0
	if p.height == 0 {
		top = margin
	}
	area := 0
	for _, b := range p.boxes {
		if b.loose {
			area += (boxWidth + gapX/2) * (b.height() + gapY)
		}
	}
	right := max(p.width, 4*(boxWidth+gapX), int(math.Sqrt(1.6*float64(area))))
	for _, b := range p.boxes {
		if !b.loose {
			continue
		}
		if x+boxWidth > right {
			x, top = margin, lowest+gapY
		}
		b.x, b.y = x, top
		x, lowest = x+boxWidth+gapX/2, max(lowest, top+b.height())
		p.grow(b)
	}
}

func (p *picture) grow(b *box) {
	p.width, p.height = max(p.width, b.x+boxWidth), max(p.height, b.y+b.height())
}

// curve returns the path of the line of a relation. diagram.js has the same formula.
func (e edge) curve() string {
	y1, y2 := e.from.y+headSize+3+e.row*rowSize+rowSize/2, e.to.y+headSize/2
	x1, x2, bend1, bend2 := e.from.x, e.to.x+boxWidth, -60, 60
	switch {
	case e.from.x == e.to.x: // the same column, or the box itself: around its right side
		x1, bend1 = e.from.x+boxWidth, 44
		bend2 = 44
	case e.from.x < e.to.x:
		x1, x2, bend1, bend2 = e.from.x+boxWidth, e.to.x, 60, -60
	}
	return fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, x1+bend1, y1, x2+bend2, y2, x2, y2)
}

// end returns the point where the line meets the other box.
func (e edge) end() (x, y int) {
	x = e.to.x + boxWidth
	if e.from.x < e.to.x {
		x = e.to.x
	}
	return x, e.to.y + headSize/2
}

// note returns the word at the right of a field.
func note(in *schema.Collection, f *schema.Field) string {
	if _, ok := f.Kind.(*schema.Relation); ok {
		if f.Multiple() {
			return "many"
		}
		return "one"
	}
	if _, unique := in.UniqueIndex(f.Name); unique && !f.IsID() {
		return "unique"
	}
	return ""
}

// cut shortens a name to the width of a box.
func cut(name string) string {
	if letters := []rune(name); len(letters) > 18 {
		return string(letters[:17]) + "…"
	}
	return name
}

// leads lists the relations of a collection with the collections that they refer to.
func (p *picture) leads(b *box) string {
	var list []string
	for _, e := range p.edges {
		if e.from == b {
			list = append(list, b.rows[e.row].Name+" → "+e.to.in.Name)
		}
	}
	return strings.Join(list, ", ")
}
