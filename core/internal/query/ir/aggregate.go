// Aggregates in typed form: figures, group keys, having and order.

package ir

// Aggregate is a statement that computes figures over groups of rows.
type Aggregate struct {
	Base    *Source
	Conds   []Cond // conditions on the rows, which must all hold
	Columns []AggregateColumn
	Having  []Cond // conditions on Derived terms
	Order   []AggregateOrder
	Limit   int
	Offset  int
}

// AggregateColumn is a key of the groups or a figure.
type AggregateColumn struct {
	Func AggregateFunc
	Of   Operand // the operand to group by or to aggregate; not set for Count
	Date bool    // the operand is a date, for which '' means no value
	From int     // position of the first character of the date part, from 1; 0: no part
	Len  int
}

// AggregateFunc is an aggregate function, or GroupKey.
type AggregateFunc uint8

// The functions. GroupKey is not a function: the column is a key of the groups.
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

// Reads calls fn with each source that the columns read.
func (a *Aggregate) Reads(fn func(*Source)) {
	for _, c := range a.Columns {
		if c.Of.Term != nil {
			VisitTerm(c.Of.Term, fn)
		}
	}
}
