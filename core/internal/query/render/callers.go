// SQL for many callers in one statement: the callers who may see one record.

package render

import "github.com/loambase/loam/core/internal/query/ir"

// forCallers renders the ids of the callers for whom the conditions hold on the one record: the
// list of callers is the FROM, the record an EXISTS for each.
func (w *writer) forCallers(s *ir.Statement) string {
	conds := s.Conds
	if s.Base.Kind == ir.FromTable {
		conds = []ir.Cond{&ir.Exists{Sources: []*ir.Source{s.Base}, In: ir.AllOf(conds...), Present: true}}
	} else {
		w.tables = append(w.tables, s.Base.Collection.Name)
	}
	from := w.item(s.Callers)
	return "SELECT " + w.alias(s.Callers) + `."value" FROM ` + from + w.where(s.Callers, conds, false, nil)
}
