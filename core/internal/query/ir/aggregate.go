// Aggregates in typed form: figures, group keys, having and order.

package ir

// Aggregate is a statement of figures over groups of rows.
type Aggregate struct {
	Base    *Source
	Conds   []Cond // that all rows must satisfy
	Columns []AggregateColumn
	Having  []Cond // on Derived
	Order   []AggregateOrder
	Limit   int
	Offset  int
}

// AggregateColumn is a key of the groups or a figure of one.
type AggregateColumn struct {
	Func AggregateFunc
	Of   Operand // what is grouped by or counted; not of Count
	Date bool    // it is a date, whose '' is no value
	From int     // of a part of a date: its first character, from 1; 0: no part
	Len  int
}

// AggregateFunc is how a figure is made.
type AggregateFunc uint8

// The functions. GroupKey is none: the column tells the groups apart.
const (
	GroupKey AggregateFunc = iota
	Count
	CountDistinct
	Sum
	Avg
	Min
	Max
)

// AggregateOrder sorts the groups by a column.
type AggregateOrder struct {
	Column     int
	Descending bool
	Nullable   bool
}

// Reads names the sources of the columns.
func (a *Aggregate) Reads(fn func(*Source)) {
	for _, c := range a.Columns {
		if c.Of.Term != nil {
			VisitTerm(c.Of.Term, fn)
		}
	}
}
